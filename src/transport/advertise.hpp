#pragma once
// Which of our addresses is told to whom: in Via, Contact and SDP alike, chosen per destination network.
#include <functional>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "transport/hop.hpp"

namespace junctor::transport {

/// A bound SIP socket: UDP, or the listener of a stream protocol.
struct Listener {
  ListenerIndex index = 0;
  Protocol protocol = Protocol::udp;
  Address bound;  ///< may be a wildcard address
};

/// The local address that the host would use toward `remote` (a routing table look-up; net caches it).
using LocalAddressFor = std::function<IpAddress(const IpAddress& remote)>;

/// network.public_ip and network.local_networks of the configuration.
struct AdvertiseRules {
  std::vector<IpAddress> public_ip;     ///< at most one per family; empty: the socket's own
  std::vector<Network> local_networks;  ///< peers in here are told our local address
};

/// A plain value; copies share nothing.
class Advertise {
 public:
  Advertise(AdvertiseRules rules, std::vector<Listener> listeners, LocalAddressFor local_address_for);

  /// The address to put into SDP for media toward `remote`: public_ip of its family unless `remote` is local, else the
  /// local address that reaches it.
  IpAddress ip_for(const IpAddress& remote) const;
  /// Address and port to put into Via and Contact toward `hop`: like ip_for (a socket bound to one address shows that
  /// one to local peers), with the port of the listener used.
  Address address_for(const Hop& hop) const;
  /// The listener that `hop` uses: the one it names, else the first of its protocol and family. Nothing if there is
  /// none: the hop cannot be reached.
  const Listener* listener_for(const Hop& hop) const;
  const Listener* listener(ListenerIndex index) const;
  const std::vector<Listener>& listeners() const { return listeners_; }
  /// One of our own sockets can be reached there.
  bool is_ours(const Address& address) const;

 private:
  const IpAddress* public_ip_toward(const IpAddress& remote) const;

  AdvertiseRules rules_;
  std::vector<Listener> listeners_;
  LocalAddressFor local_address_for_;
};

}  // namespace junctor::transport
