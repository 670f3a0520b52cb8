#pragma once
// INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1. It also does what §13.3.1.4
// asks of the user: a 2xx is retransmitted, over every protocol, until its ACK came.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "transaction/step.hpp"
#include "transaction/timers.hpp"

namespace junctor::transaction {

class InviteServer {
 public:
  enum class State : std::uint8_t { proceeding, accepted, completed, confirmed, terminated };

  explicit InviteServer(bool reliable) : reliable_(reliable) {}

  /// The INVITE came again.
  Step on_retransmission(bool has_response) const;
  Step on_ack(const Timers& timers, TimePoint now);
  /// The user answers. Nothing is sent after a final response.
  Step respond(const Timers& timers, int status, TimePoint now);
  /// The ACK for the 2xx reached its dialog.
  void acked();
  Step on_wake(const Timers& timers, TimePoint now);

  State state() const { return state_; }
  /// The last response is not needed any more.
  bool answered_and_acked() const { return (state_ == State::accepted && acked_) || state_ == State::confirmed; }
  bool lingering() const { return answered_and_acked(); }
  TimePoint wake() const { return timer_g_ < timer_h_ ? timer_g_ : timer_h_; }

  /// A self-contained byte string, and back; times are kept relative to `now`.
  std::string save(TimePoint now) const;
  static std::optional<InviteServer> load(std::string_view saved, TimePoint now);
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.timer_g_, self.timer_h_, self.interval_, self.state_, self.reliable_, self.acked_);
  }
  bool operator==(const InviteServer&) const = default;

 private:
  void end();

  TimePoint timer_g_ = never;  // retransmission of a final response
  TimePoint timer_h_ = never;  // the deadline of the state: timer H, I or L
  Duration interval_{};        // timer G's
  State state_ = State::proceeding;
  bool reliable_;
  bool acked_ = false;  // accepted: the ACK for the 2xx came
};

}  // namespace junctor::transaction
