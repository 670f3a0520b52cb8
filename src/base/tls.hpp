#pragma once
// How transport asks net for connections over TLS, and whom one leads to. Writing and closing are StreamSender's.
#include <string_view>

#include "base/address.hpp"
#include "base/ids.hpp"

namespace junctor {

/// Called on the control thread, never blocks.
class TlsSender {
 public:
  virtual ~TlsSender() = default;
  /// As StreamSender::connect. It comes up only when the far end proves to be `host`, a name or an IP address as a URI
  /// has it (RFC 5922 §7), unless the configuration asks for no proof of that host.
  virtual ConnectionId connect_tls(const Address& to, std::string_view host) = 0;
  /// Whether what is meant for `host` may use this connection, whoever opened it: its far end has proven to be `host`,
  /// or no proof is asked for.
  virtual bool proves(ConnectionId connection, std::string_view host) const = 0;
};

}  // namespace junctor
