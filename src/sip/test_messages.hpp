#pragma once
// Messages that several tests of this room share.
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>

#include "sip/message.hpp"

namespace junctor::sip::test {

// A typical INVITE that came through a proxy.
inline const std::string invite =
    "INVITE sip:200001@hub.example SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.9:5060;rport;branch=z9hG4bKPj7c1d4f0a5b;received=127.0.0.9\r\n"
    "Via: SIP/2.0/UDP 127.0.0.2:15060;rport=15060;branch=z9hG4bK-524287-1---abcdef0123456789\r\n"
    "Max-Forwards: 69\r\n"
    "Record-Route: <sip:127.0.0.9;lr;ftag=ab12cd>\r\n"
    "Contact: <sip:100001@127.0.0.2:15060;transport=udp>\r\n"
    "To: \"Bob\" <sip:200001@hub.example>\r\n"
    "From: \"Alice\" <sip:100001@hub.example>;tag=ab12cd34\r\n"
    "Call-ID: ZmFrZS1jYWxsLWlkLTEyMzQ1Njc4OTA@127.0.0.2\r\n"
    "CSeq: 2 INVITE\r\n"
    "Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE\r\n"
    "Supported: replaces, 100rel, timer\r\n"
    "Session-Expires: 1800\r\n"
    "Content-Type: application/sdp\r\n"
    "User-Agent: example phone 1.0\r\n"
    "Content-Length: 4\r\n"
    "\r\n"
    "v=0\n";

// The least that is a request; `more` are further header lines.
inline std::string options(std::string_view more = {}) {
  return "OPTIONS sip:hub.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
         "To: <sip:c@d>\r\nCall-ID: x@y\r\nCSeq: 1 OPTIONS\r\n" +
         std::string(more) + "Content-Length: 0\r\n\r\n";
}

inline Message parsed(std::string bytes) {
  auto m = Message::parse(std::move(bytes));
  EXPECT_TRUE(m) << info(m.error()).name;
  return m ? std::move(*m) : Message();
}

inline std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

}  // namespace junctor::sip::test
