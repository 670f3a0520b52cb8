#pragma once
// REST, /api/v1/…: what an operator asks, over HTTP, with a bearer token. Every endpoint stands once in the table of
// rest_table.cpp; the routing, the scopes and the OpenAPI document come from there.
//
// Lists are {"items", "next_cursor"}: the cursor goes into the next request as it is; null is the end. Refusals are
// problem documents (problem.hpp).
#include <functional>
#include <memory>
#include <string>

#include "base/counters.hpp"
#include "control/commands.hpp"
#include "control/tokens.hpp"
#include "control/web_router.hpp"

namespace junctor::control {

/// Counters: rest_requests, rest_refused_token, rest_refused_scope, rest_failed.
class Rest final : public WebService {
 public:
  static constexpr std::string_view prefix = "/api/v1";
  static constexpr std::size_t list_default = 100, list_max = 500;

  Rest(WebServer& web, Commands& commands, const Tokens& tokens, Counters& counters);

  void on_request(WebId id, WebRequest&& request, TimePoint now) override;

 private:
  WebServer& web_;
  Commands& commands_;
  const Tokens& tokens_;
  Counter& requests_;
  Counter& refused_token_;
  Counter& refused_scope_;
  Counter& failed_;
};

/// The description of it all, OpenAPI 3.1 as JSON.
const std::string& openapi_text();

}  // namespace junctor::control
