#pragma once
// Wakes a thread that sleeps in epoll or poll, and costs no system call while that thread is awake.
#include <atomic>

namespace junctor::net {

/// The receiver calls prepare_sleep(), then looks at its queues once more, sleeps on fd() if they are empty, and calls
/// awake() afterwards. A sender puts its item into the queue first and calls wake() then. Because both sides change one
/// atomic, either the sender sees the sleeper or the receiver sees the item. A wake too many may happen.
class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Any thread.
  void wake() {
    if (sleeping_.exchange(false, std::memory_order_acq_rel)) signal();
  }

  void prepare_sleep() { sleeping_.exchange(true, std::memory_order_acq_rel); }
  void awake() { sleeping_.store(false, std::memory_order_relaxed); }

  /// Becomes readable on wake(), with a new edge each time (an edge-triggered poller need not drain it).
  int fd() const { return fd_; }
  /// Makes fd() unreadable again.
  void drain();

 private:
  void signal();

  int fd_;
  std::atomic<bool> sleeping_{false};
};

}  // namespace junctor::net
