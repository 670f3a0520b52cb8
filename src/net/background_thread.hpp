#pragma once
// One thread that does what is due, says when it wants to go on, and sleeps until then or until it is roused: the
// database's thread.
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/time.hpp"

namespace junctor::net {

class BackgroundThread {
 public:
  /// `name` is what name_thread() is given. `work` is called with the time; it answers when it wants to be called again
  /// (nothing: when roused). `finish` is called once, as the last thing on the thread. Nothing runs before start().
  BackgroundThread(const char* name, std::function<std::optional<TimePoint>(TimePoint)> work,
                   std::function<void()> finish);
  /// Stops first.
  ~BackgroundThread();

  void start();
  /// Any thread. A rouse that comes while work is being done is not lost.
  void rouse();
  /// Joins. Idempotent.
  void stop();

 private:
  void run();

  const char* const name_;
  std::function<std::optional<TimePoint>(TimePoint)> work_;
  std::function<void()> finish_;
  std::mutex mutex_;
  std::condition_variable sleep_;
  bool roused_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace junctor::net
