#include "hub/tables.hpp"

#include "base/address.hpp"

namespace junctor::hub {
namespace {

std::string_view word(config::TrunkTransport transport) {
  switch (transport) {
    case config::TrunkTransport::udp:
      return "udp";
    case config::TrunkTransport::tcp:
      return "tcp";
    case config::TrunkTransport::tls:
      return "tls";
  }
  return "";
}

std::optional<routing::Direction> direction_of(config::MatchDirection direction) {
  switch (direction) {
    case config::MatchDirection::any:
      return std::nullopt;
    case config::MatchDirection::inbound:
      return routing::Direction::inbound;
    case config::MatchDirection::outbound:
      return routing::Direction::outbound;
    case config::MatchDirection::internal:
      return routing::Direction::internal;
  }
  return std::nullopt;
}

routing::ActionKind action_of(config::RouteAction action) {
  using config::RouteAction;
  switch (action) {
    case RouteAction::ring:
      return routing::ActionKind::ring;
    case RouteAction::dial:
      return routing::ActionKind::dial;
    case RouteAction::queue:
      return routing::ActionKind::queue;
    case RouteAction::ivr:
      return routing::ActionKind::ivr;
    case RouteAction::voicemail:
      return routing::ActionKind::voicemail;
    case RouteAction::conference:
      return routing::ActionKind::conference;
    case RouteAction::rwi:
      return routing::ActionKind::rwi;
    case RouteAction::reject:
      return routing::ActionKind::reject;
    case RouteAction::app:
      return routing::ActionKind::app;
  }
  return routing::ActionKind::reject;
}

routing::RouteEntry route_entry(const config::Route& route) {
  routing::RouteEntry entry;
  entry.name = route.name;
  entry.priority = route.priority;
  entry.match = {route.match.trunk, route.match.to, route.match.from, direction_of(route.match.direction),
                 route.match.method};
  entry.action = action_of(route.action);
  entry.target = route.target;
  for (const config::RouteTarget& target : route.targets)
    entry.targets.push_back({target.target, target.delay_secs, target.ring_secs});
  entry.code = static_cast<int>(route.code);
  entry.no_answer = route.no_answer_secs;
  entry.on_no_answer = route.on_no_answer;
  return entry;
}

/// A trunk whose host is an address is known by it at once; a name is looked up later.
std::optional<IpAddress> literal_host(const std::string& host) {
  if (const auto address = Address::parse(host)) return address->ip;
  return IpAddress::parse(host);
}

call::SrtpPolicy policy_of(config::Srtp srtp) {
  switch (srtp) {
    case config::Srtp::off:
      break;
    case config::Srtp::optional:
      return call::SrtpPolicy::optional;
    case config::Srtp::required:
      return call::SrtpPolicy::required;
  }
  return call::SrtpPolicy::off;
}

media::VoiceProcessing processing_of(const config::Config& config, const config::VoiceProcessing& wanted) {
  static_assert(static_cast<int>(config::NoiseSuppression::high) == static_cast<int>(audio::NoiseSuppression::high));
  media::VoiceProcessing out;
  out.sound.noise_suppression = static_cast<audio::NoiseSuppression>(wanted.noise_suppression);
  out.sound.automatic_gain = wanted.automatic_gain;
  out.events = wanted.events;
  out.limits = {config.voice.silence_ms, config.voice.dead_air_ms};
  return out;
}

apps::Trunk trunk_of(const config::Config& config, const config::Trunk& trunk) {
  apps::Trunk out;
  out.name = trunk.name;
  out.host = trunk.host;
  out.sources = trunk.sources;
  if (const auto ip = literal_host(trunk.host)) {
    const std::uint8_t whole = ip->family == Family::v4 ? 32 : 128;
    out.sources.push_back({*ip, whole});
  }
  if (!trunk.username.empty()) {
    sip::digest::Account account;
    account.username = trunk.username;
    account.password = trunk.password.value;
    out.account = std::move(account);
  }
  out.codecs = trunk.codecs;
  out.max_calls = trunk.max_calls;
  out.srtp = policy_of(srtp_of(config, trunk.srtp));
  out.voice = processing_of(config, trunk.voice);
  return out;
}

/// A host of the configuration without its port, as it stands in a URI.
std::string domain_of(const std::string& host) {
  if (const auto ip = literal_host(host)) return ip->family == Family::v6 ? '[' + to_string(*ip) + ']' : to_string(*ip);
  return host.substr(0, host.find(':'));
}

recording::Layout layout_of(config::RecordingLayout layout) {
  switch (layout) {
    case config::RecordingLayout::mono:
      return recording::Layout::mono;
    case config::RecordingLayout::stereo:
      return recording::Layout::stereo;
    case config::RecordingLayout::per_leg:
      break;
  }
  return recording::Layout::per_leg;
}

apps::RecordingRules recording_rules(const config::Config& config) {
  const config::Recording& from = config.recording;
  return {.folder = recordings_folder(config),
          .calls = from.calls,
          .opus = from.format == config::RecordingFormat::opus,
          .layout = layout_of(from.layout),
          .length_max = from.max_secs,
          .beep_every = from.beep_secs};
}

apps::TranscriptionRules transcription_rules(const config::Transcription& from) {
  if (from.engine == config::TranscriptionEngine::none) return {};
  const bool deepgram = from.engine == config::TranscriptionEngine::deepgram;
  return {.engine = transcription::make_engine(
              {.dialect = deepgram ? transcription::Dialect::deepgram : transcription::Dialect::vosk,
               .url = from.url,
               .token = from.token.value,
               .language = from.language,
               .interim = from.interim,
               .ca_file = from.ca_file}),
          .language = from.language,
          .calls = from.calls};
}

}  // namespace

std::string recordings_folder(const config::Config& config) {
  return config.recording.dir.empty() ? config.hub.data_dir + "/recordings" : config.recording.dir;
}

routing::Definition routing_definition(const config::Config& config) {
  routing::Definition out;
  for (const config::Route& route : config.routes) out.routes.push_back(route_entry(route));
  for (const config::Trunk& trunk : config.trunks)
    out.trunks.push_back({trunk.name, trunk.host, std::string(word(trunk.transport)), trunk.numbers});
  const config::Features& f = config.features;
  out.features = {f.echo, f.tone,       f.voicemail, f.voicemail_any, f.group_pickup, f.directed_pickup,
                  f.park, f.park_first, f.park_last};
  out.domains = config.hub.domains;
  for (const IpAddress& ip : config.network.public_ip) out.local_hosts.push_back(to_string(ip));
  for (const config::Conference& conference : config.conferences)
    out.conferences.push_back({conference.name, conference.numbers});
  for (const config::Queue& queue : config.queues) out.queues.push_back(queue.name);
  for (const config::Ivr& ivr : config.ivr) out.ivr.push_back(ivr.name);
  for (const config::RwiContext& context : config.rwi.contexts) out.contexts.push_back(context.name);
  return out;
}

std::vector<routing::Fault> routing_faults(const config::Config& config) {
  const routing::Definition definition = routing_definition(config);
  std::vector<routing::Fault> faults = routing::compile(definition).faults;
  const auto check = [&](const std::string& path, const std::string& text) {
    routing::validate_destination(definition, path, text, faults);
  };
  for (std::size_t i = 0; i < config.users.size(); ++i) {
    const std::string path = "users[" + std::to_string(i) + "].forward.";
    const config::Forward& forward = config.users[i].forward;
    check(path + "busy", forward.busy);
    check(path + "no_answer", forward.no_answer);
    check(path + "always", forward.always);
    check(path + "unregistered", forward.unregistered);
  }
  for (std::size_t i = 0; i < config.queues.size(); ++i)
    check("queues[" + std::to_string(i) + "].overflow", config.queues[i].overflow);
  for (std::size_t i = 0; i < config.ivr.size(); ++i) {
    const std::string path = "ivr[" + std::to_string(i) + "].";
    for (const auto& [digits, target] : config.ivr[i].options) check(path + "options." + digits, target);
    check(path + "on_timeout", config.ivr[i].on_timeout);
    check(path + "on_invalid", config.ivr[i].on_invalid);
  }
  return faults;
}

std::vector<apps::TrunkAccount> trunk_accounts(const config::Config& config) {
  std::vector<apps::TrunkAccount> out;
  for (const config::Trunk& trunk : config.trunks) {
    if (!trunk.register_) continue;
    apps::TrunkAccount account;
    account.trunk = trunk.name;
    account.domain = domain_of(trunk.host);
    account.registrar = "sip:" + (IpAddress::parse(trunk.host) ? account.domain : trunk.host);
    if (trunk.transport != config::TrunkTransport::udp)
      account.registrar += ";transport=" + std::string(word(trunk.transport));
    account.account = *trunk_of(config, trunk).account;  // the configuration has been checked: it has a username
    account.expires = trunk.register_expires_secs;
    out.push_back(std::move(account));
  }
  return out;
}

apps::OfficeSnapshot make_office(const config::Config& config, std::string* fault) {
  auto office = std::make_shared<apps::Office>();
  const routing::Compiled compiled = routing::compile(routing_definition(config));
  if (!compiled.tables) {
    if (fault != nullptr && !compiled.faults.empty())
      *fault = compiled.faults.front().path + ": " + compiled.faults.front().message;
    return nullptr;
  }
  office->tables = compiled.tables;
  for (const config::Trunk& trunk : config.trunks) office->trunks.push_back(trunk_of(config, trunk));
  for (const config::Conference& room : config.conferences)
    office->conferences.push_back(
        {room.name, room.pin.value, room.moderator_pin.value, room.max_members, room.record, room.tones});
  office->recording = recording_rules(config);
  office->transcription = transcription_rules(config.transcription);
  office->park_lots = {config.features.park_first, config.features.park_last};
  office->domains = config.hub.domains;
  office->max_calls = config.hub.max_calls;
  office->srtp = policy_of(config.rtp.srtp);
  for (const config::User& user : config.users)
    if (user.srtp != config::PeerSrtp::standard)
      office->srtp_of_users.emplace(user.username, policy_of(srtp_of(config, user.srtp)));
  for (const config::User& user : config.users)
    if (user.voice != config::VoiceProcessing{})
      office->voice_of_users.emplace(user.username, processing_of(config, user.voice));
  return office;
}

std::vector<registrar::User> file_users(const config::Config& config, std::string_view realm,
                                        const sip::digest::HashFunctions& hashes) {
  std::vector<registrar::User> out;
  for (const config::User& from : config.users) {
    registrar::User user;
    user.username = from.username;
    user.display_name = from.display_name;
    user.voicemail = from.voicemail;
    user.forward_to({from.forward.busy, from.forward.no_answer, from.forward.always, from.forward.unregistered});
    user.ring_secs = static_cast<std::uint32_t>(from.ring_secs.count());
    user.from_file = true;
    if (from.ha1.empty()) {
      registrar::set_password(user, realm, from.password.value, hashes);
    } else {
      user.ha1_md5 = registrar::Ha1<16>(from.ha1.md5);
      user.ha1_sha256 = registrar::Ha1<32>(from.ha1.sha256);
      user.ha1_sha512_256 = registrar::Ha1<32>(from.ha1.sha512_256);
    }
    out.push_back(std::move(user));
  }
  return out;
}

transport::AdvertiseRules advertise_rules(const config::Config& config) {
  return {config.network.public_ip, config.network.local_networks};
}

registrar::RegistrarSettings registrar_settings(const config::Config& config) {
  registrar::RegistrarSettings out;
  out.domains = config.hub.domains;
  out.expires_default_secs = static_cast<std::uint32_t>(config.sip.register_expires_secs.count());
  out.expires_min_secs = static_cast<std::uint32_t>(config.sip.register_expires_min_secs.count());
  out.expires_max_secs = static_cast<std::uint32_t>(config.sip.register_expires_max_secs.count());
  out.contacts_max = config.sip.contacts_max;
  return out;
}

}  // namespace junctor::hub
