#include "bench/carrier.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.hpp"
#include "sip/message.hpp"

namespace junctor::bench {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(port);
  return out;
}

}  // namespace

Carrier::Carrier() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at = loopback(0);
  socklen_t length = sizeof at;
  JUNCTOR_CHECK(fd_ >= 0 && bind(fd_, reinterpret_cast<const sockaddr*>(&at), length) == 0);
  JUNCTOR_CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length) == 0);
  port_ = ntohs(at.sin_port);
  const int on = 1;
  JUNCTOR_CHECK(setsockopt(fd_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
}

Carrier::~Carrier() {
  close(fd_);
}

std::string Carrier::config() const {
  return "[[trunks]]\nname = \"carrier\"\nhost = \"127.0.0.1:" + std::to_string(port_) + "\"\n";
}

void Carrier::send(std::uint16_t port, const std::string& bytes) {
  const sockaddr_in to = loopback(port);
  JUNCTOR_CHECK(sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) ==
                static_cast<ssize_t>(bytes.size()));
}

std::int64_t Carrier::answer(int status) {
  for (;;) {
    std::array<char, 8'192> bytes;
    alignas(cmsghdr) std::array<char, 256> control;
    sockaddr_in from{};
    iovec into{bytes.data(), bytes.size()};
    msghdr message{&from, sizeof from, &into, 1, control.data(), control.size(), 0};
    const ssize_t got = recvmsg(fd_, &message, 0);
    JUNCTOR_CHECK(got > 0);
    const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
    if (!text.starts_with("INVITE ")) continue;
    timespec came{};
    const cmsghdr* const head = CMSG_FIRSTHDR(&message);
    JUNCTOR_CHECK(head != nullptr && head->cmsg_type == SCM_TIMESTAMPNS);
    std::memcpy(&came, CMSG_DATA(head), sizeof came);
    const auto invite = sip::Message::parse(std::string(text));
    JUNCTOR_CHECK(invite.has_value());
    sip::Message response = sip::Message::response(*invite, status);
    response.set(sip::HeaderId::to, std::string(*invite->header(sip::HeaderId::to)) + ";tag=7b");
    send(ntohs(from.sin_port), response.serialize());
    return std::int64_t{came.tv_sec} * 1'000'000'000 + came.tv_nsec;
  }
}

std::string Carrier::request(const std::string& method, std::uint16_t hub, const std::string& number, int call) const {
  const std::string here = "127.0.0.1:" + std::to_string(port_), id = std::to_string(call),
                    to = "sip:" + number + "@127.0.0.1:" + std::to_string(hub);
  return method + ' ' + to + " SIP/2.0\r\nVia: SIP/2.0/UDP " + here + ";rport;branch=z9hG4bK-5f3a9c-" + id +
         "\r\nMax-Forwards: 70\r\nFrom: <sip:4930123456@" + here + ">;tag=c" + id + "\r\nTo: <" + to +
         ">\r\nCall-ID: bench-" + id + '@' + here + "\r\nCSeq: 1 " + method + "\r\n";
}

int Carrier::call(std::uint16_t hub, const std::string& number) {
  const std::string body =
      "v=0\r\no=- 3982746512 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
      "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
  ++calls_;
  send(hub, request("INVITE", hub, number, calls_) + "Contact: <sip:127.0.0.1:" + std::to_string(port_) +
                ">\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body);
  return calls_;
}

void Carrier::cancel(std::uint16_t hub, const std::string& number, int call) {
  send(hub, request("CANCEL", hub, number, call) + "Content-Length: 0\r\n\r\n");
}

}  // namespace junctor::bench
