#pragma once
// Where the messages of one transaction travel: a protocol and a far address, and, once known, our socket or
// connection.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/io.hpp"

namespace junctor::transaction {

enum class Protocol : std::uint8_t { udp, tcp, tls, ws, wss };

/// Reliable protocols need no retransmission (RFC 3261 §17).
constexpr bool is_reliable(Protocol protocol) {
  return protocol != Protocol::udp;
}
/// As in a Via: "UDP", "TCP", "TLS", "WS", "WSS".
std::string_view to_string(Protocol protocol);
/// From a Via or a `transport` parameter, any case; nothing for a protocol that we do not know.
std::optional<Protocol> parse_protocol(std::string_view text);

/// "Any of our sockets that fits".
inline constexpr ListenerIndex any_listener = 0xffffffffu;

/// A resolved place to send to.
struct Hop {
  Protocol protocol = Protocol::udp;
  Address remote;
  ListenerIndex listener = any_listener;  ///< our UDP socket; any_listener: the first of the right protocol and family
  ConnectionId connection;                ///< none: an open connection to `remote` is used again, else one is made
  std::string host = {};                  ///< TLS: whom the certificate there must name; the host of the URI

  auto operator<=>(const Hop&) const = default;
};

}  // namespace junctor::transaction
