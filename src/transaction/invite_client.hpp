#pragma once
// INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "transaction/step.hpp"
#include "transaction/timers.hpp"

namespace junctor::transaction {

class InviteClient {
 public:
  enum class State : std::uint8_t { calling, proceeding, accepted, completed, terminated };

  /// The request is sent by the caller when the machine is made.
  InviteClient(const Timers& timers, bool reliable, TimePoint now);

  Step on_response(const Timers& timers, int status, TimePoint now);
  Step on_wake(TimePoint now);
  /// A CANCEL was sent: without a final response in 64*T1 the request counts as timed out (§9.1).
  void on_cancel_sent(const Timers& timers, TimePoint now);
  void on_transport_error() { end(); }

  State state() const { return state_; }
  /// Nothing is left to do but to absorb retransmissions until wake().
  bool lingering() const { return state_ == State::accepted || state_ == State::completed; }
  /// The earliest running timer; `never` if none.
  TimePoint wake() const { return timer_a_ < timer_b_ ? timer_a_ : timer_b_; }

  /// A self-contained byte string, and back; times are kept relative to `now`.
  std::string save(TimePoint now) const;
  static std::optional<InviteClient> load(std::string_view saved, TimePoint now);
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.timer_a_, self.timer_b_, self.interval_, self.state_, self.reliable_);
  }
  bool operator==(const InviteClient&) const = default;

 private:
  void end();

  TimePoint timer_a_ = never;  // retransmission (unreliable protocols, while calling)
  TimePoint timer_b_ = never;  // the deadline of the state: timer B, D or M, or the end of a cancelled request
  Duration interval_{};        // timer A's
  State state_ = State::calling;
  bool reliable_;
};

}  // namespace junctor::transaction
