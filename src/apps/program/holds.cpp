#include "apps/program/holds.hpp"

#include <utility>

namespace junctor::apps::program {
namespace {

Failure refused_by_far_end(const call::Reply& reply) {
  if (reply.status == 0) return call_ended();
  const std::string status = std::to_string(reply.status);
  return failed("sip_" + status, "the far end answered " + status + " to the re-INVITE");
}

}  // namespace

void Holds::run(const CallHold& c, const Requester&, Reply<CallHold> reply, TimePoint now) {
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const call::Leg* const leg = parts_.programs.leg_of(entry, c.leg_id);
  if (leg == nullptr) return reply(fail(failed("not_found", "Leg not found: " + c.leg_id)), now);
  if (!leg->is_up()) return reply(fail(invalid_state("the call is not answered")), now);
  if (leg->held()) return reply(fail(invalid_state("the call is on hold already")), now);
  const auto name = parts_.programs.leg_name(entry, leg->id());
  hold_leg(
      entry, leg->id(), c.music,
      [this, id = entry.id, name, reply = std::move(reply)](std::optional<Failure> why, TimePoint then) {
        if (why) return reply(fail(std::move(*why)), then);
        reply(NoData{}, then);
        parts_.events.publish({id, {}, {}, events::MediaHoldStarted{name}}, then);
      },
      now);
}

void Holds::run(const CallUnhold& c, const Requester&, Reply<CallUnhold> reply, TimePoint now) {
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const call::Leg* const leg = parts_.programs.leg_of(entry, c.leg_id);
  if (leg == nullptr) return reply(fail(failed("not_found", "Leg not found: " + c.leg_id)), now);
  if (!leg->held()) return reply(fail(invalid_state("the call is not on hold")), now);
  if (entry.consults) return reply(fail(invalid_state("the call waits for an attended transfer")), now);
  const auto name = parts_.programs.leg_name(entry, leg->id());
  unhold_leg(
      entry, leg->id(),
      [this, id = entry.id, name, reply = std::move(reply)](std::optional<Failure> why, TimePoint then) {
        if (why) return reply(fail(std::move(*why)), then);
        reply(NoData{}, then);
        parts_.events.publish({id, {}, {}, events::MediaHoldStopped{name}}, then);
      },
      now);
}

void Holds::hold(ProgramCall& entry, const std::string& music, Done done, TimePoint now) {
  hold_leg(entry, entry.leg, music, std::move(done), now);
}

void Holds::unhold(ProgramCall& entry, Done done, TimePoint now) {
  unhold_leg(entry, entry.leg, std::move(done), now);
}

void Holds::hold_leg(ProgramCall& entry, LegId leg, const std::string& music, Done done, TimePoint now) {
  const auto answered = [this, id = entry.id, leg, music, done](const call::Reply& reply, TimePoint then) {
    ProgramCall* const held = parts_.programs.find(id);
    if (reply.status / 100 != 2 || held == nullptr) return done(refused_by_far_end(reply), then);
    if (leg == held->leg) held->held = true;
    start_music(*held, leg, music, then);
    done(std::nullopt, then);
  };
  const auto begun = parts_.calls.hold(entry.id, leg, true, answered, now);
  if (!begun) done(refused(begun.error()), now);
}

void Holds::unhold_leg(ProgramCall& entry, LegId leg, Done done, TimePoint now) {
  const auto answered = [this, id = entry.id, leg, done](const call::Reply& reply, TimePoint then) {
    ProgramCall* const held = parts_.programs.find(id);
    if (reply.status / 100 != 2 || held == nullptr) return done(refused_by_far_end(reply), then);
    if (leg == held->leg) held->held = false;
    stop_music(leg, then);
    done(std::nullopt, then);
  };
  const auto begun = parts_.calls.hold(entry.id, leg, false, answered, now);
  if (!begun) done(refused(begun.error()), now);
}

// ------------------------------------------------------------------------------------------------------------- music

void Holds::start_music(ProgramCall& entry, LegId leg, const std::string& music, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  if (music.empty() || leg != entry.leg) return parts_.music.start(entry.id, leg, now);
  const auto instead = [this, id = entry.id, leg](const Failure&, TimePoint then) {
    tracks_.erase(leg);
    parts_.music.start(id, leg, then);
  };
  tracks_[leg] = {entry.id, {}};
  const std::string track = parts_.playbacks.play(entry, {MediaSource::Type::file, music, true}, instead, now);
  if (const auto at = tracks_.find(leg); at != tracks_.end()) at->second.id = track;
}

void Holds::stop_music(LegId leg, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  parts_.music.stop(leg);
  auto node = tracks_.extract(leg);
  if (!node.empty()) parts_.playbacks.stop(node.mapped().call, node.mapped().id, now);
}

void Holds::restart_music(const ProgramCall& entry, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  stop_music(entry.leg, now);
  parts_.music.start(entry.id, entry.leg, now);
}

void Holds::on_call_event(const call::Event& event, TimePoint) {
  if (const auto* gone = std::get_if<call::LegGone>(&event.body)) tracks_.erase(gone->leg);
  if (std::holds_alternative<call::Ended>(event.body))
    std::erase_if(tracks_, [&](const auto& each) { return each.second.call == event.call; });
}

}  // namespace junctor::apps::program
