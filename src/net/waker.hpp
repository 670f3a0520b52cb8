#pragma once
// Wakes a thread that sleeps in epoll or poll, and costs no system call while that thread is awake.
#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace junctor::net {

/// The receiver calls prepare_sleep(), then looks at its queues once more, sleeps on fd() if they are empty, and calls
/// awake() afterwards. A sender puts its item into the queue first and calls wake() then. Because both sides change one
/// atomic, either the sender sees the sleeper or the receiver sees the item. A wake too many may happen.
///
/// A receiver may also look at its queues between awake() and prepare_sleep(), which then tells whether to look again.
class Waker {
 public:
  Waker();
  /// For a thread that sleeps in something else than fd(), which it then has none of: `signal` is called on the
  /// sender's thread, when the receiver sleeps or is about to.
  explicit Waker(std::function<void()> signal) : signal_(std::move(signal)) {}
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Any thread.
  void wake() {
    if (state_.exchange(State::called, std::memory_order_acq_rel) == State::asleep) signal();
  }

  /// True: wake() was called since awake().
  bool prepare_sleep() { return state_.exchange(State::asleep, std::memory_order_acq_rel) == State::called; }
  void awake() { state_.exchange(State::awake, std::memory_order_acq_rel); }

  /// Becomes readable on wake(), with a new edge each time (an edge-triggered poller need not drain it).
  int fd() const { return fd_; }
  /// Makes fd() unreadable again.
  void drain();

 private:
  enum class State : std::uint8_t { awake, asleep, called };

  void signal();

  int fd_ = -1;
  std::function<void()> signal_;
  std::atomic<State> state_{State::awake};
};

}  // namespace junctor::net
