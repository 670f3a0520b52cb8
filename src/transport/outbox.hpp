#pragma once
// The last step of everything sent: picks the socket or connection for a hop, shows the bytes to the observer, hands
// them to net.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/time.hpp"
#include "base/tls.hpp"
#include "transport/advertise.hpp"
#include "transport/connections.hpp"
#include "transport/hop.hpp"
#include "transport/observer.hpp"

namespace junctor::transport {

class Outbox {
 public:
  /// `tls`: none if TLS connections are only ever those that a peer opened.
  Outbox(DatagramSender& datagrams, StreamSender& streams, TlsSender* tls, Counters& counters,
         const Advertise& advertise, Connections& connections);

  /// The connection used; none for UDP. Nothing if it cannot be sent: no socket fits, or the connection is gone. A
  /// datagram that the kernel refuses is counted and else treated as lost on the way.
  std::optional<ConnectionId> send(const Hop& hop, std::string_view bytes, TimePoint now);
  /// Whether send() has a socket for it, or a connection that is open or can be made.
  bool can_reach(const Hop& hop);
  /// Bytes that are no SIP message: the pong of RFC 5626.
  void send_raw(ConnectionId connection, std::string_view bytes);

  /// Who is at an address, where a URI has nothing but that: see Endpoint::set_hosts.
  void set_hosts(std::unordered_map<IpAddress, std::string> hosts) { hosts_ = std::move(hosts); }

  void set_observer(MessageObserver* observer) { observer_ = observer; }
  void observe(Direction direction, Protocol protocol, const Address& local, const Address& remote,
               std::string_view bytes, TimePoint now) {
    if (observer_ != nullptr) observer_->on_message(direction, protocol, local, remote, bytes, now);
  }

 private:
  std::optional<ConnectionId> send_datagram(const Hop& hop, std::string_view bytes, TimePoint now);
  ConnectionId connection_for(const Hop& hop);
  ConnectionId open_connection(const Hop& hop) const;
  /// The host that has to prove itself at the far end of a TLS connection for `hop`.
  std::string host_of(const Hop& hop) const;

  DatagramSender& datagrams_;
  StreamSender& streams_;
  TlsSender* tls_;
  const Advertise& advertise_;
  Connections& connections_;
  Counter& sent_;
  Counter& datagram_refused_;
  Counter& connections_made_;
  std::unordered_map<IpAddress, std::string> hosts_;
  MessageObserver* observer_ = nullptr;
};

}  // namespace junctor::transport
