#include "rtp/reception.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace junctor::rtp {
namespace {

using Verdict = Reception::Verdict;

TimePoint at(std::int64_t us) {
  return TimePoint{} + microseconds(us);
}

TEST(Reception, counts_loss_reordering_and_duplicates) {
  Reception r(65533);
  for (const std::uint16_t s : std::vector<std::uint16_t>{65533, 65534, 0, 1, 65535, 4}) {
    EXPECT_EQ(r.on_packet(s), Verdict::accepted) << s;
  }
  EXPECT_EQ(r.on_packet(1), Verdict::duplicate);
  EXPECT_EQ(r.on_packet(65535), Verdict::duplicate);
  EXPECT_EQ(r.on_packet(4), Verdict::duplicate);
  EXPECT_EQ(r.expected(), 8u);
  EXPECT_EQ(r.unique(), 6u);
  EXPECT_EQ(r.lost(), 2u);  // 2 and 3
  EXPECT_EQ(r.duplicates(), 3u);
  EXPECT_EQ(r.out_of_order(), 1u);
  EXPECT_EQ(r.highest_sequence(), 65536u + 4);
}

TEST(Reception, what_is_behind_the_window_or_before_the_first_is_late) {
  Reception r(100);
  EXPECT_EQ(r.on_packet(100), Verdict::accepted);
  EXPECT_EQ(r.on_packet(99), Verdict::late);
  EXPECT_EQ(r.on_packet(180), Verdict::accepted);
  EXPECT_EQ(r.on_packet(117), Verdict::accepted);
  EXPECT_EQ(r.on_packet(116), Verdict::late);
}

TEST(Reception, a_jump_counts_only_when_confirmed) {
  Reception r(1000);
  EXPECT_EQ(r.on_packet(1000), Verdict::accepted);
  EXPECT_EQ(r.on_packet(30000), Verdict::jumped);
  EXPECT_EQ(r.on_packet(1001), Verdict::accepted);
  EXPECT_EQ(r.on_packet(30001), Verdict::jumped);  // not in a row with the first stray
  EXPECT_EQ(r.on_packet(30002), Verdict::restarted);
  EXPECT_EQ(r.on_packet(30003), Verdict::accepted);
  EXPECT_EQ(r.lost(), 0u);
  EXPECT_EQ(r.unique(), 4u);
}

TEST(Reception, loss_before_a_restart_is_not_forgotten) {
  Reception r(0);
  r.on_packet(0);
  r.on_packet(10);
  r.on_packet(20000);
  r.on_packet(20001);
  EXPECT_EQ(r.lost(), 9u);
}

TEST(Reception, report_fractions_are_per_interval) {
  Reception r(0);
  for (std::uint16_t s = 0; s < 100; ++s) {
    if (s % 4 != 3 || s == 99) r.on_packet(s);
  }
  auto loss = r.report_loss();
  EXPECT_EQ(loss.cumulative, 24);
  EXPECT_EQ(loss.fraction, 24 * 256 / 100);
  for (std::uint16_t s = 100; s < 200; ++s) r.on_packet(s);
  for (std::uint16_t s = 190; s < 200; ++s) r.on_packet(s);  // duplicates
  loss = r.report_loss();
  EXPECT_EQ(loss.fraction, 0);
  EXPECT_EQ(loss.cumulative, 14);
  EXPECT_EQ(r.report_loss().fraction, 0);  // nothing came meanwhile
}

TEST(Reception, jitter_follows_the_formula) {
  Reception r(0);
  double expected = 0;
  std::int64_t previous = 0;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t delay = i % 2 == 0 ? 0 : 4000;  // µs
    r.on_packet(static_cast<std::uint16_t>(i));
    r.on_timing(static_cast<std::uint32_t>(i * 160), 8000, at(i * 20000 + delay));
    if (i > 0) expected += (4000.0 - expected) / 16;
    previous = delay;
  }
  EXPECT_NEAR(r.jitter_ms(), expected / 1000, 0.01);
  EXPECT_NEAR(r.jitter_units(), 32, 1);
  EXPECT_EQ(previous, 4000);
}

TEST(Reception, a_wrap_or_a_step_of_the_timestamp_is_not_jitter) {
  Reception r(0);
  std::uint32_t timestamp = 0xffffffffu - 800;
  for (int i = 0; i < 20; ++i) {
    r.on_timing(timestamp, 8000, at(1000000 + i * 20000));
    timestamp += i == 15 ? 1000000 : 160;
  }
  EXPECT_NEAR(r.jitter_ms(), 0, 0.01);
}

TEST(Probation, needs_its_packets_in_a_row) {
  Probation p;
  EXPECT_FALSE(p.on_packet(1, 65534, 3));
  EXPECT_FALSE(p.on_packet(1, 65535, 3));
  EXPECT_FALSE(p.on_packet(1, 1, 3));  // one is missing
  EXPECT_FALSE(p.on_packet(1, 2, 3));
  EXPECT_FALSE(p.on_packet(2, 3, 3));  // another SSRC
  EXPECT_FALSE(p.on_packet(2, 4, 3));
  EXPECT_TRUE(p.on_packet(2, 5, 3));
}

}  // namespace
}  // namespace junctor::rtp
