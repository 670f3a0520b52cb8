#include "net/background_thread.hpp"

#include <utility>

#include "net/clock.hpp"
#include "net/thread_role.hpp"

namespace junctor::net {

BackgroundThread::BackgroundThread(const char* name, std::function<std::optional<TimePoint>(TimePoint)> work,
                                   std::function<void()> finish)
    : name_(name), work_(std::move(work)), finish_(std::move(finish)) {}

BackgroundThread::~BackgroundThread() {
  stop();
}

void BackgroundThread::start() {
  thread_ = std::thread([this] { run(); });
}

void BackgroundThread::rouse() {
  {
    const std::lock_guard lock(mutex_);
    if (roused_) return;
    roused_ = true;
  }
  sleep_.notify_one();
}

void BackgroundThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sleep_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void BackgroundThread::run() {
  name_thread(name_);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
      roused_ = false;
    }
    const auto again = work_(now());
    std::unique_lock lock(mutex_);
    const auto due = [this] { return roused_ || stopping_; };
    if (again) {
      sleep_.wait_for(lock, *again - now(), due);
    } else {
      sleep_.wait(lock, due);
    }
  }
  finish_();
}

}  // namespace junctor::net
