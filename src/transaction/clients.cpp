#include "transaction/clients.hpp"

#include <utility>

#include "base/check.hpp"
#include "transaction/derived_requests.hpp"
#include "transaction/release.hpp"

namespace junctor::transaction {
namespace {

// Timer tokens that are no TransactionId: those are 2^32 and above.
constexpr std::uint64_t long_linger_token = 1;
constexpr std::uint64_t short_linger_token = 2;

}  // namespace

Clients::Clients(const Timers& times, TimerWheel& wheel, const Keys& keys, ClientEvents& events, std::size_t expected)
    : times_(times),
      wheel_(wheel),
      keys_(keys),
      events_(events),
      long_linger_(wheel, *this, long_linger_token),
      short_linger_(wheel, *this, short_linger_token) {
  by_key_.reserve(expected);
}

Clients::~Clients() {
  for (const auto& [key, id] : by_key_) wheel_.cancel(slots_.find(id)->timer);
}

TransactionId Clients::open(sip::Message request, std::uint64_t owner) {
  const TransactionId id = slots_.emplace();
  Client& client = *slots_.find(id);
  client.owner = owner;
  client.invite = request.method() == sip::Method::invite;
  client.active = std::make_unique<Active>();
  client.active->request = std::move(request);
  if (client.invite) ++invites_;
  return id;
}

void Clients::start(TransactionId id, const Hop& hop, std::string_view via, std::string_view branch, TimePoint now) {
  Client* client = slots_.find(id);
  JUNCTOR_CHECK(client != nullptr && client->active && client->machine.index() == 0);
  Active& active = *client->active;
  if (active.has_via) active.request.remove_first_value(sip::HeaderId::via);
  active.request.add_first(sip::HeaderId::via, via);
  active.has_via = true;
  active.responded = false;
  client->hop = hop;
  client->key = keys_.client(branch, active.request.method_name());
  client->bytes = active.request.serialize();
  by_key_.emplace(client->key, id);
  const bool reliable = is_reliable(hop.protocol);
  if (client->invite) {
    client->machine = InviteClient(times_, reliable, now);
  } else {
    client->machine = NonInviteClient(times_, reliable, now);
  }
  send(id, *client, now);
  settle(id, *client, now);
}

// A failure is noticed in the next timer tick, so that start() never calls back.
void Clients::send(TransactionId id, Client& client, TimePoint now) {
  if (events_.send_request(id, client.hop, client.bytes, now) || !client.active) return;
  client.active->failed_to_send = true;
}

const sip::Message* Clients::request(TransactionId id) const {
  const Client* client = slots_.find(id);
  return client != nullptr && client->active ? &client->active->request : nullptr;
}

std::uint64_t Clients::owner(TransactionId id) const {
  const Client* client = slots_.find(id);
  return client != nullptr ? client->owner : 0;
}

const Hop* Clients::hop(TransactionId id) const {
  const Client* client = slots_.find(id);
  return client != nullptr && client->machine.index() != 0 ? &client->hop : nullptr;
}

bool Clients::on_response(const sip::Message& response, TimePoint now) {
  const auto at = by_key_.find(keys_.client(response.top_branch(), response.cseq().method_name));
  if (at == by_key_.end()) return false;
  const TransactionId id = at->second;
  Client& client = *slots_.find(id);
  const int status = response.status();
  InviteClient* invite = std::get_if<InviteClient>(&client.machine);
  const Step step = invite != nullptr ? invite->on_response(times_, status, now)
                                      : std::get<NonInviteClient>(client.machine).on_response(times_, status, now);
  if (step.send_ack) {
    if (client.active) client.bytes = ack_for(client.active->request, response).serialize();
    static_cast<void>(events_.send_request(id, client.hop, client.bytes, now));  // lost: the final comes again
  }
  if (client.active && status < 200) {
    client.active->responded = true;
    if (client.active->cancel_wanted && step.pass_up) send_cancel(id, client, now);
  }
  if (step.pass_up && status == 503 && !client.internal && !client.active->cancel_wanted && events_.may_fail_over(id)) {
    fail_over(id, client, now);
    return true;
  }
  const bool tell = step.pass_up && !client.internal;
  const std::uint64_t owner = client.owner;
  settle(id, client, now);
  if (tell) events_.on_response(id, owner, response, now);
  return true;
}

// The attempt that got the 503 goes on under an id of its own, to absorb retransmissions and acknowledge them.
void Clients::fail_over(TransactionId id, Client& client, TimePoint now) {
  const TransactionId rest_id = slots_.emplace();
  Client& rest = *slots_.find(rest_id);
  rest.key = client.key;
  rest.hop = client.hop;
  rest.machine = client.machine;
  rest.bytes = std::move(client.bytes);
  rest.invite = client.invite;
  rest.internal = true;
  if (rest.invite) ++invites_;
  by_key_[rest.key] = rest_id;
  settle(rest_id, rest, now);

  const bool responded = client.active->responded;
  client.machine = std::monostate{};
  client.key = {};
  client.bytes.clear();
  wheel_.cancel(client.timer);
  events_.on_failure(id, Failure::unavailable, responded, now);
}

void Clients::fail(TransactionId id, Client& client, Failure why, TimePoint now) {
  if (client.internal) return erase(id, client);
  const bool responded = client.active->responded;
  client.active->failed_to_send = false;
  by_key_.erase(client.key);
  client.machine = std::monostate{};
  client.key = {};
  client.bytes.clear();
  wheel_.cancel(client.timer);
  events_.on_failure(id, why, responded, now);
}

void Clients::close(TransactionId id) {
  Client* client = slots_.find(id);
  if (client != nullptr && client->machine.index() == 0) erase(id, *client);
}

void Clients::on_connection_lost(TransactionId id, TimePoint now) {
  Client* client = slots_.find(id);
  if (client == nullptr || !client->active || client->machine.index() == 0 || client->active->responded) return;
  fail(id, *client, Failure::transport, now);
}

Clients::Cancelled Clients::cancel(TransactionId id, std::string_view reason, TimePoint now) {
  Client* client = slots_.find(id);
  if (client == nullptr || !client->active || !client->invite || client->active->cancel_wanted)
    return Cancelled::ignored;
  client->active->cancel_wanted = true;
  client->active->cancel_reason = reason;
  if (client->machine.index() == 0) return Cancelled::unsent;
  if (!client->active->responded) return Cancelled::waits;
  send_cancel(id, *client, now);
  return Cancelled::sent;
}

bool Clients::is_cancelled(TransactionId id) const {
  const Client* client = slots_.find(id);
  return client != nullptr && client->active && client->active->cancel_wanted;
}

void Clients::send_cancel(TransactionId id, Client& client, TimePoint now) {
  const auto* invite = std::get_if<InviteClient>(&client.machine);
  if (invite == nullptr || by_key_.contains(keys_.client(client.active->request.top_branch(), "CANCEL"))) return;
  std::get<InviteClient>(client.machine).on_cancel_sent(times_, now);
  settle(id, client, now);
  sip::Message cancel = cancel_for(client.active->request, client.active->cancel_reason);
  const std::string via(cancel.first_value(sip::HeaderId::via).value_or(std::string_view()));
  const std::string branch(cancel.top_branch());
  const Hop hop = client.hop;
  const TransactionId cancel_id = open(std::move(cancel), 0);
  Client& made = *slots_.find(cancel_id);
  made.internal = true;
  made.active->has_via = true;
  start(cancel_id, hop, via, branch, now);
}

void Clients::on_timer(std::uint64_t token, TimePoint now) {
  const auto over = [this, now](TransactionId id) { wake(id, now); };
  if (token == long_linger_token) return long_linger_.on_timer(now, over);
  if (token == short_linger_token) return short_linger_.on_timer(now, over);
  wake({token}, now);
}

void Clients::wake(TransactionId id, TimePoint now) {
  Client* client = slots_.find(id);
  if (client == nullptr || client->machine.index() == 0) return;
  client->timer = {};
  if (client->active && client->active->failed_to_send) return fail(id, *client, Failure::transport, now);
  InviteClient* invite = std::get_if<InviteClient>(&client->machine);
  const Step step =
      invite != nullptr ? invite->on_wake(now) : std::get<NonInviteClient>(client->machine).on_wake(times_, now);
  if (step.timed_out) return fail(id, *client, Failure::timeout, now);
  if (step.send) send(id, *client, now);
  settle(id, *client, now);
}

void Clients::settle(TransactionId id, Client& client, TimePoint now) {
  InviteClient* invite = std::get_if<InviteClient>(&client.machine);
  auto* non_invite = std::get_if<NonInviteClient>(&client.machine);
  TimePoint at = invite != nullptr ? invite->wake() : non_invite->wake();
  const bool lingering = invite != nullptr ? invite->lingering() : non_invite->lingering();
  const bool over = invite != nullptr ? invite->state() == InviteClient::State::terminated
                                      : non_invite->state() == NonInviteClient::State::terminated;
  // Over a reliable protocol timers D and K are zero.
  if (over || (lingering && at <= now)) return erase(id, client);
  if (lingering) {
    if (!client.queued) linger(id, client, at);
    return;
  }
  if (client.active && client.active->failed_to_send) at = now;
  wheel_.cancel(client.timer);
  if (at != never) client.timer = wheel_.schedule(at, *this, id.value);
}

void Clients::linger(TransactionId id, Client& client, TimePoint until) {
  wheel_.cancel(client.timer);
  client.queued = true;
  client.active.reset();
  const auto* invite = std::get_if<InviteClient>(&client.machine);
  const bool needs_ack = invite != nullptr && invite->state() == InviteClient::State::completed;
  if (needs_ack) {
    client.bytes.shrink_to_fit();
  } else {
    release(client.bytes);
  }
  (invite != nullptr ? long_linger_ : short_linger_).push(until, id);
}

void Clients::erase(TransactionId id, Client& client) {
  wheel_.cancel(client.timer);
  if (client.key != Key{}) by_key_.erase(client.key);
  if (client.invite) --invites_;
  slots_.erase(id);
}

}  // namespace junctor::transaction
