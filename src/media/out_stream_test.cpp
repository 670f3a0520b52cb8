#include "media/out_stream.hpp"

#include <gtest/gtest.h>

#include "media/worker_fixture.hpp"
#include "rtp/sequence.hpp"

namespace junctor::media {
namespace {

TimePoint at(std::int64_t ms) {
  return TimePoint{} + milliseconds(ms);
}

TEST(OutStream, keeps_a_sources_gaps_reordering_and_equal_timestamps) {
  SeededRandom random(1);
  OutStream out(random);
  const auto first = *out.relay(1000, 7000, false, 8000, at(0));
  EXPECT_TRUE(first.marker);
  const auto third = *out.relay(1002, 7320, false, 8000, at(40));
  const auto second = *out.relay(1001, 7160, false, 8000, at(41));
  EXPECT_EQ(static_cast<std::uint16_t>(first.sequence + 2), third.sequence);
  EXPECT_EQ(static_cast<std::uint16_t>(first.sequence + 1), second.sequence);
  EXPECT_EQ(first.timestamp + 160, second.timestamp);
  EXPECT_FALSE(third.marker);
  EXPECT_TRUE(out.relay(1003, 7480, true, 8000, at(60))->marker);
  EXPECT_EQ(out.relay(1004, 7480, false, 8000, at(80))->timestamp, first.timestamp + 480);
}

TEST(OutStream, a_new_source_continues_with_the_marker_and_the_time_that_passed) {
  SeededRandom random(2);
  OutStream out(random);
  const auto a = *out.relay(50, 1000, false, 8000, at(0));
  out.begin_source();
  const auto b = *out.relay(9000, 123456, false, 8000, at(1000));
  EXPECT_TRUE(b.marker);
  EXPECT_EQ(b.sequence, static_cast<std::uint16_t>(a.sequence + 1));
  EXPECT_EQ(b.timestamp, a.timestamp + 8000);
  EXPECT_EQ(b.ssrc, a.ssrc);
  EXPECT_FALSE(out.relay(8999, 123456 - 160, false, 8000, at(1001)));  // sent before the change
  const auto c = out.generate(160, 8000, at(1005));                    // at once: one frame later
  EXPECT_TRUE(c.marker);
  EXPECT_EQ(c.timestamp, b.timestamp + 160);
  EXPECT_EQ(out.generate(160, 8000, at(1025)).timestamp, c.timestamp + 160);
}

TEST(OutStream, the_packets_of_a_long_digit_do_not_hold_back_time) {
  SeededRandom random(3);
  OutStream out(random);
  const auto digit = *out.relay(1, 100, true, 8000, at(0));
  for (int i = 1; i < 50; ++i) EXPECT_EQ(out.relay(1 + i, 100, false, 8000, at(20 * i))->timestamp, digit.timestamp);
  out.begin_source();
  EXPECT_EQ(out.relay(7, 9999, false, 8000, at(1000))->timestamp, digit.timestamp + 8000);
}

TEST(OutStream, another_clock_rate_is_another_source) {
  SeededRandom random(4);
  OutStream out(random);
  const auto a = *out.relay(1, 100, false, 8000, at(0));
  const auto b = *out.relay(2, 50000, false, 48000, at(100));
  EXPECT_EQ(b.sequence, static_cast<std::uint16_t>(a.sequence + 1));
  EXPECT_EQ(b.timestamp, a.timestamp + 4800);
}

// A table that knows the rewriting alone relays as this does.
TEST(OutStream, rewriting_is_known_only_while_relaying) {
  SeededRandom random(3);
  OutStream out(random);
  EXPECT_FALSE(out.rewrite());
  const OutHeader a = *out.relay(7, 100, false, 8000, at(0));
  ASSERT_TRUE(out.rewrite());
  EXPECT_EQ(out.rewrite()->timestamp_offset, a.timestamp - 100);
  for (std::int64_t sequence : {8, 9, 12, 10, 11, 65'536 + 3}) {
    const auto timestamp = static_cast<std::uint32_t>(sequence * 160);
    const OutHeader expected = out.rewrite()->apply(static_cast<std::uint16_t>(sequence), timestamp, false);
    EXPECT_EQ(*out.relay(sequence, timestamp, false, 8000, at(static_cast<int>(sequence - 7) * 20)), expected);
  }
  out.generate(160, 8000, at(5000));
  EXPECT_FALSE(out.rewrite());
}

TEST(OutStream, is_the_same_after_save_and_load_at_any_moment) {
  SeededRandom random(6);
  OutStream out(random);
  std::int64_t source = 70000;
  std::uint32_t timestamp = 0xfffff000u;
  for (int i = 0; i < 2000; ++i) {
    const TimePoint now = at(20 * i);
    const auto saved = out.save(now);
    auto loaded = OutStream::load(saved, now);
    ASSERT_TRUE(loaded);
    ASSERT_EQ(*loaded, out);
    // Loaded on another clock, an hour off, it goes on in step.
    auto elsewhere = OutStream::load(saved, now + hours(1));
    ASSERT_TRUE(elsewhere);
    switch (random.below(8)) {
      case 0:
        out.begin_source();
        elsewhere->begin_source();
        source = static_cast<std::int64_t>(random.below(65536));
        break;
      case 1:
        ASSERT_EQ(out.generate(160, 8000, now), elsewhere->generate(160, 8000, now + hours(1)));
        break;
      default:
        ++source;
        timestamp += 160;
        ASSERT_EQ(out.relay(source, timestamp, false, 8000, now),
                  elsewhere->relay(source, timestamp, false, 8000, now + hours(1)));
    }
  }
  EXPECT_FALSE(OutStream::load({}, at(0)));
  auto other_layout = out.save(at(0));
  other_layout[0] = 99;
  EXPECT_FALSE(OutStream::load(other_layout, at(0)));
}

TEST(OutStream, whatever_the_sources_the_far_end_sees_one_stream) {
  SeededRandom random(7);
  OutStream out(random);
  std::int64_t source = 0;
  std::uint32_t timestamp = 0;
  TimePoint now = at(0);
  bool relaying = false;
  auto last = *out.relay(source, timestamp, false, 8000, now);
  const TimePoint start = now;
  const std::uint32_t start_timestamp = last.timestamp;
  for (int i = 0; i < 20000; ++i) {
    now += milliseconds(20);
    timestamp += 160;
    ++source;
    if (random.below(50) == 0) {  // another source, perhaps after a pause
      now += milliseconds(20 * random.below(100));
      out.begin_source();
      relaying = random.below(2) == 0;
      source = static_cast<std::int64_t>(random.below(65536));
      timestamp = static_cast<std::uint32_t>(random.next());
    }
    const auto header = relaying ? *out.relay(source, timestamp, false, 8000, now) : out.generate(160, 8000, now);
    ASSERT_EQ(header.sequence, static_cast<std::uint16_t>(last.sequence + 1));
    ASSERT_EQ(header.ssrc, last.ssrc);
    ASSERT_GT(rtp::timestamp_distance(header.timestamp, last.timestamp), 0);
    ASSERT_EQ(header.timestamp, start_timestamp + timestamp_units(now - start, 8000));
    last = header;
  }
}

TEST(TimestampUnits, does_not_overflow_over_years_and_takes_negative_spans) {
  EXPECT_EQ(timestamp_units(seconds(1), 48000), 48000u);
  EXPECT_EQ(timestamp_units(milliseconds(-20), 8000), static_cast<std::uint32_t>(-160));
  EXPECT_EQ(timestamp_units(hours(24 * 365), 48000), static_cast<std::uint32_t>(24ull * 365 * 3600 * 48000));
}

}  // namespace
}  // namespace junctor::media
