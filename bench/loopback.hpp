#pragma once
// The kernel's share of forwarding a packet, or a frame of a connection, as a floor to compare with.
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.hpp"

namespace junctor::bench {

/// A UDP socket on the loopback that sends to itself, or a TCP connection: one read and one write per packet, which is
/// what the kernel takes for a forwarded one.
class Loopback {
 public:
  enum class Kind { udp, tcp };

  explicit Loopback(std::size_t packet_bytes) : Loopback(Kind::udp, packet_bytes) {}
  Loopback(Kind kind, std::size_t packet_bytes) : packet_bytes_(packet_bytes) {
    JUNCTOR_CHECK(packet_bytes <= bytes_.size());
    const int type = kind == Kind::udp ? SOCK_DGRAM : SOCK_STREAM;
    in_ = out_ = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    JUNCTOR_CHECK(in_ >= 0 && bind(in_, address(here), sizeof here) == 0 &&
                  getsockname(in_, address(here), &size) == 0);
    if (kind == Kind::tcp) {
      JUNCTOR_CHECK(listen(in_, 1) == 0);
      out_ = socket(AF_INET, type | SOCK_CLOEXEC, 0);
      JUNCTOR_CHECK(connect(out_, address(here), sizeof here) == 0);
      const int accepted = accept(in_, nullptr, nullptr), on = 1;
      JUNCTOR_CHECK(accepted >= 0 && setsockopt(out_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
      close(in_);
      in_ = accepted;
    } else {
      to_ = here;
    }
    send();
  }
  ~Loopback() {
    close(in_);
    if (out_ != in_) close(out_);
  }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  void pass_one() {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(in_, bytes_.data(), packet_bytes_, MSG_WAITALL, address(from), &size);
    JUNCTOR_CHECK(got == static_cast<ssize_t>(packet_bytes_));
    send();
  }

 private:
  static sockaddr* address(sockaddr_in& a) { return reinterpret_cast<sockaddr*>(&a); }
  void send() {
    sockaddr* const to = out_ == in_ ? address(to_) : nullptr;
    const ssize_t sent = sendto(out_, bytes_.data(), packet_bytes_, 0, to, to == nullptr ? 0 : sizeof to_);
    JUNCTOR_CHECK(sent == static_cast<ssize_t>(packet_bytes_));
  }

  std::size_t packet_bytes_;
  int in_ = -1, out_ = -1;
  sockaddr_in to_{};
  std::array<char, 2048> bytes_{};
};

}  // namespace junctor::bench
