#include "transport/outbox.hpp"

#include <span>
#include <string>

namespace junctor::transport {

Outbox::Outbox(DatagramSender& datagrams, StreamSender& streams, TlsSender* tls, Counters& counters,
               const Advertise& advertise, Connections& connections)
    : datagrams_(datagrams),
      streams_(streams),
      tls_(tls),
      advertise_(advertise),
      connections_(connections),
      sent_(counters.get("sip_sent")),
      datagram_refused_(counters.get("sip_datagram_refused_by_kernel")),
      connections_made_(counters.get("sip_connections_made")) {}

std::optional<ConnectionId> Outbox::send(const Hop& hop, std::string_view bytes, TimePoint now) {
  if (hop.protocol == Protocol::udp) return send_datagram(hop, bytes, now);
  const ConnectionId id = connection_for(hop);
  const Connection* const connection = connections_.find(id);
  if (connection == nullptr) return std::nullopt;
  observe(Direction::sent, hop.protocol, connection->local, connection->remote, bytes, now);
  if (!streams_.write(id, std::string(bytes))) return std::nullopt;
  sent_.add();
  return id;
}

std::optional<ConnectionId> Outbox::send_datagram(const Hop& hop, std::string_view bytes, TimePoint now) {
  const Listener* const listener = advertise_.listener_for(hop);
  if (listener == nullptr) return std::nullopt;
  observe(Direction::sent, hop.protocol, listener->bound, hop.remote, bytes, now);
  const std::span<const std::uint8_t> data(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (datagrams_.send(listener->index, hop.remote, data)) {
    sent_.add();
  } else {
    datagram_refused_.add();
  }
  return ConnectionId{};
}

ConnectionId Outbox::connection_for(const Hop& hop) {
  if (hop.connection) return hop.connection;
  if (const ConnectionId open = open_connection(hop)) return open;
  if (!can_reach(hop)) return {};
  const ConnectionId made =
      hop.protocol == Protocol::tls ? tls_->connect_tls(hop.remote, host_of(hop)) : streams_.connect(hop.remote);
  if (!made) return {};
  connections_made_.add();
  connections_.add(made,
                   {.protocol = hop.protocol, .local = advertise_.listener_for(hop)->bound, .remote = hop.remote});
  return made;
}

// RFC 5923 §9.2: over TLS a connection is used again only for whom its far end has proven to be. Where a URI has an
// address and nothing else is known of it, whoever proved himself there by a name will do.
ConnectionId Outbox::open_connection(const Hop& hop) const {
  if (hop.protocol != Protocol::tls) return connections_.to(hop.protocol, hop.remote, [](auto&&...) { return true; });
  if (tls_ == nullptr) return {};
  const std::string host = host_of(hop);
  const bool address_only = IpAddress::parse(host).has_value();
  return connections_.to(hop.protocol, hop.remote, [&](ConnectionId id, const Connection& connection) {
    return (address_only && connection.ours()) || tls_->proves(id, host);
  });
}

std::string Outbox::host_of(const Hop& hop) const {
  if (!hop.host.empty() && !IpAddress::parse(hop.host)) return hop.host;
  const auto known = hosts_.find(hop.remote.ip);
  return known != hosts_.end() ? known->second : junctor::to_string(hop.remote.ip);
}

bool Outbox::can_reach(const Hop& hop) {
  if (hop.connection) return connections_.find(hop.connection) != nullptr;
  if (advertise_.listener_for(hop) == nullptr) return false;
  if (hop.protocol == Protocol::udp || hop.protocol == Protocol::tcp) return true;
  if (hop.protocol == Protocol::tls) return tls_ != nullptr;
  return open_connection(hop) != ConnectionId{};  // WebSocket connections are only ever those that a peer opened
}

void Outbox::send_raw(ConnectionId connection, std::string_view bytes) {
  static_cast<void>(streams_.write(connection, std::string(bytes)));
}

}  // namespace junctor::transport
