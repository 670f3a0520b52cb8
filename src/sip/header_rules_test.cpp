#include "sip/header_rules.hpp"

#include <gtest/gtest.h>

#include "sip/test_messages.hpp"

namespace junctor::sip {
namespace {

const HeaderRules rules = {keep("Subject"), drop("X-Internal-*"), keep("X-*"),
                           set("P-Asserted-Identity", "<sip:100@hub.example>"), set("X-Gone", "")};

TEST(HeaderRules, DecideWhatPasses) {
  const Message in = test::parsed(
      test::options("s: hello\r\nX-Internal-Id: 1\r\nX-Own: a\r\nx-own: b\r\nX-Gone: c\r\nOrganization: o\r\n"
                    "P-Asserted-Identity: <sip:forged@h>\r\nAuthorization: Digest x\r\n"));
  Message out = Message::request(Method::options, "sip:x");
  rules.apply(in, out);
  EXPECT_EQ(
      out.serialize(),
      "OPTIONS sip:x SIP/2.0\r\ns: hello\r\nX-Own: a\r\nx-own: b\r\nP-Asserted-Identity: <sip:100@hub.example>\r\n"
      "Content-Length: 0\r\n\r\n");
}

TEST(HeaderRules, OneSidesHeadersNeverPass) {
  Message out = Message::request(Method::invite, "sip:x");
  HeaderRules{keep("*"), set("Call-ID", "evil"), set("Via", "evil")}.apply(test::parsed(test::invite), out);
  EXPECT_EQ(out.serialize(), "INVITE sip:x SIP/2.0\r\nUser-Agent: example phone 1.0\r\nContent-Length: 0\r\n\r\n");
}

TEST(HeaderRules, PrintAndRead) {
  const std::string text = to_string(rules);
  EXPECT_EQ(
      text,
      "keep Subject\ndrop X-Internal-*\nkeep X-*\nset P-Asserted-Identity: <sip:100@hub.example>\nset X-Gone: \n");
  HeaderRules again;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const auto rule = parse_header_rule(std::string_view(text).substr(at, end - at));
    ASSERT_TRUE(rule);
    again.rules.push_back(*rule);
    at = end + 1;
  }
  EXPECT_EQ(again, rules);
  for (const char* bad : {"", "keep", "keep a b", "hold X", "set X", "keep X*Y", "set X-*: 1", "keep X: 1"}) {
    EXPECT_FALSE(parse_header_rule(bad)) << bad;
  }
}

}  // namespace
}  // namespace junctor::sip
