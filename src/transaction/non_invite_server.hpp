#pragma once
// Non-INVITE server transaction: RFC 3261 §17.2.2.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "transaction/step.hpp"
#include "transaction/timers.hpp"

namespace junctor::transaction {

class NonInviteServer {
 public:
  enum class State : std::uint8_t { trying, proceeding, completed, terminated };

  explicit NonInviteServer(bool reliable) : reliable_(reliable) {}

  /// The request came again.
  Step on_retransmission() const { return {.send = state_ == State::proceeding || state_ == State::completed}; }
  /// The user answers. Nothing is sent after a final response.
  Step respond(const Timers& timers, int status, TimePoint now);
  Step on_wake(TimePoint now);

  State state() const { return state_; }
  bool lingering() const { return state_ == State::completed; }
  TimePoint wake() const { return timer_j_; }

  /// A self-contained byte string, and back; times are kept relative to `now`.
  std::string save(TimePoint now) const;
  static std::optional<NonInviteServer> load(std::string_view saved, TimePoint now);
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.timer_j_, self.state_, self.reliable_);
  }
  bool operator==(const NonInviteServer&) const = default;

 private:
  void end();

  TimePoint timer_j_ = never;
  State state_ = State::trying;
  bool reliable_;
};

}  // namespace junctor::transaction
