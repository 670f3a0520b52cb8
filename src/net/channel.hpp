#pragma once
// A mailbox toward a thread that sleeps in a Waker; the length of its backlog the sender watches (the control thread
// stops admission with it).
#include <cstddef>
#include <optional>
#include <utility>

#include "base/mailbox.hpp"
#include "net/waker.hpp"

namespace junctor::net {

template <class T>
class Channel {
 public:
  /// `receiver` outlives the channel.
  Channel(std::size_t capacity, Waker& receiver) : mailbox_(capacity), receiver_(receiver) {}

  /// Sender's thread only. In order, also when a backlog stands.
  void send(T&& value) {
    put(std::move(value));
    receiver_.wake();
  }

  /// As send(), but the receiver may sleep on until wake() or announce(): for several values in a row.
  void put(T&& value) {
    mailbox_.send(std::move(value));
    unannounced_ = true;
    if (mailbox_.backlog() > 0) receiver_.wake();
  }
  void wake() { receiver_.wake(); }
  /// wake(), if anything was put since.
  void announce() {
    if (std::exchange(unannounced_, false)) receiver_.wake();
  }

  /// Sender's thread only: moves what fits from the backlog into the queue; returns how many are left behind. To be
  /// called on each turn while the backlog is not empty.
  std::size_t flush() {
    if (mailbox_.backlog() == 0) return 0;
    mailbox_.flush();
    receiver_.wake();
    return mailbox_.backlog();
  }

  /// Sender's thread only.
  std::size_t backlog() const { return mailbox_.backlog(); }

  /// Receiver's thread only.
  std::optional<T> receive() { return mailbox_.receive(); }

 private:
  Mailbox<T> mailbox_;
  Waker& receiver_;
  bool unannounced_ = false;
};

}  // namespace junctor::net
