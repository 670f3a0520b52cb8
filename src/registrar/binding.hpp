#pragma once
// One contact of one user, packed: a hub keeps tens of thousands of them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/io.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace junctor::registrar {

/// In the order of transport::Protocol.
enum class Protocol : std::uint8_t { udp, tcp, tls, ws, wss };

/// How a request came, and how to send back the same way (RFC 3581, RFC 5626): a phone behind a NAT is reached through
/// what it registered over.
struct Reach {
  Protocol protocol = Protocol::udp;
  ListenerIndex listener = 0;
  ConnectionId connection;  ///< none for UDP, and after a restart
  Address local;            ///< what our socket is bound to
  Address remote;           ///< as seen on the wire
};

}  // namespace junctor::registrar
