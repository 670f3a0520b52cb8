#include "net/local_address.hpp"

#include <cstring>
#include <ifaddrs.h>
#include <net/if.h>

#include "net/fd.hpp"
#include "net/socket_address.hpp"

namespace junctor::net {

std::optional<IpAddress> local_address_for(const IpAddress& remote) {
  SocketAddress to;
  // Connecting a UDP socket only asks the routing table; any port does.
  const socklen_t length = to_socket_address({remote, 9}, to);
  const Fd fd(::socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), &to.any, length) != 0) return std::nullopt;
  const Address local = local_address_of(fd.get());
  if (!local) return std::nullopt;
  return local.ip;
}

std::optional<IpAddress> LocalAddresses::find(const IpAddress& remote, TimePoint now) {
  const auto known = entries_.find(remote);
  if (known != entries_.end() && now - known->second.asked < lifetime) return known->second.local;
  // Forgetting all at once is rare and costs one question per destination.
  if (known == entries_.end() && entries_.size() >= capacity) entries_.clear();
  return (entries_[remote] = {local_address_for(remote), now}).local;
}

std::vector<InterfaceAddress> interface_addresses() {
  std::vector<InterfaceAddress> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
    SocketAddress address{};
    if (at->ifa_addr->sa_family == AF_INET) {
      std::memcpy(&address.v4, at->ifa_addr, sizeof address.v4);
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      std::memcpy(&address.v6, at->ifa_addr, sizeof address.v6);
    } else {
      continue;
    }
    out.push_back({at->ifa_name, from_socket_address(address).ip});
  }
  ::freeifaddrs(list);
  return out;
}

}  // namespace junctor::net
