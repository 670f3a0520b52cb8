// The path of a request: its hops (given, or resolved from a URI), one after the other until one answers; each attempt
// has a Via and a branch of its own.
#include <algorithm>
#include <utility>

#include "transport/endpoint_core.hpp"

namespace junctor::transport {

using sip::HeaderId;
using sip::Message;
using transaction::Clients;
using transaction::Failure;

namespace {

constexpr std::size_t branch_random_characters = 16;  // 80 bits
// A host that took no TCP is sent large requests over UDP for so long.
constexpr minutes no_stream_for{5};
constexpr std::size_t no_stream_max = 4096;

std::size_t size_of(const Message& request) {
  std::size_t size = request.request_uri().size() + request.method_name().size() + request.body().size() + 16;
  for (const sip::HeaderField field : request.headers()) size += field.name.size() + field.value.size() + 4;
  return size;
}

constexpr std::size_t via_bytes = 90;  // what our Via will add

}  // namespace

TransactionId EndpointCore::send_request(Message&& request, Target&& target, std::uint64_t owner, TimePoint now) {
  if (!request.max_forwards()) request.add(HeaderId::max_forwards, std::to_string(sip::max_forwards_initial));
  const bool full = clients.size() >= settings.client_transactions_max;
  const TransactionId id = clients.open(std::move(request), owner);
  if (full) {
    counts_.table_full.add();
    fail_later(id, Origin::transport, now);
    return id;
  }
  outgoing_.emplace(id, Outgoing{.hops = std::move(target.hops), .uri = std::move(target.uri)});
  next_hop(id, now);
  return id;
}

// Starts the next attempt, or asks where the URI leads, or gives up.
void EndpointCore::next_hop(TransactionId id, TimePoint now) {
  Outgoing& outgoing = outgoing_[id];
  for (;;) {
    while (outgoing.next < outgoing.hops.size()) {
      const Hop hop = outgoing.hops[outgoing.next];
      const bool again = had_its_turn(outgoing, hop);
      ++outgoing.next;
      if (!again && launch(id, outgoing, hop, now)) return;
    }
    if (outgoing.uri.empty()) return fail_later(id, outgoing.last, now);
    const auto hops = locator.locate(std::exchange(outgoing.uri, {}), id.value, now);
    if (!hops) return;  // on_hops() follows
    outgoing.hops.insert(outgoing.hops.end(), hops->begin(), hops->end());
  }
}

/// A flow and the Contact behind it are often one place: who was silent there for 32 s is not asked again. A
/// connection that broke is made anew.
bool EndpointCore::had_its_turn(const Outgoing& outgoing, const Hop& hop) {
  if (outgoing.over_stream) return false;  // the same hop, over UDP now
  const auto end = outgoing.hops.begin() + static_cast<std::ptrdiff_t>(outgoing.next);
  return std::any_of(outgoing.hops.begin(), end, [&](const Hop& tried) {
    if (tried.protocol != hop.protocol || tried.remote != hop.remote) return false;
    return tried.connection == hop.connection || !tried.connection || connections.find(tried.connection) != nullptr;
  });
}

bool EndpointCore::launch(TransactionId id, Outgoing& outgoing, const Hop& hop, TimePoint now) {
  if (prefers_stream(outgoing, hop, *clients.request(id), now)) {
    const Hop stream{Protocol::tcp, hop.remote};
    outgoing.over_stream = stream;
    --outgoing.next;  // the same hop over UDP comes next
    start(id, stream, now);
    return true;
  }
  outgoing.over_stream.reset();
  if (!outbox.can_reach(hop)) return false;
  start(id, hop, now);
  return true;
}

// RFC 3261 §18.1.1. A flow stays as it is: the phone behind it is reachable in no other way.
bool EndpointCore::prefers_stream(const Outgoing& outgoing, const Hop& hop, const Message& request,
                                  TimePoint now) const {
  if (hop.protocol != Protocol::udp || hop.listener != any_listener || outgoing.over_stream) return false;
  if (size_of(request) + via_bytes <= settings.udp_request_bytes_max) return false;
  if (advertise.listener_for({Protocol::tcp, hop.remote}) == nullptr) return false;
  const auto refused = no_stream_.find(hop.remote);
  return refused == no_stream_.end() || refused->second <= now;
}

void EndpointCore::remember_no_stream(const Hop& hop, TimePoint now) {
  if (no_stream_.size() >= no_stream_max) std::erase_if(no_stream_, [now](const auto& e) { return e.second <= now; });
  if (no_stream_.size() < no_stream_max) no_stream_.insert_or_assign(hop.remote, now + no_stream_for);
}

void EndpointCore::start(TransactionId id, const Hop& hop, TimePoint now) {
  const std::string branch = new_branch();
  clients.start(id, hop, via_for(hop, branch), branch, now);
}

std::string EndpointCore::new_branch() {
  return std::string(sip::branch_cookie) + settings.branch_prefix + random_.token(branch_random_characters);
}

std::string EndpointCore::via_for(const Hop& hop, std::string_view branch) const {
  std::string via = "SIP/2.0/";
  via += to_string(hop.protocol);
  via += ' ';
  via += junctor::to_string(advertise.address_for(hop));
  // rport: RFC 3581; alias: requests toward us may use the same connection (RFC 5923).
  via += is_reliable(hop.protocol) ? ";alias;branch=" : ";rport;branch=";
  via += branch;
  return via;
}

bool EndpointCore::send_request(TransactionId id, const Hop& hop, std::string_view bytes, TimePoint now) {
  const auto used = outbox.send(hop, bytes, now);
  if (!used) return false;
  if (*used) connections.note_request(*used, id, [this](TransactionId t) { return clients.request(t) == nullptr; });
  return true;
}

bool EndpointCore::has_more(TransactionId id) const {
  const auto at = outgoing_.find(id);
  return at != outgoing_.end() && (at->second.next < at->second.hops.size() || !at->second.uri.empty());
}

bool EndpointCore::may_fail_over(TransactionId id) const {
  return has_more(id);
}

void EndpointCore::on_failure(TransactionId id, Failure why, bool responded, TimePoint now) {
  const auto at = outgoing_.find(id);
  if (why == Failure::transport && at != outgoing_.end() && at->second.over_stream)
    remember_no_stream(*at->second.over_stream, now);
  if (at != outgoing_.end()) at->second.last = why == Failure::timeout ? Origin::timeout : Origin::transport;
  const bool again = why == Failure::unavailable || !responded;
  if (again && !clients.is_cancelled(id) && has_more(id)) return next_hop(id, now);
  report(id, why == Failure::timeout ? Origin::timeout : Origin::transport, now);
}

void EndpointCore::on_response(TransactionId id, std::uint64_t owner, const Message& response, TimePoint now) {
  if (response.status() == 100) return;
  if (response.status() >= 200) outgoing_.erase(id);
  user_.on_response(id, owner, response, Origin::peer, now);
}

void EndpointCore::cancel(TransactionId invite, std::string_view reason, TimePoint now) {
  if (clients.cancel(invite, reason, now) == Clients::Cancelled::unsent) fail_later(invite, Origin::cancelled, now);
}

void EndpointCore::fail_later(TransactionId id, Origin origin, TimePoint now) {
  failed_.push_back({id, origin});
  if (!failed_timer_) failed_timer_ = timers_.schedule(now, *this, 0);
}

void EndpointCore::on_timer(std::uint64_t, TimePoint now) {
  failed_timer_ = {};
  for (const Failed& failed : std::exchange(failed_, {})) report(failed.id, failed.origin, now);
}

/// Ends a request with a response made here.
void EndpointCore::report(TransactionId id, Origin origin, TimePoint now) {
  const Message* const request = clients.request(id);
  if (request == nullptr || clients.hop(id) != nullptr) return;  // it has got its answer meanwhile
  const int status = origin == Origin::timeout ? 408 : origin == Origin::cancelled ? 487 : 503;
  const Message response = Message::response(*request, status);
  const std::uint64_t owner = clients.owner(id);
  outgoing_.erase(id);
  clients.close(id);
  user_.on_response(id, owner, response, origin, now);
}

void EndpointCore::send_ack(Message&& ack, Target&& target, TimePoint now) {
  if (!ack.max_forwards()) ack.add(HeaderId::max_forwards, std::to_string(sip::max_forwards_initial));
  std::erase_if(target.hops, [this](const Hop& hop) { return !outbox.can_reach(hop); });
  if (!target.hops.empty() || target.uri.empty()) return send_ack_to(ack, target.hops, now);
  const std::uint64_t token = ++last_token_;
  if (const auto hops = locator.locate(target.uri, token, now)) return send_ack_to(ack, *hops, now);
  waiting_.emplace(token, WaitingAck{std::move(ack)});
}

void EndpointCore::send_ack_to(Message& ack, const std::vector<Hop>& hops, TimePoint now) {
  for (const Hop& hop : hops) {
    if (!outbox.can_reach(hop)) continue;
    ack.add_first(HeaderId::via, via_for(hop, new_branch()));
    if (outbox.send(hop, ack.serialize(), now)) return;
    ack.remove_first_value(HeaderId::via);
  }
  counts_.undeliverable_ack.add();
}

std::optional<std::vector<Hop>> EndpointCore::locate(const Target& target, std::uint64_t owner, TimePoint now) {
  std::vector<Hop> hops = target.hops;
  std::erase_if(hops, [this](const Hop& hop) { return !outbox.can_reach(hop); });
  if (!hops.empty() || target.uri.empty()) return hops;
  const std::uint64_t token = ++last_token_;
  auto found = locator.locate(target.uri, token, now);
  if (!found) waiting_.emplace(token, WaitingOwner{owner});
  return found;
}

void EndpointCore::on_hops(std::uint64_t token, std::vector<Hop> hops, TimePoint now) {
  const TransactionId id{token};
  if (const auto at = outgoing_.find(id); at != outgoing_.end()) {
    if (clients.request(id) == nullptr || clients.is_cancelled(id)) return;
    at->second.hops.insert(at->second.hops.end(), hops.begin(), hops.end());
    return next_hop(id, now);
  }
  auto waiting = waiting_.extract(token);
  if (waiting.empty()) return;
  if (auto* ack = std::get_if<WaitingAck>(&waiting.mapped())) {
    send_ack_to(ack->ack, hops, now);
  } else if (const auto* response = std::get_if<WaitingResponse>(&waiting.mapped())) {
    send_response_to(response->bytes, hops, now);
  } else {
    user_.on_located(std::get<WaitingOwner>(waiting.mapped()).owner, hops, now);
  }
}

}  // namespace junctor::transport
