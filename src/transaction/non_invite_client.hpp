#pragma once
// Non-INVITE client transaction: RFC 3261 §17.1.2.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "transaction/step.hpp"
#include "transaction/timers.hpp"

namespace junctor::transaction {

class NonInviteClient {
 public:
  enum class State : std::uint8_t { trying, proceeding, completed, terminated };

  /// The request is sent by the caller when the machine is made.
  NonInviteClient(const Timers& timers, bool reliable, TimePoint now);

  Step on_response(const Timers& timers, int status, TimePoint now);
  Step on_wake(const Timers& timers, TimePoint now);
  void on_transport_error() { end(); }

  State state() const { return state_; }
  bool lingering() const { return state_ == State::completed; }
  TimePoint wake() const { return timer_e_ < timer_f_ ? timer_e_ : timer_f_; }

  /// A self-contained byte string, and back; times are kept relative to `now`.
  std::string save(TimePoint now) const;
  static std::optional<NonInviteClient> load(std::string_view saved, TimePoint now);
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.timer_e_, self.timer_f_, self.interval_, self.state_, self.reliable_);
  }
  bool operator==(const NonInviteClient&) const = default;

 private:
  void end();

  TimePoint timer_e_ = never;  // retransmission (unreliable protocols)
  TimePoint timer_f_ = never;  // the deadline of the state: timer F or K
  Duration interval_{};        // timer E's
  State state_ = State::trying;
  bool reliable_;
};

}  // namespace junctor::transaction
