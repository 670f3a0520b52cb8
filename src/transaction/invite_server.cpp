#include "transaction/invite_server.hpp"

#include <algorithm>

#include "base/saved_state.hpp"

namespace junctor::transaction {
namespace {

constexpr std::uint8_t saved_layout = 1;

}  // namespace

Step InviteServer::on_retransmission(bool has_response) const {
  const bool answers = state_ == State::proceeding || state_ == State::completed;
  return {.send = answers && has_response};
}

Step InviteServer::on_ack(const Timers& timers, TimePoint now) {
  if (state_ == State::accepted) return {.pass_up = true};
  if (state_ != State::completed) return {};
  timer_g_ = never;
  timer_h_ = reliable_ ? now : now + timers.t4;  // timer I
  state_ = State::confirmed;
  return {.acked = true};
}

Step InviteServer::respond(const Timers& timers, int status, TimePoint now) {
  if (state_ != State::proceeding) return {};
  if (status < 200) return {.send = true};
  interval_ = timers.t1;
  timer_h_ = now + timers.timeout();  // timer H or L
  if (status < 300) {
    timer_g_ = now + interval_;
    state_ = State::accepted;
  } else {
    timer_g_ = reliable_ ? never : now + interval_;
    state_ = State::completed;
  }
  return {.send = true};
}

void InviteServer::acked() {
  if (state_ != State::accepted) return;
  acked_ = true;
  timer_g_ = never;
}

Step InviteServer::on_wake(const Timers& timers, TimePoint now) {
  if (now >= timer_h_) {
    const bool ack_missing = !answered_and_acked();
    end();
    return {.timed_out = ack_missing};
  }
  if (now < timer_g_) return {};
  interval_ = std::min(2 * interval_, timers.t2);
  timer_g_ = now + interval_;
  return {.send = true};
}

void InviteServer::end() {
  timer_g_ = timer_h_ = never;
  state_ = State::terminated;
}

std::string InviteServer::save(TimePoint now) const {
  return save_value(saved_layout, *this, now);
}

std::optional<InviteServer> InviteServer::load(std::string_view saved, TimePoint now) {
  InviteServer machine(false);
  if (!load_value(saved_layout, saved, machine, now)) return std::nullopt;
  return machine;
}

}  // namespace junctor::transaction
