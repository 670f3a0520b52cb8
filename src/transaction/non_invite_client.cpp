#include "transaction/non_invite_client.hpp"

#include <algorithm>

#include "base/saved_state.hpp"

namespace junctor::transaction {
namespace {

constexpr std::uint8_t saved_layout = 1;

}  // namespace

NonInviteClient::NonInviteClient(const Timers& timers, bool reliable, TimePoint now)
    : timer_e_(reliable ? never : now + timers.t1),
      timer_f_(now + timers.timeout()),
      interval_(timers.t1),
      reliable_(reliable) {}

Step NonInviteClient::on_response(const Timers& timers, int status, TimePoint now) {
  if (state_ == State::completed || state_ == State::terminated) return {};
  if (status < 200) {
    state_ = State::proceeding;
    return {.pass_up = true};
  }
  timer_e_ = never;
  timer_f_ = reliable_ ? now : now + timers.t4;  // timer K
  state_ = State::completed;
  return {.pass_up = true};
}

Step NonInviteClient::on_wake(const Timers& timers, TimePoint now) {
  if (now >= timer_f_) {
    const bool timed_out = !lingering();
    end();
    return {.timed_out = timed_out};
  }
  if (now < timer_e_) return {};
  interval_ = state_ == State::proceeding ? timers.t2 : std::min(2 * interval_, timers.t2);
  timer_e_ = now + interval_;
  return {.send = true};
}

void NonInviteClient::end() {
  timer_e_ = timer_f_ = never;
  state_ = State::terminated;
}

std::string NonInviteClient::save(TimePoint now) const {
  return save_value(saved_layout, *this, now);
}

std::optional<NonInviteClient> NonInviteClient::load(std::string_view saved, TimePoint now) {
  NonInviteClient machine(Timers{}, false, now);
  if (!load_value(saved_layout, saved, machine, now)) return std::nullopt;
  return machine;
}

}  // namespace junctor::transaction
