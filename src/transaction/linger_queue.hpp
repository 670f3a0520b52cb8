#pragma once
// Transactions that have nothing left to do but to absorb retransmissions for a fixed time (timers D, I, J, K, L, M).
// They all wait equally long, so a queue in order of their end and one wheel timer do for any number: 16 bytes each.
#include <algorithm>
#include <cstdint>
#include <deque>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"

namespace junctor::transaction {

class LingerQueue {
 public:
  LingerQueue(TimerWheel& timers, TimerTarget& target, std::uint64_t token)
      : timers_(timers), target_(target), token_(token) {}
  ~LingerQueue() { timers_.cancel(timer_); }
  LingerQueue(const LingerQueue&) = delete;
  LingerQueue& operator=(const LingerQueue&) = delete;

  /// `end` may be a little earlier than that of the last one pushed (an ACK took longer for one than for another); then
  /// this one waits as long as that one.
  void push(TimePoint end, TransactionId id) {
    if (!queue_.empty()) end = std::max(end, queue_.back().end);
    queue_.push_back({end, id});
    if (!timer_) timer_ = timers_.schedule(queue_.front().end, target_, token_);
  }

  /// Call from on_timer(): gives each id whose time has come to `over`. An id may be gone already.
  template <class Over>
  void on_timer(TimePoint now, Over over) {
    timer_ = {};
    while (!queue_.empty() && queue_.front().end <= now) {
      const TransactionId id = queue_.front().id;
      queue_.pop_front();
      over(id);
    }
    if (!queue_.empty() && !timer_) timer_ = timers_.schedule(queue_.front().end, target_, token_);
  }

 private:
  struct Entry {
    TimePoint end;
    TransactionId id;
  };

  TimerWheel& timers_;
  TimerTarget& target_;
  std::uint64_t token_;
  TimerId timer_;
  std::deque<Entry> queue_;
};

}  // namespace junctor::transaction
