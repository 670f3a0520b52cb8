#include "apps/program/consultations.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps::program {
namespace {

Failure attended_failed(std::string_view code, std::string_view word) {
  return failed(code, "Attended transfer failed: " + std::string(word));
}
Failure complete_failed(std::string_view code, std::string_view word) {
  return failed(code, "Transfer complete failed: " + std::string(word));
}
Failure cancel_failed(std::string_view code, std::string_view word) {
  return failed(code, "Transfer cancel failed: " + std::string(word));
}

}  // namespace

Consultations::Map::iterator Consultations::find_consulted(CallId consulted) {
  return std::ranges::find_if(consultations_, [&](const auto& each) { return each.second.consulted == consulted; });
}

Consultations::Map::node_type Consultations::take_out(CallId original) {
  if (ProgramCall* const entry = parts_.programs.find(original)) entry->consults = false;
  return consultations_.extract(original);
}

bool Consultations::was_merged(CallId original) const {
  const auto at = consultations_.find(original);
  const ProgramCall* const entry = parts_.programs.find(original);
  return at != consultations_.end() && entry != nullptr && at->second.consulted && !at->second.is_ending &&
         !entry->held;
}

// --------------------------------------------------------------------------------------------------------------- begin

void Consultations::run(const CallTransferAttended& c, const Requester& who, Reply<CallTransferAttended> reply,
                        TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const call::Leg* const leg = parts_.programs.leg_of(entry);
  if (!settings_.attended) return reply(fail(not_implemented("call.transfer.attended is switched off")), now);
  if (was_merged(entry.id)) take_out(entry.id);
  const bool talks = entry.place == Place::alone || entry.place == Place::bridged;
  if (!entry.answered || leg == nullptr || !leg->is_up() || !talks || entry.held || consultations_.contains(entry.id) ||
      parts_.transfers.is_transferring(entry.id))
    return reply(fail(attended_failed("invalid_state", "invalid_state")), now);
  Consultation consultation;
  consultation.target = c.target;
  if (const ProgramCall* const partner = parts_.bridges.partner(entry)) consultation.transferor = partner->id;
  consultations_.emplace(entry.id, std::move(consultation));
  entry.consults = true;
  const auto held = [this, id = entry.id, c, who, reply](std::optional<Failure> why, TimePoint then) {
    if (!why) return consult(id, c, who, reply, then);
    take_out(id);
    reply(fail(attended_failed(why->code, "the far end cannot be held")), then);
  };
  parts_.holds.hold(entry, {}, held, now);
}

void Consultations::consult(CallId original, const CallTransferAttended& c, const Requester& who,
                            Reply<CallTransferAttended> reply, TimePoint now) {
  const auto at = consultations_.find(original);
  ProgramCall* const entry = parts_.programs.find(original);
  if (at == consultations_.end() || entry == nullptr || entry->ended) return reply(fail(call_ended()), now);
  const ProgramCall* const transferor = parts_.programs.find(at->second.transferor);
  const call::Leg* const shown = transferor == nullptr ? nullptr : parts_.programs.leg_of(*transferor);
  CallOriginate wish;
  wish.destination = c.target;
  wish.timeout_secs = c.timeout_secs;
  wish.caller_id = shown != nullptr ? shown->far_end().number : entry->inbound ? entry->callee : entry->caller;
  const auto called = [this, original, reply](Result<CallOriginate::Done, Failure> done, TimePoint then) {
    const auto here = consultations_.find(original);
    if (!done) {
      take_out(original);
      Failure why = attended_failed(done.error().code, "invalid_target: " + done.error().message);
      const auto said = [reply, why](std::optional<Failure>, TimePoint later) { reply(fail(why), later); };
      ProgramCall* const held = parts_.programs.find(original);
      if (held == nullptr || !held->held) return said(std::nullopt, then);
      return parts_.holds.unhold(*held, said, then);
    }
    if (here == consultations_.end()) return reply(fail(call_ended()), then);
    here->second.consulted = done->call_id.id;
    reply(CallTransferAttended::Done{{{}, original}, done->call_id}, then);
    parts_.events.publish({original, {}, {}, events::MediaHoldStarted{}}, then);
  };
  parts_.originations.run(wish, who, called, now);
}

void Consultations::on_consulted_answered(CallId original, TimePoint now) {
  Consultation& consultation = consultations_.at(original);
  ProgramCall* const waits = parts_.programs.find(original);
  ProgramCall* const transferor = parts_.programs.find(consultation.transferor);
  ProgramCall* const consulted = parts_.programs.find(consultation.consulted);
  if (waits == nullptr || transferor == nullptr || consulted == nullptr || transferor->ended) return;
  const call::Calls::Turn turn(parts_.calls, now);
  if (parts_.bridges.partner(*waits) != transferor) return;
  const auto parted = parts_.bridges.part_quietly(*waits, now);
  parts_.bridges.tell_parted(parted, now);
  parts_.holds.restart_music(*waits, now);
  consultation.is_parted = true;
  parts_.bridges.join(*transferor, *consulted, false, [](Result<void, Failure>, TimePoint) {}, now);
}

// ----------------------------------------------------------------------------------------------------------------- end

void Consultations::run(const CallTransferComplete& c, const Requester&, Reply<CallTransferComplete> reply,
                        TimePoint now) {
  const CallId original = c.call_id.id;
  const CallId consulted = c.consultation_call_id.id;
  const auto at = consultations_.find(original);
  ProgramCall* const waits = parts_.programs.find(original);
  const ProgramCall* const asked = parts_.programs.find(consulted);
  const bool possible = at != consultations_.end() && at->second.consulted == consulted && asked != nullptr &&
                        asked->answered && !asked->ended && !at->second.is_ending && waits->held;
  if (!possible) return reply(fail(complete_failed("invalid_state", "invalid_state")), now);
  const call::Calls::Turn turn(parts_.calls, now);
  at->second.is_ending = true;
  const auto joined = [this, original, reply](Result<void, Failure> done, std::vector<CallId> parted, TimePoint then) {
    auto node = take_out(original);
    if (!done) {
      parts_.bridges.tell_parted(parted, then);
      return reply(fail(complete_failed(done.error().code, "bridge_failed")), then);
    }
    reply(NoData{}, then);
    if (node.empty()) return;
    parts_.events.publish({original, {}, {}, events::CallTransferred{node.mapped().target}}, then);
    parts_.events.publish({original, {}, {}, events::MediaHoldStopped{}}, then);
    parts_.bridges.tell_parted(parted, then);
    ProgramCall* const transferor = parts_.programs.find(node.mapped().transferor);
    if (transferor == nullptr || transferor->ended) return;
    transferor->hangup_reason = "refer";
    transferor->hangup_by = "transfer";
    parts_.calls.hang_up(transferor->id, {200, 16, "transferred"}, then);
  };
  const auto unheld = [this, original, consulted, joined, reply](std::optional<Failure> why, TimePoint then) {
    ProgramCall* const one = parts_.programs.find(original);
    ProgramCall* const other = parts_.programs.find(consulted);
    const auto here = consultations_.find(original);
    if (here == consultations_.end() || one == nullptr || other == nullptr || one->ended || other->ended)
      return reply(fail(call_ended()), then);
    if (why) {
      here->second.is_ending = false;
      return reply(fail(complete_failed(why->code, "bridge_failed")), then);
    }
    const call::Calls::Turn further(parts_.calls, then);
    std::vector<CallId> parted;
    for (ProgramCall* const each : {one, other}) {
      const auto more = parts_.bridges.part_quietly(*each, then);
      parted.insert(parted.end(), more.begin(), more.end());
    }
    // Those two talk now, and are told so.
    std::erase_if(parted, [&](CallId id) { return id == original || id == consulted; });
    parts_.bridges.join(
        *one, *other, true,
        [joined, parted](Result<void, Failure> done, TimePoint later) { joined(std::move(done), parted, later); },
        then);
  };
  parts_.holds.unhold(*waits, unheld, now);
}

void Consultations::run(const CallTransferCancel& c, const Requester&, Reply<CallTransferCancel> reply, TimePoint now) {
  const CallId consulted = c.consultation_call_id.id;
  const auto at = find_consulted(consulted);
  if (!consulted || at == consultations_.end() || at->second.is_ending || was_merged(at->first))
    return reply(fail(cancel_failed("invalid_state", "invalid_state")), now);
  const call::Calls::Turn turn(parts_.calls, now);
  at->second.is_ending = true;
  const CallId original = at->first;
  const auto restored = [this, original, consulted, reply](std::optional<Failure> why, TimePoint then) {
    auto node = take_out(original);
    if (ProgramCall* const asked = parts_.programs.find(consulted); asked != nullptr && !asked->ended) {
      asked->hangup_reason = "canceled";
      asked->hangup_by = "system";
      parts_.calls.hang_up(consulted, asked->answered ? call::normal_clearing() : call::Cause{487, 16, "cancelled"},
                           then);
    }
    if (why) return reply(fail(cancel_failed(why->code, "the call that waited cannot be resumed")), then);
    reply(NoData{}, then);
    parts_.events.publish({original, {}, {}, events::MediaHoldStopped{}}, then);
    if (!node.empty()) tell_failed(original, node.mapped().target, 487, "cancelled", then);
  };
  restore(original, restored, now);
}

void Consultations::restore(CallId original, Done done, TimePoint now) {
  ProgramCall* const waits = parts_.programs.find(original);
  if (waits == nullptr || waits->ended) return done(call_ended(), now);
  const auto unheld = [this, original, done](std::optional<Failure> why, TimePoint then) {
    if (why) return done(std::move(why), then);
    join_transferor(original, done, then);
  };
  parts_.holds.unhold(*waits, unheld, now);
}

void Consultations::join_transferor(CallId original, Done done, TimePoint now) {
  const auto at = consultations_.find(original);
  ProgramCall* const waits = parts_.programs.find(original);
  if (at == consultations_.end() || waits == nullptr || waits->ended) return done(call_ended(), now);
  ProgramCall* const transferor = parts_.programs.find(at->second.transferor);
  if (!at->second.is_parted || transferor == nullptr || transferor->ended) return done(std::nullopt, now);
  const call::Calls::Turn turn(parts_.calls, now);
  const auto parted = parts_.bridges.part_quietly(*transferor, now);
  parts_.bridges.join(
      *waits, *transferor, false,
      [this, done, parted](Result<void, Failure> joined, TimePoint then) {
        if (!joined) return done(std::move(joined.error()), then);
        done(std::nullopt, then);
        parts_.bridges.tell_parted(parted, then);
      },
      now);
}

void Consultations::tell_failed(CallId original, const std::string& target, int status, const std::string& reason,
                                TimePoint now) {
  events::CallTransferFailed told;
  if (status != 0) told.sip_status = static_cast<std::uint32_t>(status);
  told.reason = reason;
  told.transfer_target = target;
  parts_.events.publish({original, {}, {}, std::move(told)}, now);
}

void Consultations::on_call_event(const call::Event& event, TimePoint now) {
  if (std::holds_alternative<call::Answered>(event.body)) {
    const auto at = find_consulted(event.call);
    if (at != consultations_.end() && !at->second.is_ending) on_consulted_answered(at->first, now);
    return;
  }
  const auto* const ended = std::get_if<call::Ended>(&event.body);
  if (ended == nullptr) return;
  take_out(event.call);  // who waited is gone: the other two go on
  for (auto& [id, consultation] : consultations_)
    if (consultation.transferor == event.call) consultation.transferor = {};
  const auto at = find_consulted(event.call);
  if (at == consultations_.end() || at->second.is_ending) return;
  const CallId original = at->first;
  if (was_merged(original)) {
    take_out(original);
    return;
  }
  at->second.is_ending = true;
  const int status = ended->cause.status / 100 == 2 ? 0 : ended->cause.status;
  restore(
      original,
      [this, original, status](std::optional<Failure> why, TimePoint then) {
        auto node = take_out(original);
        const ProgramCall* const waits = parts_.programs.find(original);
        if (node.empty() || waits == nullptr || waits->ended) return;
        if (!why) parts_.events.publish({original, {}, {}, events::MediaHoldStopped{}}, then);
        tell_failed(original, node.mapped().target, status, "consult_ended", then);
      },
      now);
}

}  // namespace junctor::apps::program
