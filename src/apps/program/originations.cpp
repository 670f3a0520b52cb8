#include "apps/program/originations.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sip/text.hpp"
#include "sip/uri.hpp"

namespace junctor::apps::program {
namespace {

/// What the hub itself writes (RFC 3261 §8.1.1, §20), in lower case.
constexpr std::array<std::string_view, 17> own_headers = {"via",
                                                          "from",
                                                          "to",
                                                          "call-id",
                                                          "cseq",
                                                          "contact",
                                                          "route",
                                                          "record-route",
                                                          "max-forwards",
                                                          "authorization",
                                                          "content-type",
                                                          "content-length",
                                                          "require",
                                                          "allow",
                                                          "supported",
                                                          "user-agent",
                                                          "proxy-authorization"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_token(std::string_view name) {
  constexpr std::string_view others = "-.!%*_+`'~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
}

/// A URI with a user part as it is, else a number of whatever form; nothing: it has characters that no header may have.
std::optional<call::Party> party_of(const std::string& caller_id, const std::string& name) {
  if (!is_one_line(caller_id) || !is_one_line(name)) return std::nullopt;
  call::Party out;
  out.name = name;
  std::string text = caller_id;
  if (const auto uri = sip::Uri::parse(text); uri && uri->is_sip() && !uri->user.empty()) {
    out.number = sip::unescape(uri->user);
    out.uri = text;
    return out;
  }
  if (const auto scheme = text.find(':'); scheme != std::string::npos) text.erase(0, scheme + 1);
  text.erase(std::min(text.find_first_of("@;?"), text.size()));
  const auto first = text.find_first_not_of(' ');
  text = first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(' ') - first + 1);
  out.number = text.empty() ? "rwi" : text;
  return out;
}

std::string words_of(const call::Cause& why) {
  return std::to_string(why.status) + (why.text.empty() ? "" : ' ' + why.text);
}

}  // namespace

Originations::~Originations() {
  for (auto& [id, timer] : longest_) parts_.timers.cancel(timer);
}

Result<call::Headers, Failure> Originations::headers_of(const CallOriginate& c) const {
  call::Headers out;
  for (const auto& [name, value] : c.extra_headers) {
    const std::string key = lower(name);
    if (!is_token(name) || !is_one_line(value))
      return fail(
          invalid_params("\"extra_headers\": " + (is_token(name) ? name + " has a line break" : "not a header name")));
    if (std::ranges::find(own_headers, std::string_view(key)) != own_headers.end())
      return fail(invalid_params("\"extra_headers\": " + name + " is the hub's own"));
    const auto same = [&](const std::string& allowed) { return lower(allowed) == key; };
    if (!headers_.empty() && std::ranges::none_of(headers_, same))
      return fail(failed("forbidden", "header " + name + " is not in rwi.sip_header_passthrough.outbound"));
    out.emplace_back(name, value);
  }
  return out;
}

void Originations::run(const CallOriginate& c, const Requester& who, Reply<CallOriginate> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  std::vector<std::string> destinations = c.destinations;
  if (!c.destination.empty()) destinations.insert(destinations.begin(), c.destination);
  if (destinations.empty()) return reply(fail(invalid_params("\"destination\" is missing")), now);
  auto shown = party_of(c.caller_id, c.caller_name);
  if (!shown) return reply(fail(invalid_params("\"caller_id\" has characters that no header may have")), now);
  auto headers = headers_of(c);
  if (!headers) return reply(fail(std::move(headers.error())), now);
  if (!c.trunk.empty() && !who.trunks.empty() && std::ranges::find(who.trunks, c.trunk) == who.trunks.end())
    return reply(fail(failed("forbidden", "the token may not call through trunk " + c.trunk)), now);
  Waiting waiting;
  for (const std::string& destination : destinations) {
    auto targets = parts_.destinations.resolve(destination, c.trunk, shown->number, who.trunks);
    if (!targets) return reply(fail(std::move(targets.error())), now);
    if (c.strategy == Strategy::sequential || waiting.targets.empty()) waiting.targets.emplace_back();
    const std::size_t place = static_cast<std::size_t>(&destination - destinations.data());
    for (routing::Target& target : *targets) {
      if (c.strategy == Strategy::staggered)
        target.delay = seconds(static_cast<std::int64_t>(place) * ((c.stagger_ms + 999) / 1000));
      waiting.targets.back().push_back(std::move(target));
    }
  }
  for (const auto* const target : {&c.hold_music_target, &c.ringback_target}) {
    if (!*target) continue;
    const ProgramCall* const other = parts_.programs.find((*target)->id);
    const bool music = target == &c.hold_music_target;
    if (music && !other->answered) return reply(fail(invalid_state("hold_music_target is not answered")), now);
  }
  call::CallLabels labels;
  labels.direction = "outbound";
  labels.trunk = c.trunk;
  labels.variables = c.variables;
  call::Party callee;
  callee.number = destinations.front();
  const CallId id = parts_.calls.start_outgoing(*shown, callee, std::move(labels), now);
  ProgramCall& entry = parts_.programs.add(id, who.token, c.call_id.name, now);
  entry.ownership = Ownership::owned;
  parts_.programs.set_owner(entry, who.session);
  entry.began_here = true;
  entry.silent = true;
  entry.context = "default";
  entry.caller = shown->uri.empty() ? shown->number : shown->uri;
  entry.callee = destinations.front();
  entry.trunk = c.trunk;
  entry.variables = c.variables;
  waiting.wish = c;
  waiting.reply = std::move(reply);
  waiting.shown = std::move(*shown);
  waiting.headers = std::move(*headers);
  waiting_.emplace(id, std::move(waiting));
  ring_next(id, now);
}

void Originations::ring_next(CallId id, TimePoint now) {
  Waiting& waiting = waiting_.at(id);
  routing::Ring ring;
  ring.targets = waiting.targets.at(waiting.next++);
  ring.no_answer = seconds(waiting.wish.timeout_secs);
  Dialler::Outcome outcome;
  outcome.answered = [this, id](LegId leg, TimePoint then) { on_answered(id, leg, then); };
  outcome.failed = [this, id](const call::Cause& why, TimePoint then) { on_failed(id, why, then); };
  routing::Facts facts = parts_.destinations.facts(waiting.shown.number, waiting.wish.destination);
  parts_.dialler.ring_for(id, {}, waiting.shown, std::move(facts), std::move(ring), waiting.headers,
                          parts_.destinations.office(), std::move(outcome), now);
}

void Originations::on_calling(CallId id, TimePoint now) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end() || !at->second.reply) return;
  ProgramCall& entry = *parts_.programs.find(id);
  entry.silent = false;
  std::exchange(at->second.reply, nullptr)(CallOriginate::Done{{{}, id}}, now);
  events::CallCreated created{entry.context, entry.caller, entry.callee, std::nullopt};
  if (!entry.trunk.empty()) created.trunk = entry.trunk;
  parts_.events.publish({id, {}, {}, std::move(created)}, now);
  start_waiting_music(id, now);
}

void Originations::start_waiting_music(CallId id, TimePoint now) {
  Waiting& waiting = waiting_.at(id);
  const CallOriginate& c = waiting.wish;
  if (c.hold_music && c.hold_music_target) {
    ProgramCall* const target = parts_.programs.find(c.hold_music_target->id);
    if (target == nullptr || target->ended) return;
    waiting.music = parts_.playbacks.play(*target, *c.hold_music, [](const Failure&, TimePoint) {}, now);
    parts_.events.publish({target->id, {}, {}, events::MediaHoldStarted{}}, now);
  }
  ProgramCall* const target = c.ringback_target ? parts_.programs.find(c.ringback_target->id) : nullptr;
  if (target == nullptr || target->ended) return;
  if (c.ringback == Ringback::passthrough) (void)parts_.ringbacks.connect(*parts_.programs.find(id), *target, now);
  if (c.ringback != Ringback::local) return;
  if (!target->answered) (void)parts_.calls.progress_alone(target->id, target->leg, std::nullopt, now);
  waiting.music =
      parts_.playbacks.play(*target, {MediaSource::Type::ringback, {}, true}, [](const Failure&, TimePoint) {}, now);
}

void Originations::stop_waiting_music(const Waiting& waiting, CallId, TimePoint now) {
  if (waiting.music.empty()) return;
  const auto& target = waiting.wish.hold_music ? waiting.wish.hold_music_target : waiting.wish.ringback_target;
  parts_.playbacks.stop(target->id, waiting.music, now);
  if (waiting.wish.hold_music && parts_.programs.find(target->id) != nullptr)
    parts_.events.publish({target->id, {}, {}, events::MediaHoldStopped{}}, now);
}

void Originations::on_answered(CallId id, LegId leg, TimePoint now) {
  auto node = waiting_.extract(id);
  ProgramCall* const entry = parts_.programs.find(id);
  if (node.empty() || entry == nullptr) return;
  const call::Calls::Turn turn(parts_.calls, now);
  const Waiting& waiting = node.mapped();
  stop_waiting_music(waiting, id, now);
  parts_.ringbacks.stop(id, now);
  entry->leg = leg;
  if (!parts_.calls.settle(id, leg, now)) return;  // it has just gone: that is told of by itself
  (void)parts_.calls.seat_alone(id, leg, now);
  if (waiting.wish.record && record_) record_(*entry, *waiting.wish.record, now);
  const std::uint32_t longest = waiting.wish.max_duration_secs;
  if (longest > 0) longest_[id] = parts_.timers.schedule(now + seconds(longest), *this, id.counter);
}

void Originations::on_failed(CallId id, const call::Cause& why, TimePoint now) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end()) return;
  const call::Call* const call = parts_.calls.find(id);
  const bool ending = call == nullptr || call->ending();
  if (!ending && at->second.next < at->second.targets.size()) return ring_next(id, now);
  const call::Calls::Turn turn(parts_.calls, now);
  auto node = waiting_.extract(at);
  stop_waiting_music(node.mapped(), id, now);
  if (node.mapped().reply)
    node.mapped().reply(fail(failed("originate_failed", "originate_failed: " + words_of(why))), now);
  parts_.calls.hang_up(id, why, now, why.status == 0 ? call::HangupBy::hub : call::HangupBy::callee);
}

void Originations::on_timer(std::uint64_t token, TimePoint now) {
  const CallId id = parts_.calls.id_of(token);
  longest_.erase(id);
  parts_.calls.hang_up(id, {0, 16, "max_duration_secs is over"}, now);
}

// --------------------------------------------------------------------------------------------------------- further
// legs

void Originations::run(const CallLegAdd& c, const Requester& who, Reply<CallLegAdd> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (!entry.answered || entry.place != Place::alone || entry.held)
    return reply(fail(invalid_state("the call is not answered and alone")), now);
  if (legs_.contains(entry.id)) return reply(fail(invalid_state("another leg is being called")), now);
  const std::string name = c.leg_id.empty() ? "leg-" + std::to_string(entry.further_legs.size() + 1) : c.leg_id;
  if (entry.further_legs.contains(name))
    return reply(fail(failed("already_exists", "Leg already exists: " + name)), now);
  auto targets = parts_.destinations.resolve(c.target, {}, entry.caller, who.trunks);
  if (!targets) return reply(fail(std::move(targets.error())), now);
  const call::Leg* const far_end = parts_.programs.leg_of(entry);
  if (far_end == nullptr) return reply(fail(call_ended()), now);
  const CallId id = entry.id;
  legs_[id] = {name, std::move(reply), {}};
  routing::Ring ring;
  ring.targets = std::move(*targets);
  ring.no_answer = seconds(c.timeout_secs);
  Dialler::Outcome outcome;
  outcome.answered = [this, id](LegId leg, TimePoint then) { on_leg_answered(id, leg, then); };
  outcome.failed = [this, id](const call::Cause& why, TimePoint then) { on_leg_failed(id, why, then); };
  parts_.dialler.ring_for(id, entry.leg, far_end->far_end(), parts_.destinations.facts(entry.caller, c.target),
                          std::move(ring), {}, parts_.destinations.office(), std::move(outcome), now);
}

void Originations::on_leg_answered(CallId id, LegId leg, TimePoint now) {
  auto node = legs_.extract(id);
  ProgramCall* const entry = parts_.programs.find(id);
  if (node.empty() || entry == nullptr) return;
  entry->further_legs[node.mapped().name] = leg;
  call::Call* const call = parts_.calls.find(id);
  if (call::Leg* const made = call == nullptr ? nullptr : call->leg(leg)) made->kept = true;
  (void)parts_.calls.bridge(id, entry->leg, leg, now);
  parts_.events.publish({id, {}, {}, events::CallLegAnswered{node.mapped().name}}, now);
}

void Originations::on_leg_failed(CallId id, const call::Cause& why, TimePoint now) {
  auto node = legs_.extract(id);
  if (node.empty()) return;
  if (node.mapped().reply)
    return node.mapped().reply(fail(failed("originate_failed", "originate_failed: " + words_of(why))), now);
  events::CallLegRemoved removed{node.mapped().name, std::nullopt, why.text};
  if (why.status != 0) removed.sip_status = static_cast<std::uint32_t>(why.status);
  parts_.events.publish({id, {}, {}, std::move(removed)}, now);
}

// ------------------------------------------------------------------------------------------------------------- events

void Originations::on_call_event(const call::Event& event, TimePoint now) {
  if (const auto* calling = std::get_if<call::LegCalling>(&event.body)) {
    if (const auto leg = legs_.find(event.call); leg != legs_.end() && leg->second.reply) {
      leg->second.leg = calling->leg;
      std::exchange(leg->second.reply, nullptr)(CallLegAdd::Done{leg->second.name}, now);
      call::Call* const call = parts_.calls.find(event.call);
      const call::Leg* const made = call == nullptr ? nullptr : call->leg(calling->leg);
      parts_.events.publish(
          {event.call, {}, {}, events::CallLegAdded{leg->second.name, made == nullptr ? "" : made->uri()}}, now);
      return;
    }
    const auto at = waiting_.find(event.call);
    if (at == waiting_.end()) return;
    ProgramCall& entry = *parts_.programs.find(event.call);
    if (!entry.leg) entry.leg = calling->leg;
    return on_calling(event.call, now);
  }
  if (const auto* ringing = std::get_if<call::LegRinging>(&event.body)) {
    const auto at = waiting_.find(event.call);
    if (at == waiting_.end()) return;
    ProgramCall& entry = *parts_.programs.find(event.call);
    if (ringing->with_media) entry.leg = ringing->leg;
    if (ringing->with_media && at->second.wish.record && record_)
      record_(entry, *std::exchange(at->second.wish.record, std::nullopt), now);
    return;
  }
  if (std::holds_alternative<call::Ended>(event.body)) {
    if (const auto at = longest_.find(event.call); at != longest_.end()) {
      parts_.timers.cancel(at->second);
      longest_.erase(at);
    }
    if (waiting_.contains(event.call)) on_failed(event.call, std::get<call::Ended>(event.body).cause, now);
    if (legs_.contains(event.call)) on_leg_failed(event.call, std::get<call::Ended>(event.body).cause, now);
  }
}

}  // namespace junctor::apps::program
