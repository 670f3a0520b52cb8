#include "transaction/non_invite_server.hpp"

namespace junctor::transaction {

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

}  // namespace junctor::transaction
