#pragma once
// One way between two threads on which nothing is dropped: what the bounded queue cannot take waits in the sender's own
// backlog. Who is to be woken, and how, is the sender's business.
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "base/queue.hpp"

namespace junctor {

template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : queue_(capacity) {}

  // Sender's thread.

  /// In order, also when a backlog stands. True: the receiver has something new.
  bool send(T&& value) {
    if (backlog_.empty() && queue_.push(std::move(value))) return true;
    backlog_.push_back(std::move(value));
    return flush();
  }
  /// Moves what fits from the backlog into the queue; to be called on each turn while there is a backlog. True: the
  /// receiver has something new.
  bool flush() {
    bool some = false;
    while (!backlog_.empty() && queue_.push(std::move(backlog_.front()))) {
      backlog_.pop_front();
      some = true;
    }
    return some;
  }
  std::size_t backlog() const { return backlog_.size(); }

  // Receiver's thread.

  std::optional<T> receive() { return queue_.pop(); }

 private:
  BoundedQueue<T> queue_;
  std::deque<T> backlog_;
};

}  // namespace junctor
