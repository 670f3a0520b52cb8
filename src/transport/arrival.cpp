#include "transport/arrival.hpp"

#include <algorithm>
#include <utility>

#include "sip/name_addr.hpp"
#include "sip/uri.hpp"
#include "sip/via.hpp"
#include "transport/locator.hpp"

namespace junctor::transport {
namespace {

using sip::HeaderId;
using sip::Method;

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

void fix_top_via(sip::Message& request, const Source& source) {
  const auto via = request.top_via();
  if (!via) return;
  const bool wants_rport = via->wants_rport();
  const auto host = IpAddress::parse(via->host);
  if (!wants_rport && host == source.remote.ip && !via->received()) return;
  sip::Via fixed = *via;
  std::string params = sip::with_param(via->params, "received", junctor::to_string(source.remote.ip));
  if (wants_rport) params = sip::with_param({params}, "rport", std::to_string(source.remote.port));
  fixed.params = {params};
  request.set_first_value(HeaderId::via, sip::to_string(fixed));
}

Hop way_back(const sip::Message& request, const Source& source) {
  Hop back = source.back();
  if (source.protocol != Protocol::udp) return back;
  const auto via = request.top_via();
  if (via && !via->wants_rport()) back.remote.port = via->port_or_default();
  return back;
}

Ourselves::Ourselves(const Advertise& advertise, std::vector<std::string> names)
    : advertise_(advertise), names_(std::move(names)) {}

bool Ourselves::is_us(const sip::Uri& uri) const {
  if (!uri.is_sip()) return false;
  if (const auto ip = IpAddress::parse(uri.host)) return advertise_.is_ours({*ip, uri.port_or_default()});
  const auto same = [&](const std::string& name) { return std::ranges::equal(uri.host, name, {}, lower, lower); };
  return std::ranges::any_of(names_, same);
}

void take_own_routes(sip::Message& request, const Ourselves& ourselves) {
  if (!request.has(HeaderId::route)) return;
  // Only a Route URI has lr: a Contact of ours in the Request-URI stays what it is.
  const auto target = sip::Uri::parse(request.request_uri());
  if (target && target->params.has("lr") && ourselves.is_us(*target)) {
    std::vector<std::string> routes;
    for (const std::string_view value : request.values(HeaderId::route)) routes.emplace_back(value);
    const auto last = sip::NameAddr::parse(routes.back());
    if (!last) return;
    request.set_request_uri(sip::to_string(last->uri));
    request.remove(HeaderId::route);
    routes.pop_back();
    for (const std::string& route : routes) request.add(HeaderId::route, route);
  }
  while (const auto top = request.first_value(HeaderId::route)) {
    const auto route = sip::NameAddr::parse(*top);
    if (!route || !ourselves.is_us(route->uri)) return;
    request.remove_first_value(HeaderId::route);
  }
}

bool begins_something(const sip::Message& request) {
  const Method method = request.method();
  return request.to_tag().empty() && method != Method::bye && method != Method::cancel && method != Method::ack;
}

bool has_too_many_hops(const sip::Message& request) {
  const Method method = request.method();
  return request.max_forwards() == 0u && begins_something(request) && method != Method::options &&
         method != Method::register_;
}

}  // namespace junctor::transport
