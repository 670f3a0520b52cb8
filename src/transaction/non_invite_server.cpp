#include "transaction/non_invite_server.hpp"

#include "base/saved_state.hpp"

namespace junctor::transaction {
namespace {

constexpr std::uint8_t saved_layout = 1;

}  // namespace

Step NonInviteServer::respond(const Timers& timers, int status, TimePoint now) {
  if (state_ != State::trying && state_ != State::proceeding) return {};
  if (status < 200) {
    state_ = State::proceeding;
    return {.send = true};
  }
  timer_j_ = reliable_ ? now : now + timers.timeout();
  state_ = State::completed;
  return {.send = true};
}

Step NonInviteServer::on_wake(TimePoint now) {
  if (now >= timer_j_) end();
  return {};
}

void NonInviteServer::end() {
  timer_j_ = never;
  state_ = State::terminated;
}

std::string NonInviteServer::save(TimePoint now) const {
  return save_value(saved_layout, *this, now);
}

std::optional<NonInviteServer> NonInviteServer::load(std::string_view saved, TimePoint now) {
  NonInviteServer machine(false);
  if (!load_value(saved_layout, saved, machine, now)) return std::nullopt;
  return machine;
}

}  // namespace junctor::transaction
