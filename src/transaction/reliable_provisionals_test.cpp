#include "transaction/reliable_provisionals.hpp"

#include <gtest/gtest.h>
#include <string>

namespace junctor::transaction {
namespace {

constexpr Timers times;
constexpr TimePoint start{seconds(1000)};

sip::Message ringing() {
  auto invite = sip::Message::parse(
      "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a.example.com;branch=z9hG4bK1\r\n"
      "From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\n"
      "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
  return sip::Message::response(*invite, 180);
}

sip::RAck rack(std::uint32_t rseq, std::uint32_t cseq = 7, sip::Method method = sip::Method::invite) {
  return {.rseq = rseq, .cseq = cseq, .method = method, .method_name = "INVITE"};
}

using Added = ReliableProvisionals::Added;

TEST(ReliableProvisionals, AddsRequireAndRSeqAndRetransmitsDoublingWithoutCap) {
  ReliableProvisionals provisionals(100, 7);
  EXPECT_EQ(provisionals.add(ringing(), times, start), Added::send);
  const auto sent = sip::Message::parse(provisionals.current());
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->header(sip::HeaderId::rseq), "100");
  EXPECT_TRUE(sip::has_token(*sent, sip::HeaderId::require, "100rel"));

  std::vector<int> at;
  while (provisionals.wake() != never) {
    const TimePoint now = provisionals.wake();
    const Step step = provisionals.on_wake(now);
    if (step.send) at.push_back(static_cast<int>((now - start) / milliseconds(1)));
    if (step.timed_out) {
      EXPECT_EQ(now, start + seconds(32));
    }
  }
  EXPECT_EQ(at, (std::vector<int>{500, 1500, 3500, 7500, 15500, 31500}));
  EXPECT_EQ(provisionals.add(ringing(), times, start), Added::refused);
}

TEST(ReliableProvisionals, OneAtATimeTheNextWaitsForThePrack) {
  ReliableProvisionals provisionals(5, 7);
  EXPECT_EQ(provisionals.add(ringing(), times, start), Added::send);
  EXPECT_EQ(provisionals.add(ringing(), times, start), Added::waiting);
  EXPECT_FALSE(provisionals.on_prack(rack(6), times, start));
  EXPECT_FALSE(provisionals.on_prack(rack(5, 8), times, start));
  EXPECT_FALSE(provisionals.on_prack(rack(5, 7, sip::Method::update), times, start));
  EXPECT_TRUE(provisionals.on_prack(rack(5), times, start + seconds(1)));
  EXPECT_NE(provisionals.current().find("RSeq: 6"), std::string::npos);
  EXPECT_EQ(provisionals.wake(), start + milliseconds(1500));
  EXPECT_FALSE(provisionals.on_prack(rack(5), times, start)) << "a PRACK counts once";
  EXPECT_TRUE(provisionals.on_prack(rack(6), times, start));
  EXPECT_EQ(provisionals.wake(), never);
  EXPECT_EQ(provisionals.add(ringing(), times, start), Added::send);
}

TEST(ReliableProvisionals, AFinalResponseStopsThemButAPrackOnItsWayStillMatches) {
  ReliableProvisionals provisionals(5, 7);
  provisionals.add(ringing(), times, start);
  provisionals.add(ringing(), times, start);
  provisionals.stop();
  EXPECT_EQ(provisionals.wake(), never);
  EXPECT_TRUE(provisionals.on_prack(rack(5), times, start));
  EXPECT_TRUE(provisionals.current().empty());
}

TEST(ReliableProvisionals, TheLineHasABound) {
  ReliableProvisionals provisionals(5, 7);
  provisionals.add(ringing(), times, start);
  for (std::size_t i = 0; i < provisionals_waiting_max; ++i)
    EXPECT_EQ(provisionals.add(ringing(), times, start), Added::waiting);
  EXPECT_EQ(provisionals.add(ringing(), times, start), Added::refused);
}

}  // namespace
}  // namespace junctor::transaction
