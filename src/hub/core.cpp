#include "hub/core.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "call/sdp_body.hpp"
#include "hub/programs.hpp"
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
constexpr Duration connection_warning_interval = seconds(10);
constexpr Duration prune_interval = seconds(10);  ///< each prunes a bounded number of records
constexpr Duration recordings_interval = std::chrono::hours(1);

std::shared_ptr<const call::CallSettings> call_settings(const config::Config& config,
                                                        const sip::digest::HashFunctions& hashes) {
  auto out = std::make_shared<call::CallSettings>();
  out->session_timer.expires_s = static_cast<std::uint32_t>(config.sip.session_expires_secs.count());
  out->session_timer.min_se_s = static_cast<std::uint32_t>(config.sip.session_expires_min_secs.count());
  out->hold_music = !config.features.hold_music.empty();
  out->rtp_timeout = config.rtp.timeout_secs;
  out->product = std::string(product);
  out->node = std::to_string(config.hub.node);
  out->hashes = hashes;
  out->header_rules = {sip::keep("Subject"),      sip::keep("Priority"),  sip::keep("User-to-User"),
                       sip::keep("Alert-Info"),   sip::keep("Call-Info"), sip::keep("Diversion"),
                       sip::keep("History-Info"), sip::keep("X-*")};
  out->media_bound = config.rtp.address;
  out->public_ip = config.network.public_ip;
  out->srtp_over_plain_sip = config.rtp.srtp_over_plain_sip;
  return out;
}

constexpr seconds overload_retry_after{5};

/// Where nobody listens for programs: nothing ever comes from it.
class NoWeb final : public WebServer {
 public:
  void respond(WebId, WebResponse) override {}
  void open_web_socket(WebId, WebSocketTerms) override {}
  void open_events(WebId, std::size_t) override {}
  void hand_over(WebId, WebSocketTerms, std::unique_ptr<WebServant>) override {}
  void send(std::span<const WebId>, SharedText) override {}
  void send_binary(WebId, std::string) override {}
  std::size_t unsent(WebId) const override { return 0; }
  void close(WebId, std::uint16_t, std::string) override {}
  void rouse(WebId) override {}
};

/// The User-Agent of a message that has not been parsed; empty if there is none.
std::string_view user_agent_of(std::string_view message) {
  constexpr std::string_view name = "user-agent:";
  for (std::size_t at = message.find('\n'); at != std::string_view::npos; at = message.find('\n', at + 1)) {
    const std::string_view line = message.substr(at + 1, name.size());
    if (line.size() < name.size() || line.front() == '\r') return {};
    const bool same = std::equal(line.begin(), line.end(), name.begin(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
    if (!same) continue;
    const std::string_view value = message.substr(at + 1 + name.size());
    return value.substr(0, value.find('\r'));
  }
  return {};
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
            destination(user->forward().always),
            destination(user->forward().busy),
            destination(user->forward().no_answer),
            destination(user->forward().unregistered)};
  return &found_;
}

Core::Core(config::Snapshot config, Outside outside, TimePoint now)
    : config_(std::move(config)),
      outside_(std::move(outside)),
      messages_(config_->records.messages_bytes, config_->records.messages_secs),
      started_with_(config_) {
  Outside& o = outside_;
  transport::TransactionUser& user = *this;
  registrar::RegisterReplies& replies = *this;
  call::EventSink& events = *this;
  transport::EndpointSettings settings;
  settings.host_names = config_->hub.domains;
  settings.datagram_bytes_max = config_->sip.message_bytes_max;
  settings.server = product;
  endpoint_ = std::make_unique<transport::Endpoint>(
      settings, transport::EndpointParts{o.timers, o.random, o.counters, o.datagrams, o.streams, o.resolver, o.tls},
      transport::Advertise(advertise_rules(*config_), o.listeners, o.local_address_for), user);
  endpoint_->set_observer(&messages_);
  registrar::AuthenticatorSettings authentication;
  authentication.realm = config_->hub.realm;
  authentication.nonce_life = config_->security.nonce_secs;
  authentication.md5_only_agents = config_->security.md5_only_agents;
  authenticator_ =
      std::make_unique<registrar::Authenticator>(authentication, users_, o.hashes, o.mac, o.random, o.counters);
  registrar::GuardSettings guard;
  guard.failures_max = config_->security.auth_failures_max;
  guard.block = config_->security.block_secs;
  guard.scanner_agents = config_->security.scanner_agents;
  guard_ = std::make_unique<registrar::Guard>(guard, o.log, o.counters);
  registrar_ = std::make_unique<registrar::Registrar>(registrar_settings(*config_), *authenticator_, o.store, o.timers,
                                                      o.wall, replies, o.random, o.counters);
  sounds_ = std::make_unique<media::Sounds>(o.disk, o.jobs, o.counters);
  speech_ = std::make_unique<media::Speech>(
      media::Speech::Parts{o.disk, o.jobs, *sounds_, o.log, o.counters, o.hashes.sha256},
      config_->hub.data_dir + "/sounds");
  fetched_sounds_ = std::make_unique<media::FetchedSounds>(
      media::FetchedSounds::Parts{o.disk, o.jobs, *sounds_, o.counters, o.hashes.sha256, o.fetch_sound},
      config_->hub.data_dir + "/sounds/fetched");
  recordings_ = std::make_unique<recording::Recordings>(
      o.recorder, o.media, o.timers, o.wall,
      [this](const recording::Event& event, TimePoint then) { on_recording_event(event, then); });
  transcriptions_ = std::make_unique<transcription::Transcriptions>(
      o.transcriber, o.media, [this](const transcription::Event& event, TimePoint then) {
        call_transcription_->on_transcription_event(event, then);
      });
  // Also when the last start was in this very second, or the clock has been set back since.
  const auto epoch =
      std::max(static_cast<std::uint32_t>(std::chrono::floor<seconds>(o.wall.at(now)).time_since_epoch().count()),
               o.last_epoch + 1);
  calls_ = std::make_unique<call::Calls>(call::Calls::Parts{*endpoint_, o.media, o.timers, o.random, o.counters},
                                         config_->hub.node, epoch, events);
  fence_ = std::make_unique<call::MediaFence>(o.media);
  hold_music_ = std::make_unique<apps::HoldMusic>(*calls_, *sounds_, o.jobs, o.log);
  prompts_ = std::make_unique<apps::Prompts>(*calls_, *speech_);
  call_recording_ = std::make_unique<apps::CallRecording>(*calls_, *recordings_, o.wall, o.log);
  call_transcription_ = std::make_unique<apps::CallTranscription>(*calls_, *transcriptions_, o.store, o.log);
  conferences_ = std::make_unique<apps::Conferences>(*calls_, *hold_music_, *prompts_, *call_recording_, o.timers);
  parking_ = std::make_unique<apps::Parking>(*calls_, *hold_music_, o.timers);
  dialler_ = std::make_unique<apps::Dialler>(
      apps::Dialler::Parts{*calls_, *registrar_, directory_, *conferences_, *parking_, o.timers});
  transfers_ = std::make_unique<apps::Transfers>(*calls_, *dialler_, directory_);
  records_ = std::make_unique<apps::Records>(*calls_, *call_recording_, o.store, o.wall);
  trunk_registrations_ = std::make_unique<apps::TrunkRegistrations>(apps::TrunkRegistrations::Parts{
      *endpoint_, o.timers, o.random, o.counters, o.log, o.hashes, std::string(product)});
  admission_ = std::make_unique<apps::Admission>(
      apps::Admission::Parts{*endpoint_, *calls_, *dialler_, *transfers_, *trunk_registrations_, *authenticator_,
                             *guard_, directory_, o.store, o.media, o.random, o.counters});
  static NoWeb no_web;
  programs_ = std::make_unique<Programs>(Programs::Parts{o.web != nullptr ? *o.web : no_web,
                                                         *calls_,
                                                         *fence_,
                                                         *dialler_,
                                                         *hold_music_,
                                                         *call_recording_,
                                                         *recordings_,
                                                         *sounds_,
                                                         *speech_,
                                                         *fetched_sounds_,
                                                         *conferences_,
                                                         directory_,
                                                         *endpoint_,
                                                         o.timers,
                                                         o.random,
                                                         o.wall,
                                                         o.store,
                                                         o.log,
                                                         o.counters,
                                                         o.media,
                                                         o.dialled,
                                                         o.wake},
                                         config_->hub.data_dir);
  call_transcription_->set_sink(
      [this](const apps::TranscriptEvent& event, TimePoint then) { programs_->on_transcript(event, then); });
  std::string fault;
  office_ = make_office(*config_, &fault);
  JUNCTOR_CHECK(office_ != nullptr);  // the configuration has been checked before it came here
  take_settings();
  take_speech();
  take_file_users();
}

Core::~Core() = default;

void Core::take_settings() {
  calls_->set_settings(call_settings(*config_, outside_.hashes));
  admission_->set_office(office_);
  hold_music_->set_source(config_->features.hold_music);
  call_recording_->set_rules(office_->recording);
  call_transcription_->set_rules(office_->transcription);
  programs_->set_config(*config_, office_);
  std::vector<Network> exempt;
  for (const apps::Trunk& trunk : office_->trunks)
    exempt.insert(exempt.end(), trunk.sources.begin(), trunk.sources.end());
  guard_->set_exempt(std::move(exempt));
}

void Core::take_speech() {
  const config::Speech& settings = config_->speech;
  speech_->set_driver(outside_.speech_driver ? outside_.speech_driver(settings) : nullptr, settings.voice);
}

void Core::take_file_users() {
  for (registrar::User& user : file_users(*config_, authenticator_->realm(), outside_.hashes))
    users_.put(std::move(user));
}

Result<void, std::string> Core::load(TimePoint now) {
  auto rows = outside_.store.load_users();
  if (!rows) return fail(std::move(rows.error()));
  for (store::UserRow& row : *rows) {
    if (row.realm != authenticator_->realm())
      outside_.log.warning("a user's password was stored for another realm; set it again",
                           {{"user", row.username}, {"realm", row.realm}});
    users_.put(registrar::from_row(std::move(row)));
  }
  auto sequences = outside_.store.load_sequences();
  if (!sequences) return fail(std::move(sequences.error()));
  programs_->gateway().load(std::move(*sequences));
  const auto bindings = registrar_->load(now);
  if (!bindings) return fail(bindings.error());
  locate_trunks(now);
  trunk_registrations_->set_accounts(trunk_accounts(*config_), now);
  schedule(Timer::trunks, trunk_lookup_interval, now);
  schedule(Timer::prune, prune_interval, now);
  schedule(Timer::recordings, recordings_interval, now);
  return {};
}

void Core::schedule(Timer timer, Duration after, TimePoint now) {
  outside_.timers.schedule(now + after, *this, static_cast<std::uint64_t>(timer));
  ++own_timers_;
}

void Core::on_timer(std::uint64_t token, TimePoint now) {
  --own_timers_;
  if (static_cast<Timer>(token) == Timer::trunks) {
    locate_trunks(now);
    return schedule(Timer::trunks, trunk_lookup_interval, now);
  }
  if (static_cast<Timer>(token) == Timer::recordings) {
    prune_recordings(now);
    return schedule(Timer::recordings, recordings_interval, now);
  }
  schedule(Timer::prune, prune_interval, now);
  if (config_->records.keep_days == 0) return;
  const auto keep = std::chrono::days(config_->records.keep_days);
  const auto before = outside_.wall.at(now) - keep;
  outside_.store.write(store::PruneCalls{before.time_since_epoch().count()}, nullptr, 0, now);
}

void Core::prune_recordings(TimePoint now) {
  if (config_->recording.keep_days == 0) return;
  const auto before = outside_.wall.at(now) - std::chrono::days(config_->recording.keep_days);
  outside_.recorder.prune(recordings_folder(*config_), before);
}

// ------------------------------------------------------------------------------------------------------------- trunks

void Core::locate_trunks(TimePoint now) {
  for (std::size_t i = 0; i < office_->trunks.size(); ++i) {
    const std::string& host = office_->trunks[i].host;
    if (Address::parse(host) || IpAddress::parse(host)) continue;
    const bool secure = config_->trunks[i].transport == config::TrunkTransport::tls;
    const std::string uri = "sip:" + host + (secure ? ";transport=tls" : "");
    if (const auto hops = endpoint_->locate(transport::Target::to_uri(uri), trunk_owner | i, now))
      take_trunk_addresses(i, *hops);
  }
}

void Core::take_trunk_addresses(std::size_t index, std::span<const transport::Hop> hops) {
  if (index >= office_->trunks.size() || hops.empty()) return;
  auto office = std::make_shared<apps::Office>(*office_);
  apps::Trunk& trunk = office->trunks[index];
  for (const config::Trunk& configured : config_->trunks)
    if (configured.name == trunk.name) trunk.sources = configured.sources;
  for (const transport::Hop& hop : hops)
    trunk.sources.push_back({hop.remote.ip, static_cast<std::uint8_t>(hop.remote.ip.family == Family::v4 ? 32 : 128)});
  for (const transport::Hop& hop : hops)
    if (!hop.host.empty()) std::erase_if(tls_hosts_, [&](const auto& entry) { return entry.second == hop.host; });
  for (const transport::Hop& hop : hops)
    if (!hop.host.empty()) tls_hosts_[hop.remote.ip] = hop.host;
  endpoint_->set_hosts(tls_hosts_);
  office_ = std::move(office);
  take_settings();
}

// -------------------------------------------------------------------------------------------------- from the outside

/// Scanners are dropped before anything is done about them: they get no answer at all.
bool Core::is_unwelcome(const IpAddress& from, std::string_view message, TimePoint now) {
  if (message.starts_with("SIP/2.0 ")) return false;
  return guard_->drops(from, user_agent_of(message), now);
}

/// More is under way than the disk or a media worker keeps up with: new work is turned away until it has caught up.
void Core::check_overload() {
  const bool overloaded = outside_.store.backlog_full() || outside_.media.congested();
  endpoint_->set_overload(overloaded ? std::optional(overload_retry_after) : std::nullopt);
}

void Core::on_datagram(std::uint64_t listener, const Address& from, std::span<const std::uint8_t> bytes,
                       TimePoint now) {
  if (is_unwelcome(from.ip, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, now)) return;
  check_overload();
  endpoint_->on_datagram(static_cast<ListenerIndex>(listener), from, bytes, now);
}

void Core::on_open(ConnectionId id, ListenerIndex listener, const Address& local, const Address& remote,
                   TimePoint now) {
  connections_[id] = remote.ip;
  endpoint_->on_open(id, listener, local, remote, now);
}

void Core::on_message(ConnectionId id, std::string&& message, TimePoint now) {
  const auto from = connections_.find(id);
  if (from != connections_.end() && is_unwelcome(from->second, message, now)) return outside_.streams.close(id);
  check_overload();
  endpoint_->on_stream_message(id, std::move(message), now);
}

void Core::on_close(ConnectionId id, std::string_view reason, TimePoint now) {
  if (connections_.erase(id) == 0) note_failed_connection(reason, now);
  endpoint_->on_close(id, reason, now);
  registrar_->on_connection_closed(id);
}

/// A carrier that cannot be reached, or is not who it should be: the reason stands nowhere else. Phones that are gone
/// fail like that too, so at most one line in a while.
void Core::note_failed_connection(std::string_view reason, TimePoint now) {
  if (now < next_connection_warning_) return;
  next_connection_warning_ = now + connection_warning_interval;
  outside_.log.warning("a connection could not be made", {{"reason", std::string(reason)}});
}

void Core::on_resolved(transport::QueryId query, const transport::Answer& answer, TimePoint now) {
  endpoint_->on_resolved(query, answer, now);
}

bool Core::deliver_recordings(TimePoint now) {
  return recordings_->deliver(now);
}

bool Core::deliver_streams(TimePoint now) {
  return programs_->deliver(now);
}

void Core::on_recording_event(const recording::Event& event, TimePoint now) {
  call_recording_->on_recording_event(event, now);
  records_->on_recording_event(event, now);
  programs_->on_recording_event(event, now);
  if (recording_hook_) recording_hook_(event, now);
  const auto* const stopped = std::get_if<recording::Stopped>(&event);
  if (stopped == nullptr || stopped->reason == recording::StopReason::failed)
    return;  // failures are told where they are
  outside_.log.info("recording ended", {{"manifest", stopped->manifest},
                                        {"reason", recording::to_string(stopped->reason)},
                                        {"ms", std::to_string(stopped->duration_ms)}});
}

void Core::on_media_event(const media::Event& event, TimePoint now) {
  const auto* const done = std::get_if<media::Done>(&event);
  if (done != nullptr && fence_->on_done(*done, now)) return;
  calls_->on_media_event(event, now);
}

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

void Core::on_ack(const Message& ack, const transport::Source&, TimePoint now) {
  calls_->on_ack(ack, now);
}

void Core::on_cancel(TransactionId invite, const Message&, TimePoint now) {
  calls_->on_cancel(invite, now);
}

void Core::on_response(TransactionId id, std::uint64_t owner, const Message& response, transport::Origin origin,
                       TimePoint now) {
  if (apps::TrunkRegistrations::is_owner(owner))
    return trunk_registrations_->on_response(owner, id, response, origin, now);
  calls_->on_response(owner, id, response, origin, now);
}

void Core::on_server_end(TransactionId id, transport::ServerEnd why, TimePoint now) {
  calls_->on_server_end(id, why, now);
}

void Core::on_located(std::uint64_t owner, std::span<const transport::Hop> hops, TimePoint now) {
  if ((owner & trunk_owner) != 0) return take_trunk_addresses(owner & ~trunk_owner, hops);
  if (apps::TrunkRegistrations::is_owner(owner)) return trunk_registrations_->on_located(owner, hops, now);
  calls_->on_located(owner, hops, now);
}

void Core::on_call_event(const call::Event& event, TimePoint now) {
  hold_music_->on_call_event(event, now);
  prompts_->on_call_event(event);
  conferences_->on_call_event(event, now);
  parking_->on_call_event(event, now);
  transfers_->on_call_event(event, now);
  dialler_->on_call_event(event, now);
  records_->on_call_event(event, now);
  call_recording_->on_call_event(event, now);
  call_transcription_->on_call_event(event, now);
  programs_->on_call_event(event, now);
  if (call_hook_) call_hook_(event, now);
  if (ended_hook_ && std::holds_alternative<call::Ended>(event.body))
    if (const call::Call* const call = calls_->find(event.call)) ended_hook_(*call, now);
}

// ------------------------------------------------------------------------------------------------------------ operator

Result<std::vector<std::string>, std::string> Core::reload(config::Snapshot config, TimePoint now) {
  std::string fault;
  auto office = make_office(*config, &fault);
  if (office == nullptr) return fail(std::move(fault));
  auto restart = config::needs_restart(*started_with_, *config);
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
  tls_hosts_.clear();
  take_settings();
  take_speech();
  take_file_users();
  locate_trunks(now);
  if (!draining()) trunk_registrations_->set_accounts(trunk_accounts(*config_), now);
  return restart;
}

void Core::drain(seconds retry_after, TimePoint now) {
  admission_->set_draining(retry_after);
  trunk_registrations_->stop(now);
}

void Core::put_user(registrar::User user, const std::optional<std::string>& password, Stored stored, TimePoint now) {
  if (password) registrar::set_password(user, authenticator_->realm(), *password, outside_.hashes);
  const store::UserRow row = registrar::to_row(user, authenticator_->realm());
  changes_[next_change_] = [this, user = std::move(user), stored = std::move(stored)](bool ok, TimePoint) {
    if (ok) users_.put(user);
    stored(ok);
  };
  outside_.store.write(store::PutUser{row}, this, next_change_++, now);
}

void Core::remove_user(std::string username, Stored stored, TimePoint now) {
  changes_[next_change_] = [this, username, stored = std::move(stored)](bool ok, TimePoint then) {
    if (ok) {
      registrar_->forget(username, then);
      users_.remove(username);
    }
    stored(ok);
  };
  outside_.store.write(store::RemoveUser{std::move(username)}, this, next_change_++, now);
}

void Core::on_stored(std::uint64_t token, bool ok, TimePoint now) {
  const auto at = changes_.find(token);
  if (at == changes_.end()) return;
  const auto change = std::move(at->second);
  changes_.erase(at);
  change(ok, now);
}

Ledger Core::ledger() const {
  const call::CallLedger calls = calls_->ledger();
  Ledger out;
  out.calls = calls.calls;
  out.legs = calls.legs;
  out.ports = calls.ports;
  out.dialogs = calls.dialogs;
  out.dials = dialler_->size();
  out.conferences = conferences_->rooms();
  out.parked = parking_->size();
  out.plays = calls_->plays().size();
  out.recordings = recordings_->size();
  out.transcriptions = transcriptions_->size();
  out.programs = programs_->size();
  out.transactions = endpoint_->live().total();
  const std::size_t standing = own_timers_ + registrar_->registered_users() + trunk_registrations_->standing_timers();
  out.timers = outside_.timers.pending() > standing ? outside_.timers.pending() - standing : 0;
  out.unwritten = outside_.store.backlog();
  out.unregistering = trunk_registrations_->leaving();
  return out;
}

}  // namespace junctor::hub
