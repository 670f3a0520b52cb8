#include "apps/program/call_control.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps::program {
namespace {

/// A word or number of call.reject, as older hubs take it.
std::optional<int> status_of(std::string_view reason) {
  constexpr std::pair<std::string_view, int> known[] = {
      {"", 603},          {"busy", 486}, {"486", 486},     {"forbidden", 403}, {"reject", 403},      {"403", 403},
      {"not_found", 404}, {"404", 404},  {"decline", 603}, {"603", 603},       {"unavailable", 480}, {"480", 480}};
  const auto at = std::ranges::find(known, reason, &std::pair<std::string_view, int>::first);
  return at == std::end(known) ? std::nullopt : std::optional(at->second);
}

/// The words of call.hangup as call.hangup events have them.
std::string reason_word(const std::string& reason) {
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"by_caller", "caller"}, {"by_callee", "callee"}, {"by_system", "system"}, {"no_answer", "noAnswer"}};
  for (const auto& [word, means] : known)
    if (reason == word) return std::string(means);
  return reason;
}

}  // namespace

void CallControl::run(const CallAnswer& c, const Requester&, Reply<CallAnswer> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (!entry.inbound || entry.answered || entry.place == Place::elsewhere || answering_.contains(entry.id))
    return reply(fail(invalid_state("call is not ringing")), now);
  parts_.playbacks.stop_all(entry.id, now);
  const auto done = parts_.calls.answer_alone(entry.id, entry.leg, "rwi", std::nullopt, now);
  if (!done) return reply(fail(refused(done.error())), now);
  answering_[entry.id] = std::move(reply);
}

void CallControl::run(const CallReject& c, const Requester&, Reply<CallReject> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (!entry.inbound || entry.answered || entry.place == Place::elsewhere)
    return reply(fail(invalid_state("call is not ringing")), now);
  const auto status = c.code ? std::optional(static_cast<int>(*c.code)) : status_of(c.reason);
  if (!status)
    return reply(fail(invalid_params("\"reason\" must be one of busy, forbidden, not_found, decline, unavailable")),
                 now);
  entry.hangup_reason = "rejected";
  entry.hangup_by = "system";
  const auto done =
      parts_.calls.reject(entry.id, entry.leg, call::cause_of_status(*status), now, call::HangupBy::callee);
  if (!done) return reply(fail(refused(done.error())), now);
  reply(NoData{}, now);
}

void CallControl::run(const CallRing& c, const Requester&, Reply<CallRing> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (!entry.inbound || entry.answered) return reply(fail(invalid_state("call is not ringing")), now);
  const auto done = parts_.calls.ring(entry.id, entry.leg, 180, now);
  if (!done) return reply(fail(refused(done.error())), now);
  reply(NoData{}, now);
  parts_.events.publish({entry.id, {}, {}, events::CallRinging{}}, now);
}

void CallControl::run(const CallHangup& c, const Requester&, Reply<CallHangup> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  call::Cause why = call::normal_clearing();
  if (c.code) why = call::cause_of_status(static_cast<int>(*c.code), c.reason);
  if (!c.code && !c.reason.empty()) why.text = c.reason;
  if (!entry.answered && entry.inbound && !c.code) why = call::cause_of_status(603, c.reason);
  if (!entry.answered && !entry.inbound && !c.code) why = {487, 16, c.reason};
  entry.hangup_reason = !c.reason.empty() ? reason_word(c.reason)
                        : entry.answered  ? "system"
                        : entry.inbound   ? "rejected"
                                          : "canceled";
  entry.hangup_by = "system";
  const auto done = parts_.calls.hang_up(entry.id, why, now);
  if (!done) return reply(fail(refused(done.error())), now);
  reply(NoData{}, now);
}

// -------------------------------------------------------------------------------------------------------- who hears
// whom

void CallControl::run(const CallBridge& c, const Requester&, Reply<CallBridge> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& a = *parts_.programs.find(c.leg_a.id);
  ProgramCall& b = *parts_.programs.find(c.leg_b.id);
  for (ProgramCall* const each : {&a, &b}) {
    if (parts_.apps.has(each->id)) return reply(fail(invalid_state("an application has the call")), now);
    if (!each->answered || each->place != Place::alone) continue;
    parts_.playbacks.stop_all(each->id, now);
    parts_.ringbacks.stop(each->id, now);
  }
  parts_.bridges.join(
      a, b, c.hangup_after_bridge,
      [reply = std::move(reply)](Result<void, Failure> done, TimePoint then) {
        if (!done) return reply(fail(std::move(done.error())), then);
        reply(NoData{}, then);
      },
      now);
}

void CallControl::run(const CallUnbridge& c, const Requester&, Reply<CallUnbridge> reply, TimePoint now) {
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  parts_.bridges.part(
      entry,
      [reply = std::move(reply)](Result<void, Failure> done, TimePoint then) {
        if (!done) return reply(fail(std::move(done.error())), then);
        reply(NoData{}, then);
      },
      now);
}

// ---------------------------------------------------------------------------------------------------- variables, keys

void CallControl::run(const CallSetVar& c, const Requester&, Reply<CallSetVar> reply, TimePoint now) {
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (!entry.variables.contains(c.key) && entry.variables.size() >= CallSetVar::variables_max)
    return reply(fail(failed("full", "the call has " + std::to_string(CallSetVar::variables_max) + " variables")), now);
  entry.variables[c.key] = c.value;
  if (call::Call* const call = parts_.calls.find(entry.id)) call->labels.variables[c.key] = c.value;
  reply(NoData{}, now);
}

void CallControl::run(const CallGetVar& c, const Requester&, Reply<CallGetVar> reply, TimePoint now) {
  const ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const auto at = entry.variables.find(c.key);
  reply(CallGetVar::Done{c.key, at == entry.variables.end() ? std::nullopt : std::optional(at->second)}, now);
}

void CallControl::run(const CallSendDtmf& c, const Requester&, Reply<CallSendDtmf> reply, TimePoint now) {
  const ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const call::Leg* const leg = parts_.programs.leg_of(entry, c.leg_id);
  if (leg == nullptr) return reply(fail(failed("not_found", "Leg not found: " + c.leg_id)), now);
  if (!leg->is_up()) return reply(fail(invalid_state("the call is not answered")), now);
  const auto done =
      parts_.calls.send_digits(entry.id, leg->id(), c.digits, milliseconds(c.duration_ms), milliseconds(c.gap_ms), now);
  if (done) return reply(NoData{}, now);
  if (done.error() == call::Refusal::bad_digits)
    return reply(fail(invalid_params("\"digits\" must be of 0-9 * # A-D, and not too many at a time")), now);
  reply(fail(refused(done.error())), now);
}

void CallControl::run(const CallLegRemove& c, const Requester&, Reply<CallLegRemove> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const auto at = entry.further_legs.find(c.leg_id);
  if (at == entry.further_legs.end()) return reply(fail(failed("not_found", "Leg not found: " + c.leg_id)), now);
  const auto done = parts_.calls.hang_up_leg(entry.id, at->second, call::normal_clearing(), now);
  entry.further_legs.erase(at);
  if (!done) return reply(fail(refused(done.error())), now);
  (void)parts_.calls.seat_alone(entry.id, entry.leg, now);
  reply(NoData{}, now);
  parts_.events.publish({entry.id, {}, {}, events::CallLegRemoved{c.leg_id, std::nullopt, "removed"}}, now);
}

// -------------------------------------------------------------------------------------------------------------- events

void CallControl::on_call_event(const call::Event& event, TimePoint now) {
  const bool answered = std::holds_alternative<call::Answered>(event.body);
  const bool ended = std::holds_alternative<call::Ended>(event.body);
  if (!answered && !ended) return;
  auto node = answering_.extract(event.call);
  if (node.empty()) return;
  if (ended) return node.mapped()(fail(call_ended()), now);
  if (ProgramCall* const entry = parts_.programs.find(event.call))
    (void)parts_.calls.seat_alone(entry->id, entry->leg, now);
  node.mapped()(NoData{}, now);
}

}  // namespace junctor::apps::program
