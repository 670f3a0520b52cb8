// The ring between a worker and a reader, with two threads.
#include "media/tap_ring.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <thread>

namespace junctor::media {
namespace {

TEST(TapRingTest, two_threads_pass_every_tick_or_count_it) {
  constexpr int ticks = 20'000;
  TapRing ring(8000, {}, 16 * 1024);
  std::thread worker([&ring] {
    std::array<std::int16_t, 160> samples;
    for (int tick = 1; tick <= ticks; ++tick) {
      ring.begin(TimePoint(milliseconds(20 * tick)));
      for (int source = 1; source <= tick % 4; ++source) {
        samples.fill(static_cast<std::int16_t>(tick + source));
        ring.add({static_cast<std::uint64_t>(source)}, samples);
      }
      ring.commit();
      if (tick % 8 == 0) std::this_thread::yield();
    }
  });
  std::int64_t seen = 0, lost = 0;
  while (seen + lost < ticks) {
    const auto tick = ring.next();
    if (!tick) {
      if (seen + static_cast<std::int64_t>(ring.lost()) == ticks) break;
      std::this_thread::yield();
      continue;
    }
    ++seen, lost += tick->lost_before;
    const auto number = tick->time.time_since_epoch() / milliseconds(20);
    ASSERT_EQ(number, seen + lost);
    ASSERT_EQ(static_cast<std::int64_t>(tick->parts.size()), number % 4);
    for (const TapTick::Part& part : tick->parts) {
      const auto value = static_cast<std::int16_t>(number + static_cast<std::int64_t>(part.source.value));
      ASSERT_TRUE(std::ranges::all_of(part.samples, [&](std::int16_t s) { return s == value; }));
    }
  }
  worker.join();
  EXPECT_GE(seen, 20);
}

}  // namespace
}  // namespace junctor::media
