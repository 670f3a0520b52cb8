#include "transaction/key.hpp"

#include <gtest/gtest.h>
#include <string>

namespace junctor::transaction {
namespace {

class CountingRandom final : public Random {
 public:
  std::uint64_t next() override { return ++n_; }

 private:
  std::uint64_t n_ = 0;
};

sip::Message message(std::string_view method, std::string_view via, std::string_view cseq_method = {},
                     std::string_view to_tag = {}) {
  std::string text = std::string(method) + " sip:bob@example.com SIP/2.0\r\nVia: " + std::string(via) +
                     "\r\nFrom: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>" +
                     (to_tag.empty() ? "" : ";tag=" + std::string(to_tag)) + "\r\nCall-ID: c\r\nCSeq: 1 " +
                     std::string(cseq_method.empty() ? method : cseq_method) +
                     "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
  auto parsed = sip::Message::parse(std::move(text));
  EXPECT_TRUE(parsed);
  return std::move(*parsed);
}

struct KeysTest : testing::Test {
  CountingRandom random;
  Keys keys{random};
};

// The first two vectors of the reference for 128 bits of output: key 00..0f, no input and one zero byte.
TEST(SipHash, MatchesTheReferenceVectors) {
  const Key secret{.high = 0x0f0e0d0c0b0a0908u, .low = 0x0706050403020100u};
  EXPECT_EQ(sip_hash(secret, ""), (Key{.high = 0x930255c71472f66du, .low = 0xe6a825ba047f81a3u}));
  EXPECT_EQ(sip_hash(secret, std::string_view("\0", 1)),
            (Key{.high = 0x45fc229b11597634u, .low = 0x44af996bd8c187dau}));
}

TEST_F(KeysTest, BranchSentByAndMethodMakeTheKey) {
  const auto invite = message("INVITE", "SIP/2.0/UDP a.example.com:5060;branch=z9hG4bKx");
  EXPECT_EQ(keys.server(invite), keys.server(message("INVITE", "SIP/2.0/UDP A.EXAMPLE.COM;branch=z9hG4bKx;rport")));
  EXPECT_EQ(keys.server(invite), keys.server(message("ACK", "SIP/2.0/UDP a.example.com;branch=z9hG4bKx", {}, "b")));
  EXPECT_NE(keys.server(invite), keys.server(message("CANCEL", "SIP/2.0/UDP a.example.com;branch=z9hG4bKx")));
  EXPECT_EQ(keys.server(invite), keys.cancelled(message("CANCEL", "SIP/2.0/UDP a.example.com;branch=z9hG4bKx")));
  EXPECT_NE(keys.server(invite), keys.server(message("INVITE", "SIP/2.0/UDP a.example.com;branch=z9hG4bKy")));
  EXPECT_NE(keys.server(invite), keys.server(message("INVITE", "SIP/2.0/UDP b.example.com;branch=z9hG4bKx")));
  EXPECT_NE(keys.server(invite), keys.server(message("INVITE", "SIP/2.0/UDP a.example.com:5062;branch=z9hG4bKx")));
}

TEST_F(KeysTest, WithoutTheCookieTheRulesOfRfc2543Hold) {
  const auto invite = message("INVITE", "SIP/2.0/UDP a.example.com;branch=1");
  EXPECT_EQ(keys.server(invite), keys.server(message("ACK", "SIP/2.0/UDP a.example.com;branch=1", {}, "b")));
  EXPECT_EQ(keys.server(invite), keys.cancelled(message("CANCEL", "SIP/2.0/UDP a.example.com;branch=1")));
  EXPECT_NE(keys.server(invite), keys.server(message("INVITE", "SIP/2.0/UDP b.example.com;branch=1")));
  EXPECT_EQ(keys.server(message("BYE", "SIP/2.0/UDP a.example.com")),
            keys.server(message("BYE", "SIP/2.0/UDP a.example.com")));
}

TEST_F(KeysTest, MergedCopiesDifferInTheBranchOnly) {
  EXPECT_EQ(keys.merged(message("INVITE", "SIP/2.0/UDP a.example.com;branch=z9hG4bKx")),
            keys.merged(message("INVITE", "SIP/2.0/UDP b.example.com;branch=z9hG4bKy")));
}

TEST_F(KeysTest, TheStatelessTagIsKnownAgainFromTheAck) {
  const auto invite = message("INVITE", "SIP/2.0/UDP a.example.com;branch=z9hG4bKx");
  const std::string tag = keys.stateless_tag(keys.server(invite));
  const auto ack = message("ACK", "SIP/2.0/UDP a.example.com;branch=z9hG4bKx", {}, tag);
  EXPECT_EQ(keys.stateless_tag(keys.server(ack)), tag);
  EXPECT_EQ(tag.size(), 13u);
}

}  // namespace
}  // namespace junctor::transaction
