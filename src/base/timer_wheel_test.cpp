#include "base/timer_wheel.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

namespace junctor {
namespace {

struct Recorder : TimerTarget {
  std::vector<std::pair<std::uint64_t, TimePoint>> fired;
  std::function<void(std::uint64_t)> also;
  void on_timer(std::uint64_t token, TimePoint now) override {
    fired.emplace_back(token, now);
    if (also) also(token);
  }
};

TimePoint at(std::int64_t ms) {
  return TimePoint{} + milliseconds(ms);
}

TEST(TimerWheel, fires_in_order_and_never_early) {
  TimerWheel wheel(at(0));
  Recorder r;
  wheel.schedule(at(500), r, 2);
  wheel.schedule(at(20), r, 1);
  wheel.schedule(at(70000), r, 3);
  wheel.advance(at(19));
  EXPECT_TRUE(r.fired.empty());
  wheel.advance(at(20));
  ASSERT_EQ(r.fired.size(), 1u);
  wheel.advance(at(70000));
  ASSERT_EQ(r.fired.size(), 3u);
  EXPECT_EQ(r.fired[1].first, 2u);
  EXPECT_EQ(r.fired[2].first, 3u);
  EXPECT_EQ(wheel.pending(), 0u);
  EXPECT_EQ(wheel.next_wake(), std::nullopt);
}

TEST(TimerWheel, a_cancelled_timer_is_silent_and_its_id_stays_harmless) {
  TimerWheel wheel(at(0));
  Recorder r;
  TimerId a = wheel.schedule(at(10), r, 1);
  TimerId copy = a;
  wheel.cancel(a);
  EXPECT_FALSE(a);
  wheel.schedule(at(10), r, 2);  // takes the freed slot
  wheel.cancel(copy);            // must not hit it
  wheel.advance(at(10));
  ASSERT_EQ(r.fired.size(), 1u);
  EXPECT_EQ(r.fired[0].first, 2u);
}

TEST(TimerWheel, a_timer_may_cancel_another_of_the_same_tick) {
  TimerWheel wheel(at(0));
  Recorder r;
  TimerId second;
  r.also = [&](std::uint64_t token) {
    if (token == 1) wheel.cancel(second);
  };
  wheel.schedule(at(10), r, 1);
  second = wheel.schedule(at(10), r, 2);
  wheel.advance(at(10));
  EXPECT_EQ(r.fired.size(), 1u);
}

TEST(TimerWheel, agrees_with_a_sorted_map_over_many_random_steps) {
  std::mt19937_64 random(7);
  TimerWheel wheel(at(0));
  Recorder r;
  std::multimap<std::int64_t, std::uint64_t> model;
  std::map<std::uint64_t, TimerId> ids;
  std::int64_t now = 0;
  std::uint64_t token = 0;
  for (int step = 0; step < 30000; ++step) {
    const auto kind = random() % 10;
    if (kind < 6) {
      const std::int64_t spans[] = {5, 300, 70000, 20000000};
      const auto due = now + 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(spans[random() % 4]));
      ++token;
      ids[token] = wheel.schedule(at(due), r, token);
      model.emplace(due, token);
    } else if (kind < 8 && !model.empty()) {
      auto victim = model.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(model.size(), 50)));
      wheel.cancel(ids[victim->second]);
      model.erase(victim);
    } else {
      const auto wake = wheel.next_wake();
      if (!model.empty()) {
        ASSERT_TRUE(wake);
        ASSERT_LE(*wake, at(model.begin()->first));
        ASSERT_GT(*wake, at(now));
      }
      now += static_cast<std::int64_t>(random() % (step % 100 == 0 ? 5000000 : 200));
      r.fired.clear();
      wheel.advance(at(now));
      std::vector<std::pair<std::int64_t, std::uint64_t>> due;
      while (!model.empty() && model.begin()->first <= now) due.push_back(*model.begin()), model.erase(model.begin());
      ASSERT_EQ(r.fired.size(), due.size());
      for (std::size_t i = 0; i < due.size(); ++i) ASSERT_EQ(r.fired[i].first, due[i].second);
    }
    ASSERT_EQ(wheel.pending(), model.size());
  }
}

}  // namespace
}  // namespace junctor
