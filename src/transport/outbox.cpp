#include "transport/outbox.hpp"

#include <span>
#include <string>

namespace junctor::transport {

Outbox::Outbox(DatagramSender& datagrams, StreamSender& streams, Counters& counters, const Advertise& advertise,
               Connections& connections)
    : datagrams_(datagrams),
      streams_(streams),
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
  if (const ConnectionId open = connections_.to(hop.protocol, hop.remote)) return open;
  if (!can_reach(hop)) return {};
  const ConnectionId made = streams_.connect(hop.remote);
  if (!made) return {};
  connections_made_.add();
  connections_.add(made,
                   {.protocol = hop.protocol, .local = advertise_.listener_for(hop)->bound, .remote = hop.remote});
  return made;
}

bool Outbox::can_reach(const Hop& hop) {
  if (hop.connection) return connections_.find(hop.connection) != nullptr;
  if (advertise_.listener_for(hop) == nullptr) return false;
  // TLS and WebSocket connections are only ever those that a peer opened.
  return hop.protocol == Protocol::udp || hop.protocol == Protocol::tcp ||
         connections_.to(hop.protocol, hop.remote) != ConnectionId{};
}

void Outbox::send_raw(ConnectionId connection, std::string_view bytes) {
  static_cast<void>(streams_.write(connection, std::string(bytes)));
}

}  // namespace junctor::transport
