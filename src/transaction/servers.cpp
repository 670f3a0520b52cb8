#include "transaction/servers.hpp"

#include <algorithm>
#include <utility>

#include "transaction/release.hpp"

namespace junctor::transaction {
namespace {

// Timer tokens that are no TransactionId: those are 2^32 and above.
constexpr std::uint64_t long_linger_token = 1;
constexpr std::uint64_t short_linger_token = 2;

InviteServer* invite_of(std::variant<NonInviteServer, InviteServer>& machine) {
  return std::get_if<InviteServer>(&machine);
}

}  // namespace

Servers::Servers(const Timers& times, TimerWheel& wheel, Random& random, const Keys& keys, ServerEvents& events,
                 std::size_t expected)
    : times_(times),
      wheel_(wheel),
      random_(random),
      keys_(keys),
      events_(events),
      long_linger_(wheel, *this, long_linger_token),
      short_linger_(wheel, *this, short_linger_token) {
  by_key_.reserve(expected);
  by_merged_.reserve(expected / 2);  // lingering non-INVITE transactions are not in it
}

Servers::~Servers() {
  for (const auto& [key, id] : by_key_) wheel_.cancel(slots_.find(id)->timer);
}

TransactionId Servers::find(const Key& key) const {
  const auto at = by_key_.find(key);
  return at == by_key_.end() ? TransactionId{} : at->second;
}

bool Servers::is_merged(const sip::Message& request) const {
  return request.to_tag().empty() && by_merged_.contains(keys_.merged(request));
}

TransactionId Servers::open(const sip::Message& request, const Key& key, const Hop& back) {
  const TransactionId id = slots_.emplace();
  Server& server = *slots_.find(id);
  server.key = key;
  server.back = back;
  server.cseq = request.cseq().number;
  const bool reliable = is_reliable(back.protocol);
  if (request.method() == sip::Method::invite) {
    server.machine = InviteServer(reliable);
    ++invites_;
  } else {
    server.machine = NonInviteServer(reliable);
  }
  by_key_.emplace(key, id);
  if (request.to_tag().empty()) {
    server.merged = keys_.merged(request);
    if (!by_merged_.emplace(server.merged, id).second) server.merged = {};
  }
  return id;
}

void Servers::on_retransmission(TransactionId id, TimePoint now) {
  Server* server = slots_.find(id);
  if (server == nullptr) return;
  const InviteServer* invite = invite_of(server->machine);
  const Step step = invite != nullptr ? invite->on_retransmission(!server->response.empty())
                                      : std::get<NonInviteServer>(server->machine).on_retransmission();
  if (step.send) events_.send_response(id, server->back, server->response, now);
}

bool Servers::on_ack(TransactionId id, TimePoint now) {
  Server* server = slots_.find(id);
  InviteServer* invite = server != nullptr ? invite_of(server->machine) : nullptr;
  if (invite == nullptr) return false;
  const Step step = invite->on_ack(times_, now);
  apply(id, *server, step, now);
  return !step.pass_up;
}

bool Servers::is_unanswered_invite(TransactionId id) const {
  const Server* server = slots_.find(id);
  const auto* invite = server != nullptr ? std::get_if<InviteServer>(&server->machine) : nullptr;
  return invite != nullptr && invite->state() == InviteServer::State::proceeding;
}

bool Servers::has_response(TransactionId id) const {
  const Server* server = slots_.find(id);
  return server == nullptr || !server->response.empty() || !is_unanswered_invite(id);
}

void Servers::respond(TransactionId id, const sip::Message& response, TimePoint now) {
  Server* server = slots_.find(id);
  if (server == nullptr) return;
  if (server->reliable && server->reliable->hold(response)) return;
  const int status = response.status();
  InviteServer* invite = invite_of(server->machine);
  const Step step = invite != nullptr ? invite->respond(times_, status, now)
                                      : std::get<NonInviteServer>(server->machine).respond(times_, status, now);
  if (!step.send) return;
  server->response = response.serialize();
  if (status >= 200) {
    if (server->reliable) server->reliable->stop();
    // A copy of the request that comes later is a new attempt by somebody upstream; only an accepted call must not ring
    // twice.
    if (invite == nullptr || status >= 300) forget_merged(*server);
  }
  apply(id, *server, step, now);
}

bool Servers::respond_reliably(TransactionId id, sip::Message provisional, TimePoint now) {
  if (!is_unanswered_invite(id)) return false;
  Server& server = *slots_.find(id);
  if (!server.reliable) {
    const auto first = static_cast<std::uint32_t>(1 + random_.below(0x7fffffff));
    server.reliable = std::make_unique<ReliableProvisionals>(first, server.cseq);
  }
  const auto added = server.reliable->add(std::move(provisional), times_, now);
  if (added == ReliableProvisionals::Added::send) {
    server.response = server.reliable->current();
    apply(id, server, {.send = true}, now);
  }
  return added != ReliableProvisionals::Added::refused;
}

bool Servers::on_prack(TransactionId id, const sip::RAck& rack, TimePoint now) {
  Server* server = slots_.find(id);
  if (server == nullptr || !server->reliable || !server->reliable->on_prack(rack, times_, now)) return false;
  const bool next = !server->reliable->current().empty();
  if (!next) {
    if (const auto held = server->reliable->take_held()) {
      respond(id, *held, now);
      return true;
    }
  }
  if (next) server->response = server->reliable->current();
  apply(id, *server, {.send = next}, now);
  return true;
}

void Servers::acked(TransactionId id, TimePoint now) {
  Server* server = slots_.find(id);
  InviteServer* invite = server != nullptr ? invite_of(server->machine) : nullptr;
  if (invite == nullptr) return;
  invite->acked();
  settle(id, *server, now);
}

void Servers::set_back(TransactionId id, const Hop& back) {
  if (Server* server = slots_.find(id)) server->back = back;
}

void Servers::on_timer(std::uint64_t token, TimePoint now) {
  const auto over = [this, now](TransactionId id) { wake(id, now); };
  if (token == long_linger_token) return long_linger_.on_timer(now, over);
  if (token == short_linger_token) return short_linger_.on_timer(now, over);
  wake({token}, now);
}

void Servers::wake(TransactionId id, TimePoint now) {
  Server* server = slots_.find(id);
  if (server == nullptr) return;
  server->timer = {};
  if (server->reliable && server->reliable->wake() <= now) return wake_reliable(id, *server, now);
  InviteServer* invite = invite_of(server->machine);
  if (invite == nullptr) return apply(id, *server, std::get<NonInviteServer>(server->machine).on_wake(now), now);
  const bool accepted_and_acked = invite->state() == InviteServer::State::accepted && invite->answered_and_acked();
  apply(id, *server, invite->on_wake(times_, now), now);
  if (accepted_and_acked && slots_.find(id) == nullptr) events_.on_server_end(id, ServerEnd::done, now);
}

void Servers::wake_reliable(TransactionId id, Server& server, TimePoint now) {
  const Step step = server.reliable->on_wake(now);
  if (step.send) events_.send_response(id, server.back, server.reliable->current(), now);
  if (step.timed_out) {
    // Whoever answered is owed the 2xx; a far end that does not ACK it either is hung up on for that.
    if (const auto held = server.reliable->take_held()) return respond(id, *held, now);
  }
  settle(id, server, now);
  if (step.timed_out) events_.on_server_end(id, ServerEnd::provisional_unacknowledged, now);
}

// What the user is told comes last: it may call back.
void Servers::apply(TransactionId id, Server& server, const Step& step, TimePoint now) {
  if (step.send) events_.send_response(id, server.back, server.response, now);
  settle(id, server, now);
  if (step.acked) events_.on_server_end(id, ServerEnd::acked, now);
  if (step.timed_out) events_.on_server_end(id, ServerEnd::ack_missing, now);
}

void Servers::settle(TransactionId id, Server& server, TimePoint now) {
  InviteServer* invite = invite_of(server.machine);
  auto* non_invite = std::get_if<NonInviteServer>(&server.machine);
  const bool lingering = invite != nullptr ? invite->lingering() : non_invite->lingering();
  TimePoint at = invite != nullptr ? invite->wake() : non_invite->wake();
  const bool over = invite != nullptr ? invite->state() == InviteServer::State::terminated
                                      : non_invite->state() == NonInviteServer::State::terminated;
  // A 2xx always lingers for timer L; everything else ends at once over a reliable protocol (timers I and J are zero).
  if (over || (lingering && at <= now)) return close(id, server);
  if (lingering) {
    if (!server.queued) linger(id, server, at);
    return;
  }
  if (server.reliable) at = std::min(at, server.reliable->wake());
  wheel_.cancel(server.timer);
  if (at != never) server.timer = wheel_.schedule(at, *this, id.value);
}

void Servers::linger(TransactionId id, Server& server, TimePoint until) {
  wheel_.cancel(server.timer);
  server.queued = true;
  server.reliable.reset();
  const InviteServer* invite = invite_of(server.machine);
  if (invite != nullptr) {
    release(server.response);
  } else {
    server.response.shrink_to_fit();
  }
  const bool brief = invite != nullptr && invite->state() == InviteServer::State::confirmed;
  (brief ? short_linger_ : long_linger_).push(until, id);
}

void Servers::forget_merged(Server& server) {
  if (server.merged == Key{}) return;
  by_merged_.erase(server.merged);
  server.merged = {};
}

void Servers::close(TransactionId id, Server& server) {
  wheel_.cancel(server.timer);
  forget_merged(server);
  by_key_.erase(server.key);
  if (invite_of(server.machine) != nullptr) --invites_;
  slots_.erase(id);
}

}  // namespace junctor::transaction
