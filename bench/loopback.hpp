#pragma once
// The kernel's share of forwarding a packet, as a floor to compare with.
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.hpp"

namespace junctor::bench {

/// A UDP socket on the loopback that sends to itself: one recvfrom and one sendto per packet, which is what the
/// kernel takes for a forwarded one.
class Loopback {
 public:
  explicit Loopback(std::size_t packet_bytes)
      : packet_bytes_(packet_bytes), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    to_.sin_family = AF_INET;
    to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof to_;
    JUNCTOR_CHECK(fd_ >= 0 && bind(fd_, address(to_), sizeof to_) == 0 && getsockname(fd_, address(to_), &size) == 0);
    send();
  }
  ~Loopback() { close(fd_); }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  void pass_one() {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(fd_, bytes_.data(), bytes_.size(), 0, address(from), &size);
    JUNCTOR_CHECK(got == static_cast<ssize_t>(packet_bytes_));
    send();
  }

 private:
  static sockaddr* address(sockaddr_in& a) { return reinterpret_cast<sockaddr*>(&a); }
  void send() {
    const ssize_t sent = sendto(fd_, bytes_.data(), packet_bytes_, 0, address(to_), sizeof to_);
    JUNCTOR_CHECK(sent == static_cast<ssize_t>(packet_bytes_));
  }

  std::size_t packet_bytes_;
  int fd_;
  sockaddr_in to_{};
  std::array<char, 2048> bytes_{};
};

}  // namespace junctor::bench
