#include "transaction/invite_client.hpp"

#include "base/saved_state.hpp"

namespace junctor::transaction {
namespace {

constexpr std::uint8_t saved_layout = 1;

}  // namespace

InviteClient::InviteClient(const Timers& timers, bool reliable, TimePoint now)
    : timer_a_(reliable ? never : now + timers.t1),
      timer_b_(now + timers.timeout()),
      interval_(timers.t1),
      reliable_(reliable) {}

Step InviteClient::on_response(const Timers& timers, int status, TimePoint now) {
  const bool waiting = state_ == State::calling || state_ == State::proceeding;
  if (status < 200) {
    if (!waiting) return {};
    if (state_ == State::calling) timer_a_ = timer_b_ = never;
    state_ = State::proceeding;
    return {.pass_up = true};
  }
  if (status < 300) {
    if (waiting) {
      timer_a_ = never;
      timer_b_ = now + timers.timeout();  // timer M
      state_ = State::accepted;
    }
    return {.pass_up = state_ == State::accepted};
  }
  if (waiting) {
    timer_a_ = never;
    // Timer D covers the time that the server retransmits, which is timer H: 64*T1, 32 s by default.
    timer_b_ = reliable_ ? now : now + timers.timeout();
    state_ = State::completed;
    return {.send_ack = true, .pass_up = true};
  }
  return {.send_ack = state_ == State::completed};
}

Step InviteClient::on_wake(TimePoint now) {
  if (now >= timer_b_) {
    const bool timed_out = !lingering();
    end();
    return {.timed_out = timed_out};
  }
  if (now < timer_a_) return {};
  interval_ *= 2;  // without the cap of T2, which INVITE requests do not have (§17.1.1.2)
  timer_a_ = now + interval_;
  return {.send = true};
}

void InviteClient::on_cancel_sent(const Timers& timers, TimePoint now) {
  if (state_ == State::proceeding) timer_b_ = now + timers.timeout();
}

void InviteClient::end() {
  timer_a_ = timer_b_ = never;
  state_ = State::terminated;
}

std::string InviteClient::save(TimePoint now) const {
  return save_value(saved_layout, *this, now);
}

std::optional<InviteClient> InviteClient::load(std::string_view saved, TimePoint now) {
  InviteClient machine(Timers{}, false, now);
  if (!load_value(saved_layout, saved, machine, now)) return std::nullopt;
  return machine;
}

}  // namespace junctor::transaction
