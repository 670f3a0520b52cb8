// The ring between a program and a worker, with two threads.
#include "media/feed_ring.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace junctor::media {
namespace {

TEST(FeedRingTest, two_threads_play_or_throw_away_every_sample_in_order) {
  constexpr std::uint64_t all = 2'000'000;
  FeedRing ring(8000, 1000);
  std::atomic<bool> over{false};
  std::uint64_t played = 0, left_out = 0;
  std::thread worker([&] {
    std::array<std::int16_t, 160> tick;
    std::uint16_t last = 0;  // samples are a counter of 16 bits
    while (!over.load()) {
      const std::size_t count = ring.take(tick);
      for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<std::uint16_t>(tick[i]);
        const auto step = static_cast<std::uint16_t>(value - last);
        EXPECT_GE(step, 1u);
        if (i > 0) {
          EXPECT_EQ(step, 1u);
        }
        left_out += step - 1u;
        last = value;
      }
      played += count;
      if (count == 0) std::this_thread::yield();
    }
  });
  std::minstd_rand random(5);
  std::vector<std::int16_t> samples;
  std::uint64_t next = 0, clears = 0;
  while (next < all) {
    samples.resize(std::min<std::uint64_t>({ring.room(), random() % 300, all - next}));
    for (auto& sample : samples) sample = static_cast<std::int16_t>(++next);
    ring.write(samples);
    if (random() % 50 == 0) ring.clear(), ++clears;
    const auto position = ring.position();
    ASSERT_LE(position.discarded, position.passed);
    ASSERT_LE(position.passed, ring.written());
    if (samples.empty()) std::this_thread::yield();
  }
  while (ring.position().passed < all) std::this_thread::yield();
  over = true;
  worker.join();
  const auto position = ring.position();
  EXPECT_EQ(position.played(), played);
  EXPECT_LE(left_out, position.discarded);
  EXPECT_FALSE(position.clearing);
  EXPECT_GT(clears, 10u);
  EXPECT_EQ(position.passed, all);
}

TEST(FeedRingTest, what_is_cleared_is_known_to_the_sample) {
  FeedRing ring(8000, 1000);
  std::vector<std::int16_t> samples(500);
  std::iota(samples.begin(), samples.end(), std::int16_t{1});
  std::array<std::int16_t, 160> tick;
  ring.write(samples);
  EXPECT_EQ(ring.take(tick), 160u);
  ring.clear();
  EXPECT_TRUE(ring.position().clearing);
  ring.write(std::span(samples).first(37));
  EXPECT_EQ(ring.take(tick), 37u);
  EXPECT_EQ(tick[0], 1);
  const auto position = ring.position();
  EXPECT_FALSE(position.clearing);
  EXPECT_EQ(position.discarded, 340u);
  EXPECT_EQ(position.played(), 197u);
  EXPECT_EQ(ring.room(), 1000u);

  ring.write(samples);
  ring.pause(true);
  EXPECT_EQ(ring.take(tick), 0u);
  ring.clear();
  EXPECT_EQ(ring.take(tick), 0u);
  EXPECT_EQ(ring.position().discarded, 840u);
  ring.pause(false);
  EXPECT_EQ(ring.take(tick), 0u);
}

}  // namespace
}  // namespace junctor::media
