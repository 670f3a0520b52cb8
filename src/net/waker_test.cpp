#include "net/waker.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <thread>

#include "base/queue.hpp"

namespace junctor::net {
namespace {

TEST(WakerTest, TellsOnlyWhoSleepsAndWhoIsAboutTo) {
  int signals = 0;
  Waker waker([&] { ++signals; });
  waker.wake();
  EXPECT_EQ(signals, 0);
  EXPECT_TRUE(waker.prepare_sleep());
  EXPECT_FALSE(waker.prepare_sleep());
  waker.wake();
  waker.wake();
  EXPECT_EQ(signals, 1);
  waker.awake();
  EXPECT_FALSE(waker.prepare_sleep());
}

TEST(WakerTest, NothingIsLeftBehindByWhoLooksBeforeItSleeps) {
  constexpr int items = 200'000;
  BoundedQueue<int> queue(64);
  std::counting_semaphore<> bell(0);
  Waker waker([&] { bell.release(); });
  const std::jthread sender([&](const std::stop_token& stop) {
    for (int i = 0; i < items; ++i) {
      int value = i;
      while (!queue.push(std::move(value)) && !stop.stop_requested()) std::this_thread::yield();
      waker.wake();
    }
  });
  int next = 0;
  while (next < items) {
    waker.awake();
    while (const std::optional<int> got = queue.pop()) ASSERT_EQ(*got, next++);
    if (waker.prepare_sleep() || next == items) continue;
    ASSERT_TRUE(bell.try_acquire_for(std::chrono::seconds(10))) << "after " << next;
  }
}

}  // namespace
}  // namespace junctor::net
