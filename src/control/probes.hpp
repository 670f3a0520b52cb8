#pragma once
// What machines ask of the hub without a token: /livez, /readyz and /metrics.
#include <functional>
#include <vector>

#include "base/address.hpp"
#include "control/commands.hpp"
#include "control/web_router.hpp"

namespace junctor::control {

class Probes final : public WebService {
 public:
  /// `allowed` tells who may ask: metrics.allow of the configuration.
  Probes(WebServer& server, Commands& commands, std::function<std::vector<Network>()> allowed)
      : server_(server), commands_(commands), allowed_(std::move(allowed)) {}

  void on_request(WebId id, WebRequest&& request, TimePoint now) override;

 private:
  WebResponse answer(const WebRequest& request, TimePoint now);

  WebServer& server_;
  Commands& commands_;
  std::function<std::vector<Network>()> allowed_;
};

}  // namespace junctor::control
