#include "net/udp_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/errqueue.h>
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

void report_refusals(int fd, Family family) {
  const int on = 1;
  const bool v4 = family == Family::v4;
  ::setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
}

std::optional<Address> take_refusal(int fd) {
  for (;;) {
    SocketAddress to;
    alignas(cmsghdr) std::array<char, 256> control;
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = sizeof to;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      const bool v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
      const bool v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
      if (!v4 && !v6) continue;
      sock_extended_err error;
      std::memcpy(&error, CMSG_DATA(part), sizeof error);
      const bool icmp = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
      if (icmp && error.ee_errno != EMSGSIZE) return from_socket_address(to);
    }
  }
}

void set_receive_buffer(int fd, int bytes) {
  // Beyond rmem_max only with CAP_NET_ADMIN; the second call takes what an ordinary user gets.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
}

}  // namespace junctor::net
