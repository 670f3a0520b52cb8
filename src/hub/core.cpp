#include "hub/core.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "call/sdp_body.hpp"
#include "hub/tables.hpp"
#include "hub/version.hpp"
#include "sip/headers.hpp"

namespace junctor::hub {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

/// Owners of locate() that are trunks, not legs: LegIds are counters and never get there.
constexpr std::uint64_t trunk_owner = std::uint64_t{1} << 63;
constexpr Duration trunk_lookup_interval = minutes(5);
constexpr Duration prune_interval = seconds(10);  ///< each prunes a bounded number of records

std::shared_ptr<const call::CallSettings> call_settings(const config::Config& config,
                                                        const sip::digest::HashFunctions& hashes) {
  auto out = std::make_shared<call::CallSettings>();
  out->session_timer.expires_s = static_cast<std::uint32_t>(config.sip.session_expires_secs.count());
  out->session_timer.min_se_s = static_cast<std::uint32_t>(config.sip.session_expires_min_secs.count());
  out->rtp_timeout = config.rtp.timeout_secs;
  out->product = std::string(product);
  out->node = std::to_string(config.hub.node);
  out->hashes = hashes;
  return out;
}

registrar::Reach reach_of(const transport::Source& source) {
  return {static_cast<registrar::Protocol>(source.protocol), source.listener, source.connection, source.local,
          source.remote};
}

}  // namespace

const routing::User* Core::Directory::find_user(std::string_view username) const {
  const registrar::User* const user = users_.find(username);
  if (user == nullptr) return nullptr;
  const auto destination = [](const std::string& text) -> std::optional<routing::Destination> {
    if (text.empty()) return std::nullopt;
    auto parsed = routing::Destination::parse(text);
    return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
  };
  found_ = {user->username,
            seconds(user->ring_secs),
            destination(user->forward.always),
            destination(user->forward.busy),
            destination(user->forward.no_answer),
            destination(user->forward.unregistered)};
  return &found_;
}

Core::Core(config::Snapshot config, Outside outside, TimePoint now)
    : config_(std::move(config)), outside_(std::move(outside)), messages_(outside_.message_ring_bytes, config_->records.messages_secs) {
  Outside& o = outside_;
  transport::TransactionUser& user = *this;
  registrar::RegisterReplies& replies = *this;
  call::EventSink& events = *this;
  transport::EndpointSettings settings;
  settings.host_names = config_->hub.domains;
  settings.server = product;
  endpoint_ = std::make_unique<transport::Endpoint>(
      settings, transport::EndpointParts{o.timers, o.random, o.counters, o.datagrams, o.streams, o.resolver},
      transport::Advertise(advertise_rules(*config_), o.listeners, o.local_address_for), user);
  endpoint_->set_observer(&messages_);
  registrar::AuthenticatorSettings authentication;
  authentication.realm = config_->hub.realm;
  authentication.nonce_life = config_->security.nonce_secs;
  authenticator_ = std::make_unique<registrar::Authenticator>(authentication, users_, o.hashes, o.mac, o.random,
                                                              o.counters);
  registrar::GuardSettings guard;
  guard.failures_max = config_->security.auth_failures_max;
  guard.block = config_->security.block_secs;
  guard.scanner_agents = config_->security.scanner_agents;
  guard_ = std::make_unique<registrar::Guard>(guard, o.log, o.counters);
  registrar_ = std::make_unique<registrar::Registrar>(registrar_settings(*config_), *authenticator_, o.store, o.timers,
                                                      o.wall, replies, o.random, o.counters);
  const auto epoch = static_cast<std::uint32_t>(
      std::chrono::floor<seconds>(o.wall.at(now)).time_since_epoch().count());
  calls_ = std::make_unique<call::Calls>(call::Calls::Parts{*endpoint_, o.media, o.timers, o.random, o.counters},
                                         config_->hub.node, epoch, events);
  dialler_ = std::make_unique<apps::Dialler>(*calls_, *registrar_, directory_, o.timers);
  transfers_ = std::make_unique<apps::Transfers>(*calls_, *dialler_, directory_);
  records_ = std::make_unique<apps::Records>(*calls_, o.store, o.wall);
  admission_ = std::make_unique<apps::Admission>(apps::Admission::Parts{*endpoint_, *calls_, *dialler_, *transfers_,
                                                                        *authenticator_, *guard_, directory_, o.store,
                                                                        o.random, o.counters});
  std::string fault;
  office_ = make_office(*config_, &fault);
  JUNCTOR_CHECK(office_ != nullptr);  // the configuration has been checked before it came here
  take_settings();
  take_file_users();
}

Core::~Core() = default;

void Core::take_settings() {
  calls_->set_settings(call_settings(*config_, outside_.hashes));
  admission_->set_office(office_);
  std::vector<Network> exempt;
  for (const apps::Trunk& trunk : office_->trunks)
    exempt.insert(exempt.end(), trunk.sources.begin(), trunk.sources.end());
  guard_->set_exempt(std::move(exempt));
}

void Core::take_file_users() {
  for (registrar::User& user : file_users(*config_, outside_.hashes)) users_.put(std::move(user));
}

Result<void, std::string> Core::load(TimePoint now) {
  auto rows = outside_.store.load_users();
  if (!rows) return fail(std::move(rows.error()));
  for (store::UserRow& row : *rows) {
    if (row.realm != config_->hub.realm)
      outside_.log.warning("a user's password was stored for another realm; set it again",
                           {{"user", row.username}, {"realm", row.realm}});
    users_.put(registrar::from_row(std::move(row)));
  }
  const auto bindings = registrar_->load(now);
  if (!bindings) return fail(bindings.error());
  locate_trunks(now);
  if (config_->records.keep_days > 0) schedule(Timer::prune, prune_interval, now);
  return {};
}

void Core::schedule(Timer timer, Duration after, TimePoint now) {
  outside_.timers.schedule(now + after, *this, static_cast<std::uint64_t>(timer));
  ++own_timers_;
}

void Core::on_timer(std::uint64_t token, TimePoint now) {
  --own_timers_;
  if (static_cast<Timer>(token) == Timer::trunks) return locate_trunks(now);
  const auto keep = std::chrono::days(config_->records.keep_days);
  const auto before = outside_.wall.at(now) - keep;
  outside_.store.write(store::PruneCalls{before.time_since_epoch().count()}, nullptr, 0, now);
  schedule(Timer::prune, prune_interval, now);
}

// ------------------------------------------------------------------------------------------------------------- trunks

void Core::locate_trunks(TimePoint now) {
  bool names = false;
  for (std::size_t i = 0; i < office_->trunks.size(); ++i) {
    const std::string& host = office_->trunks[i].host;
    if (Address::parse(host) || IpAddress::parse(host)) continue;
    names = true;
    if (const auto hops = endpoint_->locate(transport::Target::to_uri("sip:" + host), trunk_owner | i, now))
      take_trunk_addresses(i, *hops);
  }
  if (names) schedule(Timer::trunks, trunk_lookup_interval, now);
}

void Core::take_trunk_addresses(std::size_t index, std::span<const transport::Hop> hops) {
  if (index >= office_->trunks.size() || hops.empty()) return;
  auto office = std::make_shared<apps::Office>(*office_);
  apps::Trunk& trunk = office->trunks[index];
  for (const config::Trunk& configured : config_->trunks)
    if (configured.name == trunk.name) trunk.sources = configured.sources;
  for (const transport::Hop& hop : hops)
    trunk.sources.push_back({hop.remote.ip, static_cast<std::uint8_t>(hop.remote.ip.family == Family::v4 ? 32 : 128)});
  office_ = std::move(office);
  take_settings();
}

// -------------------------------------------------------------------------------------------------- from the outside

/// Scanners are dropped before anything is done about them: they get no answer at all.
bool Core::is_unwelcome(const Address& from, std::span<const std::uint8_t> bytes, TimePoint now) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("SIP/2.0 ")) return false;
  std::string_view agent;
  constexpr std::string_view name = "\nUser-Agent:";
  if (const auto at = text.find(name); at != std::string_view::npos) {
    agent = text.substr(at + name.size());
    agent = agent.substr(0, agent.find('\r'));
  }
  return guard_->drops(from.ip, agent, now);
}

void Core::on_datagram(std::uint64_t listener, const Address& from, std::span<const std::uint8_t> bytes,
                       TimePoint now) {
  if (is_unwelcome(from, bytes, now)) return;
  endpoint_->on_datagram(static_cast<ListenerIndex>(listener), from, bytes, now);
}

void Core::on_open(ConnectionId id, ListenerIndex listener, const Address& local, const Address& remote,
                   TimePoint now) {
  endpoint_->on_open(id, listener, local, remote, now);
}

void Core::on_message(ConnectionId id, std::string&& message, TimePoint now) {
  endpoint_->on_stream_message(id, std::move(message), now);
}

void Core::on_close(ConnectionId id, std::string_view reason, TimePoint now) {
  endpoint_->on_close(id, reason, now);
  registrar_->on_connection_closed(id);
}

void Core::on_resolved(transport::QueryId query, const transport::Answer& answer, TimePoint now) {
  endpoint_->on_resolved(query, answer, now);
}

void Core::on_media_event(const media::Event& event, TimePoint now) { calls_->on_media_event(event, now); }

// --------------------------------------------------------------------------------------------------- transaction user

void Core::answer(TransactionId id, const Message& request, int status, TimePoint now, const call::Headers& headers) {
  Message response = Message::response(request, status);
  if (request.to_tag().empty())
    response.set(HeaderId::to, call::with_tag(*response.header(HeaderId::to), outside_.random.token(12)));
  response.set(HeaderId::server, product);
  for (const auto& [name, value] : headers) response.add(name, value);
  endpoint_->respond(id, std::move(response), now);
}

void Core::on_request(TransactionId id, const Message& request, const transport::Source& source, TimePoint now) {
  if (!request.to_tag().empty()) {
    if (!calls_->on_request(id, request, source, now)) answer(id, request, 481, now);
    return;
  }
  switch (request.method()) {
    case Method::invite:
      return admission_->on_invite(id, request, source, now);
    case Method::register_:
      return on_register(id, request, source, now);
    case Method::options:
      return answer(id, request, draining() ? 503 : 200, now,
                    {{"Allow", std::string(call::allowed_methods)},
                     {"Accept", "application/sdp"},
                     {"Supported", std::string(call::supported_extensions)}});
    case Method::subscribe:
    case Method::publish:
      return answer(id, request, 489, now);
    case Method::bye:
    case Method::update:
    case Method::prack:
    case Method::info:
    case Method::notify:
      return answer(id, request, 481, now);
    default:
      return answer(id, request, 405, now, {{"Allow", std::string(call::allowed_methods) + ", REGISTER"}});
  }
}

void Core::on_register(TransactionId id, const Message& request, const transport::Source& source, TimePoint now) {
  auto outcome = registrar_->on_request(id, request, reach_of(source), now);
  if (outcome.failure) guard_->on_failure(source.remote.ip, now);
  if (outcome.response) on_register_response(id, std::move(*outcome.response), now);
}

void Core::on_register_response(TransactionId id, Message response, TimePoint now) {
  if (response.to_tag().empty())
    response.set(HeaderId::to, call::with_tag(*response.header(HeaderId::to), outside_.random.token(12)));
  response.set(HeaderId::server, product);
  endpoint_->respond(id, std::move(response), now);
}

void Core::on_ack(const Message& ack, const transport::Source&, TimePoint now) { calls_->on_ack(ack, now); }

void Core::on_cancel(TransactionId invite, const Message&, TimePoint now) { calls_->on_cancel(invite, now); }

void Core::on_response(TransactionId id, std::uint64_t owner, const Message& response, transport::Origin origin,
                       TimePoint now) {
  calls_->on_response(owner, id, response, origin, now);
}

void Core::on_server_end(TransactionId id, transport::ServerEnd why, TimePoint now) {
  calls_->on_server_end(id, why, now);
}

void Core::on_located(std::uint64_t owner, std::span<const transport::Hop> hops, TimePoint now) {
  if ((owner & trunk_owner) != 0) return take_trunk_addresses(owner & ~trunk_owner, hops);
  calls_->on_located(owner, hops, now);
}

void Core::on_call_event(const call::Event& event, TimePoint now) {
  transfers_->on_call_event(event, now);
  dialler_->on_call_event(event, now);
  records_->on_call_event(event, now);
  if (ended_hook_ && std::holds_alternative<call::Ended>(event.body))
    if (const call::Call* const call = calls_->find(event.call)) ended_hook_(*call, now);
}

// ------------------------------------------------------------------------------------------------------------ operator

Result<std::vector<std::string>, std::string> Core::reload(config::Snapshot config, TimePoint now) {
  std::string fault;
  auto office = make_office(*config, &fault);
  if (office == nullptr) return fail(std::move(fault));
  auto restart = config::needs_restart(*config_, *config);
  std::vector<std::string> gone;
  users_.for_each([&](const registrar::User& user) {
    const bool still = std::any_of(config->users.begin(), config->users.end(),
                                   [&](const config::User& u) { return u.username == user.username; });
    if (user.from_file && !still) gone.push_back(user.username);
  });
  for (const std::string& name : gone) {
    registrar_->forget(name, now);
    users_.remove(name);
  }
  config_ = std::move(config);
  office_ = std::move(office);
  take_settings();
  take_file_users();
  return restart;
}

void Core::drain(seconds retry_after) { admission_->set_draining(retry_after); }

void Core::put_user(registrar::User user, std::string_view password, store::AckTarget* stored, TimePoint now) {
  registrar::set_password(user, config_->hub.realm, password, outside_.hashes);
  outside_.store.write(store::PutUser{registrar::to_row(user, config_->hub.realm)}, stored, 0, now);
  users_.put(std::move(user));
}

void Core::remove_user(std::string_view username, store::AckTarget* stored, TimePoint now) {
  registrar_->forget(username, now);
  outside_.store.write(store::RemoveUser{std::string(username)}, stored, 0, now);
  users_.remove(username);
}

Ledger Core::ledger() const {
  const call::CallLedger calls = calls_->ledger();
  Ledger out;
  out.calls = calls.calls;
  out.legs = calls.legs;
  out.ports = calls.ports;
  out.dialogs = calls.dialogs;
  out.dials = dialler_->size();
  out.transactions = endpoint_->live().total();
  const std::size_t standing = own_timers_ + registrar_->registered_users();
  out.timers = outside_.timers.pending() > standing ? outside_.timers.pending() - standing : 0;
  out.unwritten = outside_.store.backlog();
  return out;
}

}  // namespace junctor::hub
