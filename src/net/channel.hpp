#pragma once
// One way between two threads, nothing is ever dropped: what the bounded queue cannot take waits in the sender's own
// backlog, whose length the sender watches (the control thread stops admission with it).
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "base/queue.hpp"
#include "net/waker.hpp"

namespace junctor::net {

template <class T>
class Channel {
 public:
  /// `receiver` outlives the channel.
  Channel(std::size_t capacity, Waker& receiver) : queue_(capacity), receiver_(receiver) {}

  /// Sender's thread only. In order, also when a backlog stands.
  void send(T&& value) {
    put(std::move(value));
    receiver_.wake();
  }

  /// As send(), but the receiver may sleep on until wake(): for several values in a row.
  void put(T&& value) {
    if (backlog_.empty() && queue_.push(std::move(value))) return;
    backlog_.push_back(std::move(value));
    flush();
  }
  void wake() { receiver_.wake(); }

  /// Sender's thread only: moves what fits from the backlog into the queue; returns how many are left behind. To be
  /// called on each turn while the backlog is not empty.
  std::size_t flush() {
    if (backlog_.empty()) return 0;
    while (!backlog_.empty() && queue_.push(std::move(backlog_.front()))) backlog_.pop_front();
    receiver_.wake();
    return backlog_.size();
  }

  /// Sender's thread only.
  std::size_t backlog() const { return backlog_.size(); }

  /// Receiver's thread only.
  std::optional<T> receive() { return queue_.pop(); }

 private:
  BoundedQueue<T> queue_;
  std::deque<T> backlog_;
  Waker& receiver_;
};

}  // namespace junctor::net
