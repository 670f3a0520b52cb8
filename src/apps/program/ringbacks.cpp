#include "apps/program/ringbacks.hpp"

#include <utility>

namespace junctor::apps::program {

void Ringbacks::run(const CallSetRingbackSource& c, const Requester&, Reply<CallSetRingbackSource> reply,
                    TimePoint now) {
  ProgramCall& target = *parts_.programs.find(c.target_call_id.id);
  ProgramCall& source = *parts_.programs.find(c.source_call_id.id);
  const call::Calls::Turn turn(parts_.calls, now);
  if (auto why = connect(source, target, now)) return reply(fail(std::move(*why)), now);
  const call::Leg* const leg = parts_.programs.leg_of(target);
  parts_.fence.after(*leg, [reply = std::move(reply)](TimePoint then) { reply(NoData{}, then); }, now);
}

std::optional<Failure> Ringbacks::connect(ProgramCall& source, ProgramCall& target, TimePoint now) {
  if (source.id == target.id) return invalid_params("source and target are the same call");
  if (source.answered || source.inbound) return invalid_state("the source is not a call that is ringing");
  const call::Leg* const leg = parts_.programs.leg_of(target);
  if (leg == nullptr || target.held || target.place != Place::alone) return invalid_state("the target is not alone");
  if (!target.answered && leg->local() == nullptr) {
    if (const auto done = parts_.calls.progress_alone(target.id, target.leg, std::nullopt, now); !done)
      return refused(done.error());
  }
  if (pairs_.contains(target.id)) end(target.id, now);
  Pair& pair = pairs_[target.id];
  pair.source = source.id;
  pass_on(target.id, pair, now);
  return std::nullopt;
}

void Ringbacks::pass_on(CallId target_id, Pair& pair, TimePoint now) {
  ProgramCall* const source = parts_.programs.find(pair.source);
  ProgramCall* const target = parts_.programs.find(target_id);
  call::Leg* const from = source == nullptr ? nullptr : parts_.programs.leg_of(*source);
  call::Leg* const to = target == nullptr ? nullptr : parts_.programs.leg_of(*target);
  if (from == nullptr || to == nullptr || !from->port_is_open() || !to->port_is_open() || !from->media_answered())
    return;
  if (pair.mixer != nullptr) return;
  pair.mixer = std::make_unique<call::Mixer>(parts_.calls.plays(), to->port()->worker);
  for (ProgramCall* const each : {source, target}) (void)parts_.calls.seat_early(each->id, each->leg, *pair.mixer, now);
  // Whoever rings does not hear who waits.
  pair.mixer->set_voice(*to, {.input_gain = 0});
  parts_.events.publish(
      {{}, {source->id, target_id}, {}, events::RingbackPassthroughStarted{{{}, source->id}, {{}, target_id}}}, now);
}

void Ringbacks::end(CallId target_id, TimePoint now) {
  auto node = pairs_.extract(target_id);
  if (node.empty()) return;
  Pair& pair = node.mapped();
  ProgramCall* const target = parts_.programs.find(target_id);
  ProgramCall* const source = parts_.programs.find(pair.source);
  const bool was_heard = pair.mixer != nullptr;
  for (const ProgramCall* const each : {source, target})
    if (was_heard && each != nullptr) (void)parts_.calls.seat_alone(each->id, each->leg, now);
  pair.mixer.reset();
  if (was_heard)
    parts_.events.publish(
        {{}, {pair.source, target_id}, {}, events::RingbackPassthroughStopped{{{}, pair.source}, {{}, target_id}}},
        now);
}

void Ringbacks::stop(CallId call, TimePoint now) {
  end(call, now);
  std::vector<CallId> targets;
  for (const auto& [target, pair] : pairs_)
    if (pair.source == call) targets.push_back(target);
  for (const CallId target : targets) end(target, now);
}

void Ringbacks::on_call_event(const call::Event& event, TimePoint now) {
  if (std::holds_alternative<call::LegRinging>(event.body)) {
    for (auto& [target, pair] : pairs_)
      if (pair.source == event.call) pass_on(target, pair, now);
    return;
  }
  if (std::holds_alternative<call::Answered>(event.body) || std::holds_alternative<call::Ended>(event.body)) {
    std::vector<CallId> targets;
    for (const auto& [target, pair] : pairs_)
      if (pair.source == event.call) targets.push_back(target);
    for (const CallId target : targets) end(target, now);
  }
  if (std::holds_alternative<call::Ended>(event.body)) end(event.call, now);
}

}  // namespace junctor::apps::program
