#include "net/job_pool.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>

#include "net/test_loop.hpp"

namespace junctor::net {
namespace {

TEST(JobPool, ResultsOfAllJobsRunOnTheControlThreadEvenThroughATinyInbox) {
  LoopThread t({.inbox_capacity = 2});
  std::atomic<int> ran{0};
  int results = 0;
  JobPool pool({.threads = 3, .backlog = 1'000}, *t.loop, t.counters);
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(pool.submit([&] {
      ++ran;
      return [&](TimePoint) { ++results; };
    }));
  }
  t.start();
  EXPECT_TRUE(eventually([&] { return ran == 1'000; }));
  pool.stop();
  t.stop();
  EXPECT_LE(results, 1'000);
  EXPECT_GE(results, 1'000 - 3 - 2);  // stop() lets go of what the full inbox did not take
}

TEST(JobPool, AJobMayHaveNoResult) {
  LoopThread t;
  std::promise<void> done;
  JobPool pool({.threads = 1}, *t.loop, t.counters);
  ASSERT_TRUE(pool.submit([&]() -> std::function<void(TimePoint)> {
    done.set_value();
    return {};
  }));
  EXPECT_EQ(done.get_future().wait_for(patience), std::future_status::ready);
}

TEST(JobPool, BacklogIsBounded) {
  LoopThread t;
  std::promise<void> started, go;
  JobPool pool({.threads = 1, .backlog = 2}, *t.loop, t.counters);
  const auto nothing = [] { return std::function<void(TimePoint)>(); };
  ASSERT_TRUE(pool.submit([&]() -> std::function<void(TimePoint)> {
    started.set_value();
    go.get_future().wait();
    return {};
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.submit(nothing));
  EXPECT_TRUE(pool.submit(nothing));
  EXPECT_FALSE(pool.submit(nothing));
  EXPECT_EQ(t.counters.get("jobs_refused").value(), 1u);
  go.set_value();
}

}  // namespace
}  // namespace junctor::net
