#pragma once
// Bound, non-blocking UDP sockets.
#include <optional>
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

/// Refusals (ICMP) of what an unconnected socket sent are kept in its error queue, with the address that it was sent
/// to; until they are read they make the socket ready (EPOLLERR) and the next call on it fail once.
void report_refusals(int fd, Family family);

/// The oldest such refusal: the address that could not be reached. Nothing when none waits; what is about packet
/// sizes, or no ICMP, is passed over.
std::optional<Address> take_refusal(int fd);

/// As much as the kernel gives up to `bytes`.
void set_receive_buffer(int fd, int bytes);

}  // namespace junctor::net
