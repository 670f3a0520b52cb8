#include "bench/phones.hpp"

#include <utility>

#include "base/check.hpp"
#include "bench/parts.hpp"
#include "net/hashes.hpp"

namespace junctor::bench {

using sip::HeaderId;

Phone::Phone(std::size_t index)
    : user_(username_of(index)),
      password_(password_of(index)),
      address_{IpAddress::v4(10, static_cast<std::uint8_t>(1 + index / 62'500),
                             static_cast<std::uint8_t>(index / 250 % 250), static_cast<std::uint8_t>(1 + index % 250)),
               5060} {
  registration_.call_id = "reg-" + user_ + "@" + to_string(address_.ip);
  registration_.to = "<sip:" + user_ + "@10.0.0.1>";
}

std::string Phone::contact() const {
  return "<sip:" + user_ + "@" + to_string(address_) + ">";
}

std::string Phone::head(std::string_view method, std::string_view uri, const Dialog& dialog) {
  const std::string number = std::to_string(dialog.cseq);
  std::string text(method);
  text += " " + std::string(uri) + " SIP/2.0\r\nVia: SIP/2.0/UDP " + to_string(address_) +
          ";rport;branch=z9hG4bK-5f3a9c-" + user_ + "-" + std::to_string(++branches_) +
          "\r\nMax-Forwards: 70\r\nFrom: \"Phone " + user_ + "\" <sip:" + user_ + "@10.0.0.1>;tag=9f" + user_ +
          "\r\nTo: " + dialog.to + "\r\nCall-ID: " + dialog.call_id + "\r\nCSeq: " + number + " " +
          std::string(method) + "\r\nUser-Agent: desk phone 4.2\r\n";
  return text;
}

std::string Phone::credentials(std::string_view header, std::string_view method, std::string_view uri) {
  const sip::digest::Account account{user_, password_, "", {}};
  const sip::digest::HashFunctions md5_alone{&net::md5_hex, nullptr, nullptr};  // as most phones
  const auto answer =
      sip::digest::respond(challenges_, account, {method, uri, {}, ++nonce_count_, "5ec1a2"}, md5_alone);
  return answer ? std::string(header) + ": " + to_string(*answer) + "\r\n" : std::string();
}

void Phone::take_challenge(const sip::Message& response) {
  challenges_.clear();
  nonce_count_ = 0;
  const bool proxy = response.status() == 407;
  for (const auto field : response.headers(proxy ? HeaderId::proxy_authenticate : HeaderId::www_authenticate)) {
    if (auto parsed = sip::digest::parse_challenges(field.value)) {
      for (auto& challenge : *parsed) challenges_.push_back(std::move(challenge));
    }
  }
  JUNCTOR_CHECK(!challenges_.empty());
}

std::string Phone::register_request() {
  ++registration_.cseq;
  constexpr std::string_view uri = "sip:10.0.0.1";
  return head("REGISTER", uri, registration_) + credentials("Authorization", "REGISTER", uri) +
         "Contact: " + contact() +
         "\r\nExpires: 3600\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY\r\n"
         "Content-Length: 0\r\n\r\n";
}

std::string Phone::description() const {
  const std::string ip = to_string(address_.ip);
  return "v=0\r\no=- 3982746512 1 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip +
         "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n"
         "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
}

std::string Phone::invite(std::string_view to) {
  if (challenges_.empty()) {  // a new call
    call_ = {};
    call_.call_id = "call-" + user_ + "-" + std::to_string(++calls_) + "@" + to_string(address_.ip);
    call_.to = "<sip:" + std::string(to) + "@10.0.0.1>";
  }
  ++call_.cseq;
  invite_target_ = "sip:" + std::string(to) + "@10.0.0.1";
  std::string text = head("INVITE", invite_target_, call_);
  invite_branch_ = std::to_string(branches_);
  text += credentials("Proxy-Authorization", "INVITE", invite_target_);
  challenges_.clear();
  const std::string body = description();
  text += "Contact: " + contact() +
          "\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY\r\nSupported: replaces, timer\r\n"
          "Content-Type: application/sdp\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body;
  return text;
}

std::string Phone::ack_refusal(const sip::Message& response) const {
  return "ACK " + invite_target_ + " SIP/2.0\r\nVia: SIP/2.0/UDP " + to_string(address_) +
         ";rport;branch=z9hG4bK-5f3a9c-" + user_ + "-" + invite_branch_ +
         "\r\nMax-Forwards: 70\r\nFrom: " + std::string(*response.header(HeaderId::from)) +
         "\r\nTo: " + std::string(*response.header(HeaderId::to)) + "\r\nCall-ID: " + call_.call_id +
         "\r\nCSeq: " + std::to_string(call_.cseq) + " ACK\r\nContent-Length: 0\r\n\r\n";
}

std::string Phone::ack(const sip::Message& ok) {
  call_.to = *ok.header(HeaderId::to);
  call_.target = to_string(ok.contact()->uri);
  return head("ACK", call_.target, call_) + "Content-Length: 0\r\n\r\n";
}

std::string Phone::bye() {
  ++call_.cseq;
  return head("BYE", call_.target, call_) + "Content-Length: 0\r\n\r\n";
}

std::string Phone::respond(const sip::Message& request, int status) const {
  sip::Message response = sip::Message::response(request, status);
  if (request.to_tag().empty())
    response.set(HeaderId::to, std::string(*request.header(HeaderId::to)) + ";tag=7b" + user_);
  response.copy_headers(request, HeaderId::record_route);
  response.add(HeaderId::contact, contact());
  if (request.method() == sip::Method::invite && status == 200) response.set_body("application/sdp", description());
  return response.serialize();
}

}  // namespace junctor::bench
