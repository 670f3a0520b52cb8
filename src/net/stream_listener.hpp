#pragma once
// Listening stream sockets, non-blocking: TCP and the local (Unix-domain) control socket.
#include <string>

#include "base/address.hpp"
#include "base/result.hpp"
#include "net/fd.hpp"

namespace junctor::net {

/// IPv6 sockets are v6-only. The error is one line.
Result<Fd, std::string> listen_on_tcp(const Address& address);

/// Mode 0600 before anybody can connect. A socket file without a listener is replaced.
Result<Fd, std::string> listen_on_local(const std::string& path);

/// The process at the other end of a local connection runs as our user or as root.
bool is_trusted_peer(int local_connection);

}  // namespace junctor::net
