#pragma once
// The endpoints of REST. Private to rest*.cpp and openapi.cpp.
#include <boost/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counters.hpp"
#include "control/commands.hpp"
#include "control/problem.hpp"
#include "control/tokens.hpp"

namespace junctor::control {

/// Where the answer goes; copied into replies that come later.
struct RestReturn {
  WebServer* web = nullptr;
  WebId id;
  Counter* failures = nullptr;

  void answer(int status, const boost::json::value& body, WebHeaders headers = {}) const;
  void nothing() const;  ///< 204
  void fail(const Failure& why) const;
};

/// One request that may be made: the token is good, the body is a JSON object where there is to be one.
struct RestAsk {
  Commands& commands;
  const WebRequest& request;
  RestReturn back;
  std::string name;          ///< what the path has for {id}
  boost::json::object body;  ///< empty where none is wanted
  TimePoint now;

  std::optional<std::string> query(std::string_view parameter) const { return query_value(request.target, parameter); }
};

struct RestParameter {
  std::string_view name, type, meaning;  ///< type: "string", "integer", "boolean"
};
/// A member of a request's body.
struct RestMember {
  std::string_view name, meaning;
  bool required = false;
};

struct RestEndpoint {
  std::string_view method, path;  ///< {id} stands for one segment
  Scope scope;
  std::string_view summary;
  std::span<const RestParameter> parameters;
  std::span<const RestMember> body;
  int status;               ///< of success
  std::string_view result;  ///< a schema of openapi.cpp; "…List" has items; empty: nothing comes
  void (*run)(RestAsk&);
};
std::span<const RestEndpoint> rest_endpoints();

// What the endpoints do, by file.

void list_calls(RestAsk& ask);
void start_call(RestAsk& ask);
void show_call(RestAsk& ask);
void hang_up_call(RestAsk& ask);
void list_registrations(RestAsk& ask);
void list_trunks(RestAsk& ask);
void list_users(RestAsk& ask);
void show_user(RestAsk& ask);
void add_user(RestAsk& ask);
void change_user(RestAsk& ask);
void remove_user(RestAsk& ask);
void list_records(RestAsk& ask);
void show_record(RestAsk& ask);
void show_openapi(RestAsk& ask);

/// 1 to list_max; list_default without it. Nothing: it was refused.
std::optional<std::size_t> limit_of(const RestAsk& ask);
/// A member that is to be a string; nothing: not there. The fault is kept.
std::optional<std::string> member(const RestAsk& ask, std::string_view name, std::optional<Failure>& fault);

boost::json::object listing(boost::json::array items, std::optional<std::string> next_cursor);

}  // namespace junctor::control
