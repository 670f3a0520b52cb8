#include "control/web_router.hpp"

#include <algorithm>

#include "control/problem.hpp"
#include "control/tokens.hpp"

namespace junctor::control {
namespace {

bool lies_under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

void WebRouter::serve(std::string prefix, WebService& service) {
  const auto shorter =
      std::ranges::find_if(services_, [&](const auto& entry) { return entry.first.size() < prefix.size(); });
  services_.emplace(shorter, std::move(prefix), &service);
}

void WebRouter::on_request(WebId id, WebRequest&& request, TimePoint now) {
  const std::string_view path = path_of(request.target);
  const auto found = std::ranges::find_if(services_, [&](const auto& entry) { return lies_under(path, entry.first); });
  if (found == services_.end()) return server_.respond(id, problem(404, "not_found", "nothing is served there"));
  found->second->on_request(id, std::move(request), now);
}

WebService* WebRouter::owner_of(WebId id) const {
  const auto found = std::ranges::find_if(services_, [&](const auto& entry) { return entry.second->owns(id); });
  return found == services_.end() ? nullptr : found->second;
}

void WebRouter::on_text(WebId id, std::string&& message, TimePoint now) {
  if (WebService* const service = owner_of(id)) service->on_text(id, std::move(message), now);
}
void WebRouter::on_binary(WebId id, std::string&& message, TimePoint now) {
  if (WebService* const service = owner_of(id)) service->on_binary(id, std::move(message), now);
}
void WebRouter::on_closed(WebId id, const WebClose& close, TimePoint now) {
  if (WebService* const service = owner_of(id)) service->on_closed(id, close, now);
}

}  // namespace junctor::control
