#include "hub/operator.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "apps/leg_quality.hpp"
#include "base/saved_state.hpp"
#include "hub/programs.hpp"
#include "hub/version.hpp"

namespace junctor::hub {

using control::Failure;

namespace {

std::string state_of(const call::Call& call) {
  if (call.ending()) return "ended";
  return call.answer_time() ? "answered" : "ringing";
}

std::string_view word(call::LegState state) {
  switch (state) {
    case call::LegState::locating:
      return "locating";
    case call::LegState::calling:
      return "calling";
    case call::LegState::ringing:
      return "ringing";
    case call::LegState::answered:
      return "answered";
    case call::LegState::established:
      return "established";
    case call::LegState::leaving:
      return "leaving";
    case call::LegState::ended:
      return "ended";
  }
  return "";
}

/// As commands and the configuration write it: "udp".
std::string word(transport::Protocol protocol) {
  std::string out(transport::to_string(protocol));
  for (char& c : out) c = static_cast<char>(c | 0x20);
  return out;
}

Core::Stored answer_when_stored(control::Reply<void> reply) {
  return [reply = std::move(reply)](bool ok) {
    if (ok) return reply({});
    reply(fail(Failure{"store_failed", "the database did not take it"}));
  };
}

std::string words_of(const media::VoiceProcessing& processing) {
  constexpr std::array<std::string_view, 4> levels = {"off", "low", "moderate", "high"};
  std::string out;
  const auto add = [&](std::string_view what) { out += (out.empty() ? "" : ", ") + std::string(what); };
  const auto noise = processing.sound.noise_suppression;
  if (noise != audio::NoiseSuppression::off)
    add("noise suppression " + std::string(levels[static_cast<std::size_t>(noise)]));
  if (processing.sound.automatic_gain) add("automatic gain");
  if (processing.events) add("voice events");
  return out;
}

}  // namespace

control::CallInfo Operator::describe(const call::Call& call) const {
  const WallClock& wall = core_.wall();
  control::CallInfo out;
  out.id = to_string(call.id());
  out.direction = call.labels.direction;
  out.state = state_of(call);
  out.from = call.caller().number;
  out.from_name = call.caller().name;
  out.to = call.callee().number;
  out.trunk = call.labels.trunk;
  out.route = call.labels.route;
  out.start = wall.at(call.start());
  if (call.answer_time()) out.answer = wall.at(*call.answer_time());
  if (call.end_time()) out.end = wall.at(*call.end_time());
  for (const call::LegFacts& leg : call.all_legs()) {
    control::LegInfo info;
    info.kind = to_string(leg.kind);
    info.direction = leg.direction == call::LegDirection::inbound ? "inbound" : "outbound";
    info.state = word(leg.state);
    info.uri = leg.uri;
    info.sip_call_id = leg.sip_call_id;
    info.codec = leg.codec;
    info.srtp = leg.srtp;
    if (leg.address) info.address = to_string(leg.address);
    info.packets_sent = leg.stats.packets_out;
    info.packets_received = leg.stats.packets_in;
    info.packets_lost = leg.stats.lost;
    info.jitter_ms = static_cast<double>(leg.stats.jitter_ms);
    info.mos = static_cast<double>(leg.stats.mos);
    info.path = media::to_string(leg.stats.path);
    info.codec_plan = leg.codec_plan;
    info.voice_processing = words_of(leg.voice_processing);
    info.voice = leg.voice;
    info.verdict = leg.verdict;
    info.quality = apps::quality_of(leg);
    out.legs.push_back(std::move(info));
  }
  return out;
}

void Operator::forget_old(TimePoint now) {
  const Duration keep = core_.config().records.messages_secs;
  while (!ended_.empty() && now - ended_.front().at > keep) forget_oldest();
}

void Operator::forget_oldest() {
  ended_bytes_.erase_begin(ended_.front().length);
  ended_.pop_front();
}

void Operator::on_ended(const call::Call& call, TimePoint now) {
  Saver saver;
  saver(describe(call));
  const std::string saved = saver.take();
  if (saved.size() > ended_bytes_max) return;
  while (ended_.full() || ended_bytes_.reserve() < saved.size()) forget_oldest();
  ended_bytes_.insert(ended_bytes_.end(), saved.begin(), saved.end());
  ended_.push_back({now, call.id(), saved.size()});
}

control::Status Operator::status(TimePoint now) {
  const Ledger ledger = core_.ledger();
  control::Status out;
  out.version = version;
  out.pid = process_.pid;
  out.started = process_.started;
  out.uptime = std::chrono::floor<seconds>(now - process_.started_at);
  out.draining = core_.draining();
  out.calls = ledger.calls;
  out.legs = ledger.legs;
  out.registrations = core_.registrar().bindings();
  out.users = core_.users().size();
  out.trunks = core_.office().trunks.size();
  out.transactions = ledger.transactions;
  out.media_ports = ledger.ports;
  out.store_backlog = ledger.unwritten;
  out.rwi_sessions = core_.programs().gateway().sessions().size();
  out.turns = process_.turns();
  out.work = process_.work();
  out.ticks = process_.ticks();
  out.longest_turn = process_.longest_turn();
  out.longest_work = process_.longest_work();
  out.listeners = process_.listeners;
  out.config_files = process_.config_files;
  for (const auto& blocked : core_.guard().blocked(now))
    out.blocked.push_back(
        {blocked.address, std::chrono::ceil<seconds>(blocked.left), blocked.scanner, blocked.dropped});
  out.counters = core_.counters().snapshot();
  return out;
}

std::vector<control::CallInfo> Operator::calls(TimePoint) {
  std::vector<control::CallInfo> out;
  core_.calls().for_each([&](const call::Call& call) {
    if (out.size() < listed_max) out.push_back(describe(call));
  });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  return out;
}

std::optional<control::CallInfo> Operator::known_call(const std::string& id) const {
  const CallId known = parse_call_id(id);
  if (const call::Call* const call = core_.calls().find(known)) return describe(*call);
  auto begin = ended_bytes_.begin();
  for (const EndedCall& ended : ended_) {
    const auto end = begin + static_cast<std::ptrdiff_t>(ended.length);
    if (ended.id == known) {
      control::CallInfo info;
      const std::string saved(begin, end);
      Loader{saved}(info);
      return info;
    }
    begin = end;
  }
  return std::nullopt;
}

void Operator::find_call(std::string id, bool with_messages, control::Reply<control::CallDetail> reply, TimePoint now) {
  forget_old(now);
  const auto answer = [this, id, with_messages, reply = std::move(reply)](TimePoint) {
    const auto known = known_call(id);
    if (!known) return reply(fail(Failure{"not_found", "no such call: " + id}));
    control::CallDetail out;
    out.call = *known;
    if (with_messages) out.messages = messages_of(*known);
    reply(std::move(out));
  };
  std::vector<const call::Leg*> legs;
  if (const call::Call* const call = core_.calls().find(parse_call_id(id)))
    for (const auto& leg : call->legs()) legs.push_back(leg.get());
  core_.fence().after(legs, answer, now);
}

std::vector<control::SipMessage> Operator::messages_of(const control::CallInfo& call) const {
  std::vector<control::SipMessage> out;
  std::vector<std::string> call_ids;
  for (const control::LegInfo& leg : call.legs) call_ids.push_back(leg.sip_call_id);
  for (auto& message : core_.messages().find(call_ids)) {
    control::SipMessage shown;
    shown.at = core_.wall().at(message.at);
    shown.sent = message.direction == transport::Direction::sent;
    shown.transport = word(message.protocol);
    shown.local = message.local;
    shown.remote = message.remote;
    shown.bytes = std::move(message.text);
    out.push_back(std::move(shown));
  }
  return out;
}

std::vector<control::Registration> Operator::registrations(TimePoint now) {
  std::vector<control::Registration> out;
  for (const registrar::Registration& from : core_.registrar().list(listed_max, now)) {
    control::Registration to;
    to.user = from.user;
    to.contact = from.contact.uri;
    to.transport = word(static_cast<transport::Protocol>(from.contact.reach.protocol));
    to.address = to_string(from.contact.reach.remote);
    to.user_agent = from.contact.user_agent;
    for (const std::string& path : from.contact.path) to.path += (to.path.empty() ? "" : ", ") + path;
    to.expires = seconds(from.contact.expires_secs);
    out.push_back(std::move(to));
  }
  return out;
}

std::vector<control::TrunkInfo> Operator::trunks(TimePoint now) {
  std::vector<control::TrunkInfo> out;
  for (const config::Trunk& trunk : core_.config().trunks) {
    control::TrunkInfo info;
    info.name = trunk.name;
    info.host = trunk.host;
    info.transport = trunk.transport == config::TrunkTransport::udp   ? "udp"
                     : trunk.transport == config::TrunkTransport::tcp ? "tcp"
                                                                      : "tls";
    info.state = "static";
    if (const auto facts = core_.trunk_registrations().find(trunk.name, now)) {
      info.state = to_string(facts->state);
      info.reason = facts->reason;
      if (facts->next_try) info.next_try = std::chrono::ceil<seconds>(*facts->next_try - now);
      if (facts->expires) info.expires = std::chrono::floor<seconds>(*facts->expires - now);
    }
    info.max_calls = trunk.max_calls;
    const std::string label = "trunk:" + trunk.name;
    core_.calls().for_each([&](const call::Call& call) {
      const auto& legs = call.legs();
      if (std::any_of(legs.begin(), legs.end(), [&](const auto& leg) { return leg->label == label; })) ++info.calls;
    });
    out.push_back(std::move(info));
  }
  return out;
}

std::vector<control::UserInfo> Operator::users(TimePoint now) {
  std::unordered_map<std::string, std::uint64_t> contacts;
  for (const registrar::Registration& registration : core_.registrar().list(listed_max, now))
    ++contacts[registration.user];
  std::vector<control::UserInfo> out;
  core_.users().for_each([&](const registrar::User& user) {
    if (out.size() == listed_max) return;
    const auto registered = contacts.find(user.username);
    out.push_back({user.username, user.display_name, user.from_file, user.voicemail, user.ring_secs,
                   registered == contacts.end() ? 0 : registered->second});
  });
  return out;
}

control::Explanation Operator::explain(const control::ExplainRequest& request) {
  routing::Facts facts;
  facts.from = request.from;
  facts.to = request.to;
  if (!request.trunk.empty()) {
    facts.origin = routing::Origin::trunk;
    facts.trunk = request.trunk;
  } else if (core_.users().find(request.from) != nullptr) {
    facts.origin = routing::Origin::user;
    facts.user = request.from;
  }
  control::Explanation out;
  const auto decision = routing::decide(*core_.office().tables, core_.directory(), facts, &out.trace);
  out.action = routing::to_string(decision.action);
  out.direction = to_string(decision.direction);
  out.to = decision.to;
  out.route = decision.route;
  return out;
}

void Operator::start_call(std::string from, std::string to, control::Reply<std::string> reply, TimePoint now) {
  if (core_.draining()) return reply(fail(Failure{"draining", "the hub takes no new calls"}));
  core_.programs().click_to_dial().start(
      from, to,
      [reply = std::move(reply)](const Result<CallId, apps::program::Failure>& id) {
        if (id) return reply(to_string(*id));
        reply(fail(Failure{id.error().code, id.error().message}));
      },
      now);
}

void Operator::hang_up(const std::string& id, control::Reply<void> reply, TimePoint now) {
  const call::Cause why{480, 16, "ended by the operator"};
  if (core_.calls().hang_up(parse_call_id(id), why, now)) return reply({});
  reply(fail(Failure{"not_found", "no such call: " + id}));
}

void Operator::list_records(store::CallFilter filter, control::Reply<std::vector<store::CallRecord>> reply,
                            TimePoint now) {
  core_.store().list_calls(
      std::move(filter),
      [reply = std::move(reply)](const Result<std::vector<store::CallRecord>, std::string>& rows, TimePoint) {
        if (rows) return reply(*rows);
        reply(fail(Failure{"store_failed", rows.error()}));
      },
      now);
}

void Operator::find_record(std::string id, control::Reply<std::optional<store::CallRecord>> reply, TimePoint now) {
  core_.store().find_call(
      std::move(id),
      [reply = std::move(reply)](Result<std::optional<store::CallRecord>, std::string> row, TimePoint) {
        if (row) return reply(std::move(*row));
        reply(fail(Failure{"store_failed", row.error()}));
      },
      now);
}

void Operator::reload(control::Reply<control::ReloadReport> reply, TimePoint now) {
  auto config = process_.load_config();
  control::ReloadReport report;
  if (!config) {
    report.faults = std::move(config.error());
    return reply(std::move(report));
  }
  report.faults = process_.take_certificates(**config);
  if (!report.faults.empty()) return reply(std::move(report));
  auto restart = core_.reload(std::move(*config), now);
  if (restart) {
    report.needs_restart = std::move(*restart);
  } else {
    report.faults.push_back(std::move(restart.error()));
  }
  reply(std::move(report));
}

void Operator::drain(std::optional<seconds> timeout, control::Reply<control::DrainReport> reply, TimePoint now) {
  const seconds time = timeout.value_or(core_.config().hub.drain_secs);
  process_.drain(time, now);
  reply(control::DrainReport{core_.ledger().calls, time});
}

void Operator::add_user(control::NewUser user, control::Reply<void> reply, TimePoint now) {
  if (core_.users().find(user.username) != nullptr)
    return reply(fail(Failure{"already_exists", "user " + user.username + " exists"}));
  registrar::User made;
  made.username = std::move(user.username);
  made.display_name = std::move(user.display_name);
  core_.put_user(std::move(made), user.password, answer_when_stored(std::move(reply)), now);
}

void Operator::change_user(control::UserChange change, control::Reply<void> reply, TimePoint now) {
  const std::string& username = change.username;
  const registrar::User* const user = core_.users().find(username);
  if (user == nullptr) return reply(fail(Failure{"not_found", "no such user: " + username}));
  if (user->from_file)
    return reply(fail(Failure{"wrong_state", "user " + username + " is in the configuration file; change it there"}));
  registrar::User changed = *user;
  if (change.display_name) changed.display_name = std::move(*change.display_name);
  core_.put_user(std::move(changed), change.password, answer_when_stored(std::move(reply)), now);
}

void Operator::remove_user(std::string username, control::Reply<void> reply, TimePoint now) {
  const registrar::User* const user = core_.users().find(username);
  if (user == nullptr) return reply(fail(Failure{"not_found", "no such user: " + username}));
  if (user->from_file)
    return reply(fail(Failure{"wrong_state", "user " + username + " is in the configuration file; remove it there"}));
  core_.remove_user(username, answer_when_stored(std::move(reply)), now);
}

}  // namespace junctor::hub
