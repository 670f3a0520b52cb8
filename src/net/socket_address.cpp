#include "net/socket_address.hpp"

#include <arpa/inet.h>
#include <cctype>
#include <cstring>
#include <system_error>

namespace junctor::net {

socklen_t to_socket_address(const Address& address, SocketAddress& out) {
  if (address.ip.family == Family::v4) {
    out.v4 = sockaddr_in{};
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(address.port);
    std::memcpy(&out.v4.sin_addr, address.ip.bytes.data(), 4);
    return sizeof out.v4;
  }
  out.v6 = sockaddr_in6{};
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(address.port);
  std::memcpy(&out.v6.sin6_addr, address.ip.bytes.data(), 16);
  return sizeof out.v6;
}

Address from_socket_address(const SocketAddress& address) {
  Address out;
  if (address.any.sa_family == AF_INET) {
    std::memcpy(out.ip.bytes.data(), &address.v4.sin_addr, 4);
    out.port = ntohs(address.v4.sin_port);
  } else if (address.any.sa_family == AF_INET6) {
    out.port = ntohs(address.v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr)) {
      std::memcpy(out.ip.bytes.data(), &address.v6.sin6_addr.s6_addr[12], 4);
    } else {
      out.ip.family = Family::v6;
      std::memcpy(out.ip.bytes.data(), &address.v6.sin6_addr, 16);
    }
  }
  return out;
}

Address local_address_of(int fd) {
  SocketAddress address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, &address.any, &length) != 0) return {};
  return from_socket_address(address);
}

Address peer_address_of(int fd) {
  SocketAddress address{};
  socklen_t length = sizeof address;
  if (::getpeername(fd, &address.any, &length) != 0) return {};
  return from_socket_address(address);
}

std::string socket_error(std::string_view what, std::string_view where, int error) {
  return std::string(what) + " " + std::string(where) + ": " + error_text(error);
}

std::string error_text(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace junctor::net
