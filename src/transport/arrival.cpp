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

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

void fix_top_via(sip::Message& request, const Source& source) {
  const auto via = request.top_via();
  if (!via) return;
  const bool wants_rport = via->wants_rport();
  const auto host = IpAddress::parse(via->host);
  if (!wants_rport && host == source.remote.ip && !via->received()) return;
  const std::string received = junctor::to_string(source.remote.ip), rport = std::to_string(source.remote.port);

  // The parameters as they are, these two filled in where they stand, or else at the end.
  std::string params;
  params.reserve(via->params.text.size() + received.size() + rport.size() + 24);
  const auto put = [&params](std::string_view name, std::string_view value, bool has_value) {
    params.append(1, ';').append(name);
    if (has_value) params.append(1, '=').append(value);
  };
  bool received_there = false, rport_there = false;
  for (const sip::Param& param : via->params) {
    if (equal_without_case(param.name, "received")) {
      if (!std::exchange(received_there, true)) put(param.name, received, true);
    } else if (wants_rport && equal_without_case(param.name, "rport")) {
      if (!std::exchange(rport_there, true)) put(param.name, rport, true);
    } else {
      put(param.name, param.value, param.has_value);
    }
  }
  if (!received_there) put("received", received, true);
  if (wants_rport && !rport_there) put("rport", rport, true);
  sip::Via fixed = *via;
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
  const auto same = [&](const std::string& name) { return equal_without_case(uri.host, name); };
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
