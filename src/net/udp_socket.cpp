#include "net/udp_socket.hpp"

#include <cerrno>
#include <netinet/in.h>

#include "net/socket_address.hpp"

namespace junctor::net {

Result<Fd, int> bind_udp(const Address& address) {
  SocketAddress to;
  const socklen_t length = to_socket_address(address, to);
  Fd fd(::socket(to.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(errno);
  const int on = 1;
  if (address.ip.family == Family::v6 && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
    return fail(errno);
  }
  if (::bind(fd.get(), &to.any, length) != 0) return fail(errno);
  return fd;
}

void forbid_fragments(int fd) {
  const int probe = IP_PMTUDISC_PROBE;
  ::setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe);
}

void set_receive_buffer(int fd, int bytes) {
  // Beyond rmem_max only with CAP_NET_ADMIN; the second call takes what an ordinary user gets.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
}

}  // namespace junctor::net
