#include "transport/advertise.hpp"

#include <algorithm>
#include <utility>

namespace junctor::transport {

Advertise::Advertise(AdvertiseRules rules, std::vector<Listener> listeners, LocalAddressFor local_address_for)
    : rules_(std::move(rules)), listeners_(std::move(listeners)), local_address_for_(std::move(local_address_for)) {}

const IpAddress* Advertise::public_ip_toward(const IpAddress& remote) const {
  const auto is_local = [&](const Network& network) { return network.contains(remote); };
  if (std::ranges::any_of(rules_.local_networks, is_local)) return nullptr;
  const auto at = std::ranges::find(rules_.public_ip, remote.family, &IpAddress::family);
  return at == rules_.public_ip.end() ? nullptr : &*at;
}

IpAddress Advertise::ip_for(const IpAddress& remote) const {
  const IpAddress* const known = public_ip_toward(remote);
  return known != nullptr ? *known : local_address_for_(remote);
}

Address Advertise::address_for(const Hop& hop) const {
  const Listener* const used = listener_for(hop);
  const std::uint16_t port = used != nullptr ? used->bound.port : std::uint16_t{5060};
  if (const IpAddress* const known = public_ip_toward(hop.remote.ip)) return {*known, port};
  if (used != nullptr && !used->bound.ip.is_any()) return {used->bound.ip, port};
  return {local_address_for_(hop.remote.ip), port};
}

const Listener* Advertise::listener_for(const Hop& hop) const {
  if (hop.listener != any_listener) {
    const Listener* const named = listener(hop.listener);
    return named != nullptr && named->protocol == hop.protocol ? named : nullptr;
  }
  const auto fits = [&](const Listener& l) {
    return l.protocol == hop.protocol && l.bound.ip.family == hop.remote.ip.family;
  };
  const auto at = std::ranges::find_if(listeners_, fits);
  return at == listeners_.end() ? nullptr : &*at;
}

const Listener* Advertise::listener(ListenerIndex index) const {
  const auto at = std::ranges::find(listeners_, index, &Listener::index);
  return at == listeners_.end() ? nullptr : &*at;
}

bool Advertise::is_ours(const Address& address) const {
  const auto fits = [&](const Listener& l) {
    if (l.bound.port != address.port || l.bound.ip.family != address.ip.family) return false;
    if (l.bound.ip == address.ip) return true;
    if (std::ranges::find(rules_.public_ip, address.ip) != rules_.public_ip.end()) return true;
    // The host reaches its own addresses from themselves.
    return l.bound.ip.is_any() && local_address_for_(address.ip) == address.ip;
  };
  return std::ranges::any_of(listeners_, fits);
}

}  // namespace junctor::transport
