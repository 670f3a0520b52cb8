#include "control/probes.hpp"

#include <algorithm>

#include "control/metrics.hpp"
#include "control/problem.hpp"
#include "control/tokens.hpp"

namespace junctor::control {

void Probes::on_request(WebId id, WebRequest&& request, TimePoint now) {
  server_.respond(id, answer(request, now));
}

WebResponse Probes::answer(const WebRequest& request, TimePoint now) {
  const std::vector<Network> allowed = allowed_();
  if (std::ranges::none_of(allowed, [&](const Network& network) { return network.contains(request.remote.ip); }))
    return problem(403, "forbidden", "not from this address (metrics.allow)");
  if (request.method != "GET") return method_not_allowed("GET");
  const std::string_view path = path_of(request.target);
  // That this thread answers is what it says.
  if (path == "/livez") return {200, "text/plain; charset=utf-8", "ok\n", {}};
  if (path == "/readyz") {
    if (commands_.status(now).draining) return problem(503, "draining", "the hub takes no new calls");
    return {200, "text/plain; charset=utf-8", "ok\n", {}};
  }
  if (path == "/metrics")
    return {200,
            "text/plain; version=0.0.4; charset=utf-8",
            metrics_text(commands_.status(now), commands_.trunks(now)),
            {}};
  return problem(404, "not_found", "nothing is served there");
}

}  // namespace junctor::control
