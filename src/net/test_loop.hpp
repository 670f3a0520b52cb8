#pragma once
// For net's own tests: a control loop on a thread of its own, and waiting with a deadline.
#include <chrono>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

#include "net/clock.hpp"
#include "net/control_loop.hpp"

namespace junctor::net {

/// The longest that a test waits for something that is to happen.
constexpr std::chrono::seconds patience{20};

inline bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

class LoopThread {
 public:
  explicit LoopThread(const ControlLoopSettings& settings = {}) {
    auto made = ControlLoop::create(settings, timers, counters);
    EXPECT_TRUE(made) << made.error();
    loop = std::move(*made);
  }
  ~LoopThread() { stop(); }

  void start() {
    thread_ = std::thread([this] { loop->run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    loop->stop();
    thread_.join();
  }

  /// Runs `work` on the loop and returns what it returns.
  template <class F>
  auto on_loop(F work) {
    std::packaged_task<std::invoke_result_t<F>()> task(std::move(work));
    auto result = task.get_future();
    EXPECT_TRUE(loop->post([task = std::move(task)](TimePoint) mutable { task(); }));
    if (result.wait_for(patience) != std::future_status::ready) std::abort();
    return result.get();
  }

  Counters counters;
  TimerWheel timers{now()};
  std::unique_ptr<ControlLoop> loop;

 private:
  std::thread thread_;
};

}  // namespace junctor::net
