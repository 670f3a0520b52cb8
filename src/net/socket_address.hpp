#pragma once
// Address ↔ sockaddr. Inside net only: it brings the system's headers.
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include "base/address.hpp"

namespace junctor::net {

/// Room for a sockaddr of either family.
union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// Fills `out` and returns the length that counts.
socklen_t to_socket_address(const Address& address, SocketAddress& out);
/// An IPv4-mapped IPv6 address comes out as IPv4. Families other than the two: port 0.
Address from_socket_address(const SocketAddress& address);

/// getsockname(2) and getpeername(2); port 0 when the socket has none.
Address local_address_of(int fd);
Address peer_address_of(int fd);

/// "udp 0.0.0.0:5060: address already in use"
std::string socket_error(std::string_view what, std::string_view where, int error);

/// errno in words, lower-case first letter, safe on any thread.
std::string error_text(int error);

}  // namespace junctor::net
