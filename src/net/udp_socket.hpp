#pragma once
// Bound, non-blocking UDP sockets.
#include <string>

#include "base/address.hpp"
#include "base/result.hpp"
#include "net/fd.hpp"

namespace junctor::net {

/// IPv6 sockets are v6-only. The error is errno.
Result<Fd, int> bind_udp(const Address& address);

/// IPv4 only. Never fragments what is sent (RTP is far below any MTU). An unconnected IPv4 socket then costs the kernel
/// less: it need not find an identification for each packet.
void forbid_fragments(int fd);

/// As much as the kernel gives up to `bytes`.
void set_receive_buffer(int fd, int bytes);

}  // namespace junctor::net
