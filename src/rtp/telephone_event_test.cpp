#include "rtp/telephone_event.hpp"

#include <array>
#include <gtest/gtest.h>

namespace junctor::rtp {
namespace {

TEST(TelephoneEvent, is_read_and_written) {
  const std::array<std::uint8_t, 4> bytes = {11, 0x8a, 0x03, 0x20};
  const auto event = parse_telephone_event(bytes);
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, (TelephoneEvent{.event = 11, .end = true, .volume = 10, .duration = 800}));
  std::array<std::uint8_t, 4> out{};
  write_telephone_event(*event, out);
  EXPECT_EQ(out, bytes);
  EXPECT_FALSE(parse_telephone_event(Bytes(bytes).first(3)));
}

TEST(TelephoneEvent, digits) {
  EXPECT_EQ(dtmf_digit(0), '0');
  EXPECT_EQ(dtmf_digit(10), '*');
  EXPECT_EQ(dtmf_digit(11), '#');
  EXPECT_EQ(dtmf_digit(15), 'D');
  EXPECT_EQ(dtmf_digit(16), '\0');  // flash
}

TEST(EventTracker, one_press_is_new_once_however_often_it_is_repeated) {
  EventTracker t;
  EXPECT_TRUE(t.is_new({.event = 5, .duration = 160}, 1000));
  EXPECT_FALSE(t.is_new({.event = 5, .duration = 320}, 1000));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(t.is_new({.event = 5, .end = true, .duration = 480}, 1000));
  EXPECT_TRUE(t.is_new({.event = 5, .duration = 160}, 3000));                // the same key again
  EXPECT_FALSE(t.is_new({.event = 5, .end = true, .duration = 480}, 1000));  // a late one of the first press
}

TEST(EventTracker, any_packet_of_a_press_will_do) {
  EventTracker t;
  EXPECT_TRUE(t.is_new({.event = 1, .end = true, .duration = 800}, 0xfffffff0u));
  EXPECT_TRUE(t.is_new({.event = 2, .end = true, .duration = 800}, 100));  // timestamps wrapped
}

TEST(EventTracker, a_long_press_goes_on_in_the_next_segment) {
  EventTracker t;
  EXPECT_TRUE(t.is_new({.event = 3, .duration = 160}, 1000));
  EXPECT_FALSE(t.is_new({.event = 3, .duration = 0xffff}, 1000));
  EXPECT_FALSE(t.is_new({.event = 3, .duration = 160}, 1000 + 0xffff));
  EXPECT_FALSE(t.is_new({.event = 3, .end = true, .duration = 400}, 1000 + 0xffff));
}

TEST(EventTracker, a_segment_whose_last_or_only_packets_are_lost_is_no_new_press) {
  EventTracker t;
  EXPECT_TRUE(t.is_new({.event = 3, .duration = 160}, 1000));
  EXPECT_FALSE(t.is_new({.event = 3, .duration = 65440}, 1000));  // 0xffff itself never came
  EXPECT_FALSE(t.is_new({.event = 3, .duration = 160}, 1000 + 0xffff));
  EXPECT_FALSE(t.is_new({.event = 3, .duration = 160}, 1000 + 3 * 0xffff));  // nothing of the third came
  EXPECT_FALSE(t.is_new({.event = 3, .duration = 65440}, 1000 + 0xffff));    // late
  EXPECT_FALSE(t.is_new({.event = 3, .end = true, .duration = 400}, 1000 + 3 * 0xffff));
  EXPECT_TRUE(t.ended());
  EXPECT_EQ(t.duration(), 3u * 0xffff + 400);
  EXPECT_TRUE(t.is_new({.event = 3, .duration = 160}, 1000 + 4 * 0xffff));  // it had ended: another press
  EXPECT_EQ(t.duration(), 160u);
}

TEST(EventTracker, lost_ends_do_not_hide_the_next_press) {
  EventTracker t;
  EXPECT_TRUE(t.is_new({.event = 7, .duration = 320}, 1000));
  EXPECT_FALSE(t.ended());
  EXPECT_TRUE(t.is_new({.event = 7, .duration = 160}, 3000));
  EXPECT_TRUE(t.is_new({.event = 8, .duration = 160}, 3000 + 0xffff));  // another key where a segment might begin
}

TEST(EventTracker, duration_grows_whatever_the_order) {
  EventTracker t;
  EXPECT_TRUE(t.is_new({.event = 7, .duration = 480}, 1000));
  EXPECT_FALSE(t.is_new({.event = 7, .end = true, .duration = 800}, 1000));
  EXPECT_FALSE(t.is_new({.event = 7, .duration = 640}, 1000));
  EXPECT_TRUE(t.ended());
  EXPECT_EQ(t.duration(), 800u);
}

}  // namespace
}  // namespace junctor::rtp
