#include "apps/program/destinations.hpp"

#include <algorithm>

#include "base/address.hpp"
#include "sip/text.hpp"
#include "sip/uri.hpp"

namespace junctor::apps::program {
namespace {

constexpr std::string_view trunk_path = "@trunk/";
constexpr std::uint16_t sip_port = 5060;

Failure invalid_destination(const std::string& destination, std::string_view why) {
  return failed("invalid_destination", "invalid destination: " + destination + " (" + std::string(why) + ")");
}

bool has_only_number_characters(std::string_view text) {
  return !text.empty() && text.find_first_of("@:;?/<> \r\n\t") == std::string_view::npos;
}

}  // namespace

bool Destinations::is_ours(const std::string& host, std::uint16_t port) const {
  if (host.empty() || host == "local") return true;
  if (std::ranges::find(office_->domains, host) != office_->domains.end()) return true;
  const auto ip = IpAddress::parse(host);
  return ip && parts_.endpoint.advertise().is_ours({*ip, port == 0 ? sip_port : port});
}

routing::Facts Destinations::facts(const std::string& from, const std::string& to) const {
  routing::Facts out;
  out.origin = routing::Origin::hub;
  out.from = from;
  out.to = to;
  return out;
}

Result<std::vector<routing::Target>, Failure> Destinations::resolve(const std::string& destination,
                                                                    const std::string& trunk, const std::string& from,
                                                                    const std::vector<std::string>& allowed) const {
  std::string text = destination;
  if (const auto at = text.find(trunk_path); at != std::string::npos) text.replace(at, trunk_path.size(), "@");
  if (text.starts_with("tel:")) text = text.substr(4, text.find(';') - 4);
  const bool is_number = has_only_number_characters(text);
  const auto uri = is_number ? std::nullopt : sip::Uri::parse(text);
  if (!is_number && (!uri || !uri->is_sip()))
    return fail(invalid_destination(destination, "neither a SIP URI nor a number"));
  const std::string number = is_number ? text : sip::unescape(uri->user);
  const routing::Facts asked = facts(from, number);
  routing::Action action;
  if (!trunk.empty()) {
    if (office_->find_trunk(trunk) == nullptr) return fail(failed("not_found", "unknown or unloaded trunk: " + trunk));
    const routing::Destination through{
        routing::Destination::Kind::dial, {"sip:" + sip::escape_user(number) + '@' + trunk}, 0};
    action = routing::resolve(*office_->tables, parts_.directory, through, asked);
  } else if (is_number || is_ours(std::string(uri->host), uri->port)) {
    action = routing::decide(*office_->tables, parts_.directory, asked).action;
  } else {
    action = routing::resolve(*office_->tables, parts_.directory, {routing::Destination::Kind::dial, {text}, 0}, asked);
  }
  if (const auto* const reject = std::get_if<routing::Reject>(&action))
    return fail(invalid_destination(destination, std::to_string(reject->code) + ' ' + reject->reason));
  auto* const ring = std::get_if<routing::Ring>(&action);
  if (ring == nullptr) return fail(invalid_destination(destination, "nobody to ring: " + routing::to_string(action)));
  for (const routing::Target& target : ring->targets) {
    const auto* const dial = std::get_if<routing::Dial>(&target.to);
    if (dial == nullptr || dial->trunk.empty() || allowed.empty()) continue;
    if (std::ranges::find(allowed, dial->trunk) == allowed.end())
      return fail(failed("forbidden", "the token may not call through trunk " + dial->trunk));
  }
  return std::move(ring->targets);
}

}  // namespace junctor::apps::program
