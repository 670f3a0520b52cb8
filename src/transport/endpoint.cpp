#include "transport/endpoint.hpp"

#include <utility>

#include "transport/endpoint_core.hpp"

namespace junctor::transport {

Target Target::of(const sip::Message& request) {
  if (const auto first = request.first_value(sip::HeaderId::route)) {
    if (const auto route = sip::NameAddr::parse(*first)) return to_uri(sip::to_string(route->uri));
  }
  return to_uri(request.request_uri());
}

EndpointCore::Counts::Counts(Counters& counters)
    : received(counters.get("sip_received")),
      keepalives(counters.get("sip_keepalives")),
      too_large(counters.get("sip_dropped_message_too_large")),
      stray_response(counters.get("sip_dropped_stray_response")),
      stray_ack(counters.get("sip_dropped_stray_ack")),
      no_connection(counters.get("sip_dropped_unknown_connection")),
      table_full(counters.get("sip_dropped_transactions_full")),
      refused_overload(counters.get("sip_refused_overload")),
      merged(counters.get("sip_refused_merged")),
      too_many_hops(counters.get("sip_refused_too_many_hops")),
      undeliverable_response(counters.get("sip_undeliverable_response")),
      undeliverable_ack(counters.get("sip_undeliverable_ack")),
      provisional_refused(counters.get("sip_reliable_provisional_refused")) {
  for (std::size_t i = 0; i < malformed.size(); ++i)
    malformed[i] = &counters.get(sip::info(static_cast<sip::ParseError>(i)).counter);
}

EndpointCore::EndpointCore(EndpointSettings settings_in, const EndpointParts& parts, Advertise advertise_in,
                           TransactionUser& user)
    : settings(std::move(settings_in)),
      advertise(std::move(advertise_in)),
      outbox(parts.datagrams, parts.streams, parts.tls, parts.counters, advertise, connections),
      keys(parts.random),
      names(parts.resolver, parts.counters, settings.names_max),
      locator(names, parts.random, advertise, *this),
      servers(settings.timers, parts.timers, parts.random, keys, *this, settings.transactions_expected),
      clients(settings.timers, parts.timers, keys, *this, settings.transactions_expected / 2),
      timers_(parts.timers),
      random_(parts.random),
      counts_(parts.counters),
      user_(user),
      ourselves_(advertise, settings.host_names) {}

EndpointCore::~EndpointCore() {
  timers_.cancel(failed_timer_);
}

Live EndpointCore::live() const {
  return {.invite_client = clients.invites(),
          .non_invite_client = clients.non_invites(),
          .invite_server = servers.invites(),
          .non_invite_server = servers.non_invites(),
          .locating = locator.waiting()};
}

Endpoint::Endpoint(EndpointSettings settings, EndpointParts parts, Advertise advertise, TransactionUser& user)
    : core_(std::make_unique<EndpointCore>(std::move(settings), parts, std::move(advertise), user)) {}

Endpoint::~Endpoint() = default;

void Endpoint::on_datagram(ListenerIndex listener, const Address& from, std::span<const std::uint8_t> bytes,
                           TimePoint now) {
  core_->on_datagram(listener, from, bytes, now);
}

void Endpoint::on_open(ConnectionId connection, ListenerIndex listener, const Address& local, const Address& remote,
                       TimePoint) {
  core_->on_open(connection, listener, local, remote);
}

void Endpoint::on_stream_message(ConnectionId connection, std::string&& bytes, TimePoint now) {
  core_->on_stream_message(connection, std::move(bytes), now);
}

void Endpoint::on_close(ConnectionId connection, std::string_view, TimePoint now) {
  core_->on_close(connection, now);
}

void Endpoint::on_resolved(QueryId query, const Answer& answer, TimePoint now) {
  core_->locator.on_resolved(query, answer, now);
}

TransactionId Endpoint::send_request(sip::Message request, Target target, std::uint64_t owner, TimePoint now) {
  return core_->send_request(std::move(request), std::move(target), owner, now);
}

void Endpoint::cancel(TransactionId invite, TimePoint now, std::string_view reason) {
  core_->cancel(invite, reason, now);
}

void Endpoint::send_ack(sip::Message ack, Target target, TimePoint now) {
  core_->send_ack(std::move(ack), std::move(target), now);
}

std::optional<std::vector<Hop>> Endpoint::locate(const Target& target, std::uint64_t owner, TimePoint now) {
  return core_->locate(target, owner, now);
}

std::optional<Hop> Endpoint::hop_of(TransactionId client) const {
  const Hop* const hop = core_->clients.hop(client);
  return hop != nullptr ? std::optional(*hop) : std::nullopt;
}

void Endpoint::respond(TransactionId server, sip::Message response, TimePoint now) {
  core_->servers.respond(server, response, now);
}

void Endpoint::respond_reliably(TransactionId invite, sip::Message provisional, TimePoint now) {
  core_->respond_reliably(invite, std::move(provisional), now);
}

bool Endpoint::on_prack(TransactionId invite, const sip::RAck& rack, TimePoint now) {
  return core_->servers.on_prack(invite, rack, now);
}

void Endpoint::acked(TransactionId invite, TimePoint now) {
  core_->servers.acked(invite, now);
}

void Endpoint::set_overload(std::optional<seconds> retry_after) {
  core_->overload = retry_after;
}

void Endpoint::set_hosts(std::unordered_map<IpAddress, std::string> hosts) {
  core_->outbox.set_hosts(std::move(hosts));
}

void Endpoint::set_observer(MessageObserver* observer) {
  core_->outbox.set_observer(observer);
}

const Advertise& Endpoint::advertise() const {
  return core_->advertise;
}

Live Endpoint::live() const {
  return core_->live();
}

}  // namespace junctor::transport
