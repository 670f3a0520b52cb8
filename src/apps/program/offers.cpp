#include "apps/program/offers.hpp"

#include <algorithm>
#include <utility>

#include "sip/text.hpp"

namespace junctor::apps::program {

namespace {

const call::Cause nobody_answered{480, 19, "no answer"};

}  // namespace

Offers::~Offers() {
  for (auto& [id, offer] : offers_) parts_.timers.cancel(offer.timer);
}

void Offers::set_contexts(std::vector<Context> contexts, std::vector<std::string> headers) {
  contexts_ = std::move(contexts);
  headers_ = std::move(headers);
}

std::optional<call::Cause> Offers::offer(CallId id, const std::string& name, const routing::Facts& facts,
                                         OfficeSnapshot office, TimePoint now) {
  const auto context = std::ranges::find(contexts_, name, &Context::name);
  call::Call* const call = parts_.calls.find(id);
  if (context == contexts_.end()) return call::Cause{480, 20, "no such context: " + name};
  if (call == nullptr) return call::Cause{500, 41, "the call is gone"};
  call::Leg* const leg = call->first_leg();
  leg->kept = true;
  ProgramCall& entry = parts_.programs.add(id, {}, {}, now);
  entry.context = name;
  entry.ownership = Ownership::offered;
  entry.inbound = true;
  entry.caller = call->caller().number;
  entry.callee = call->callee().number;
  entry.trunk = call->labels.trunk;
  entry.leg = leg->id();
  events::CallIncoming incoming;
  incoming.context = name;
  incoming.caller = entry.caller;
  incoming.callee = entry.callee;
  incoming.direction = "inbound";
  if (!entry.trunk.empty()) incoming.trunk = entry.trunk;
  if (!call->caller().name.empty()) incoming.caller_name = call->caller().name;
  incoming.claim_timeout_secs = static_cast<std::uint32_t>(context->no_answer_timeout.count());
  if (const sip::Message* const invite = leg->invite()) {
    for (const std::string& header : headers_)
      if (const auto value = invite->header(header)) incoming.sip_headers[header] = std::string(*value);
  }
  entry.announcement = std::make_shared<const events::CallIncoming>(incoming);
  Offer& made = offers_[id];
  made.context = *context;
  made.facts = facts;
  made.office = std::move(office);
  made.timer = parts_.timers.schedule(now + context->no_answer_timeout, *this, id.counter);
  (void)parts_.calls.ring(id, leg->id(), 180, now);  // the caller hears that somebody is being asked
  parts_.events.publish({id, {}, {}, std::move(incoming)}, now);
  return std::nullopt;
}

void Offers::on_timer(std::uint64_t token, TimePoint now) {
  const CallId id = parts_.calls.id_of(token);
  const auto at = offers_.find(id);
  const ProgramCall* const entry = parts_.programs.find(id);
  if (at == offers_.end() || entry == nullptr || entry->answered) return;
  if (at->second.has_tone) {
    parts_.calls.reject(id, entry->leg, nobody_answered, now);
    return;
  }
  if (entry->ownership == Ownership::offered) give_up(id, now);
}

void Offers::give_up(CallId id, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const auto at = offers_.find(id);
  ProgramCall* const entry = parts_.programs.find(id);
  if (at == offers_.end() || entry == nullptr || entry->ended) return;
  entry->announcement.reset();
  entry->ownership = Ownership::unowned;
  parts_.programs.set_owner(*entry, {});
  switch (at->second.context.no_answer) {
    case NoAnswer::hangup:
      parts_.calls.reject(id, entry->leg, nobody_answered, now);
      return;
    case NoAnswer::transfer:
      return transfer(id, at->second, now);
    case NoAnswer::play_tone:
      return play_tone(id, at->second, now);
  }
}

/// It goes where the context says as if it had been routed there.
void Offers::transfer(CallId id, const Offer& offer, TimePoint now) {
  const auto destination = routing::Destination::parse(offer.context.target);
  const Offer still = offer;
  offers_.erase(id);
  ProgramCall& entry = *parts_.programs.find(id);
  if (!destination) {
    parts_.calls.reject(id, entry.leg, {500, 41, "no_answer_transfer_target is none"}, now);
    return;
  }
  entry.place = Place::elsewhere;
  if (call::Call* const call = parts_.calls.find(id)) call->first_leg()->kept = false;
  routing::Decision decision;
  decision.action = routing::resolve(*still.office->tables, parts_.directory, *destination, still.facts);
  decision.to = still.facts.to;
  parts_.dialler.begin(id, still.facts, std::move(decision), still.office, now);
}

void Offers::play_tone(CallId id, Offer& offer, TimePoint now) {
  ProgramCall& entry = *parts_.programs.find(id);
  if (!parts_.calls.progress_alone(id, entry.leg, std::nullopt, now)) {
    parts_.calls.reject(id, entry.leg, nobody_answered, now);
    return;
  }
  offer.has_tone = true;
  offer.timer = parts_.timers.schedule(now + tone_time, *this, id.counter);
  parts_.playbacks.play(
      entry, {MediaSource::Type::ringback, {}, true},
      [this, id](const Failure&, TimePoint then) {
        if (const ProgramCall* const still = parts_.programs.find(id))
          parts_.calls.reject(id, still->leg, nobody_answered, then);
      },
      now);
}

void Offers::on_call_event(const call::Event& event, TimePoint) {
  const bool answered = std::holds_alternative<call::Answered>(event.body);
  if (!answered && !std::holds_alternative<call::Ended>(event.body)) return;
  const auto at = offers_.find(event.call);
  if (at == offers_.end()) return;
  parts_.timers.cancel(at->second.timer);
  offers_.erase(at);
  if (ProgramCall* const entry = parts_.programs.find(event.call)) entry->announcement.reset();
}

}  // namespace junctor::apps::program
