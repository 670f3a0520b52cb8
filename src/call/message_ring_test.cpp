#include "call/message_ring.hpp"

#include <gtest/gtest.h>

namespace junctor::call {
namespace {

std::string invite(const std::string& call_id, std::size_t padding) {
  return "INVITE sip:bob@example.org SIP/2.0\r\nCall-ID: " + call_id +
         "\r\nCSeq: 1 INVITE\r\nX: " + std::string(padding, 'x') + "\r\n\r\n";
}

void put(MessageRing& ring, const std::string& text, TimePoint now = {}) {
  ring.on_message(transport::Direction::received, transport::Protocol::udp, {}, {}, text, now);
}

TEST(MessageRing, finds_the_messages_of_a_call_in_order) {
  MessageRing ring(10'000);
  put(ring, invite("a", 10));
  put(ring, invite("b", 10));
  put(ring, "SIP/2.0 200 OK\r\ni : a\r\nCSeq: 1 INVITE\r\n\r\n");
  const auto found = ring.find({"a"});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].text.starts_with("INVITE"));
  EXPECT_TRUE(found[1].text.starts_with("SIP/2.0 200"));
}

TEST(MessageRing, registrations_are_not_kept) {
  MessageRing ring(10'000);
  put(ring, "REGISTER sip:x SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n\r\n");
  put(ring, "SIP/2.0 200 OK\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n\r\n");
  EXPECT_EQ(ring.size(), 0u);
}

TEST(MessageRing, the_oldest_make_room_and_the_rest_stays_whole) {
  MessageRing ring(1'000);
  for (int i = 0; i < 500; ++i) {
    const std::string id = "call-" + std::to_string(i);
    put(ring, invite(id, static_cast<std::size_t>(i * 7 % 190)));
    const auto found = ring.find({id});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].text, invite(id, static_cast<std::size_t>(i * 7 % 190)));
    ASSERT_GE(ring.size(), 2u - (i == 0 ? 1u : 0u));
  }
}

TEST(MessageRing, messages_are_forgotten_after_their_time) {
  MessageRing ring(10'000, seconds(600));
  put(ring, invite("a", 1), TimePoint{} + seconds(1));
  put(ring, invite("b", 1), TimePoint{} + seconds(602));
  EXPECT_TRUE(ring.find({"a"}).empty());
}

}  // namespace
}  // namespace junctor::call
