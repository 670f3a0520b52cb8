#include "net/background_thread.hpp"

#include <atomic>
#include <gtest/gtest.h>

#include "net/test_loop.hpp"

namespace junctor::net {
namespace {

TEST(BackgroundThread, NoRouseIsLostAndFinishComesOnceAndLast) {
  std::atomic<int> given{0}, finished{0};
  int taken = 0, taken_at_finish = -1;
  BackgroundThread thread(
      "test",
      [&](TimePoint) -> std::optional<TimePoint> {
        taken += given.exchange(0);
        return std::nullopt;
      },
      [&] {
        ++finished;
        taken_at_finish = taken;
      });
  thread.start();
  for (int i = 0; i < 2'000; ++i) {
    ++given;
    thread.rouse();
    if (i % 100 == 0) {
      ASSERT_TRUE(eventually([&] { return given == 0; }));
    }
  }
  ASSERT_TRUE(eventually([&] { return given == 0; }));
  thread.stop();
  thread.stop();
  EXPECT_EQ(finished, 1);
  EXPECT_EQ(taken, 2'000);
  EXPECT_EQ(taken_at_finish, 2'000);
}

TEST(BackgroundThread, GoesOnAtTheTimeItAskedFor) {
  std::atomic<int> rounds{0};
  TimePoint due{};
  bool early = false;
  BackgroundThread thread(
      "test",
      [&](TimePoint time) -> std::optional<TimePoint> {
        early = early || time < due;
        due = time + milliseconds(2);
        ++rounds;
        return due;
      },
      [] {});
  thread.start();
  EXPECT_TRUE(eventually([&] { return rounds >= 5; }));
  thread.stop();
  EXPECT_FALSE(early);
}

}  // namespace
}  // namespace junctor::net
