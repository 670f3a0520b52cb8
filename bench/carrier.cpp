#include "bench/carrier.hpp"

#include <arpa/inet.h>
#include <array>
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

std::string Carrier::ring() {
  for (;;) {
    std::array<char, 8'192> bytes;
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t got = recvfrom(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    JUNCTOR_CHECK(got > 0);
    std::string text(bytes.data(), static_cast<std::size_t>(got));
    if (!text.starts_with("INVITE ")) continue;
    const auto invite = sip::Message::parse(text);
    JUNCTOR_CHECK(invite.has_value());
    sip::Message ringing = sip::Message::response(*invite, 180);
    ringing.set(sip::HeaderId::to, std::string(*invite->header(sip::HeaderId::to)) + ";tag=7b");
    send(ntohs(from.sin_port), ringing.serialize());
    return text;
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
