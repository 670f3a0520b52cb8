#include "apps/program/call_story.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps::program {
namespace {

std::string_view who(call::HangupBy by) {
  switch (by) {
    case call::HangupBy::caller:
      return "caller";
    case call::HangupBy::callee:
      return "callee";
    case call::HangupBy::hub:
    case call::HangupBy::nobody:
      return "system";
  }
  return "system";
}

/// Of a call that was never answered, by the status that ended it.
std::string_view refusal_word(int status, bool outbound) {
  if (status == 487) return "canceled";
  if (status == 408 || status == 480) return "noAnswer";
  if (status == 486 || status == 600 || status == 603 || status == 403) return "rejected";
  if (outbound) return "originate_failed";
  return status >= 500 ? "serverUnavailable" : "failed";
}

std::optional<std::uint32_t> number(int value) {
  return value == 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(value));
}

events::Dtmf pressed(const call::Digit& digit, std::optional<std::string> leg) {
  events::Dtmf out{std::string(1, digit.digit), std::move(leg), std::string(to_string(digit.kind)), std::nullopt};
  if (digit.duration) out.duration_ms = static_cast<std::uint32_t>(floor<milliseconds>(*digit.duration).count());
  return out;
}

}  // namespace

void CallStory::on_ringing(const ProgramCall& entry, const call::LegRinging& ringing, TimePoint now) {
  Told& told = told_[entry.id];
  if (ringing.status == 180 && !std::exchange(told.ringing, true)) publish(entry.id, events::CallRinging{}, now);
  if (ringing.with_media && !std::exchange(told.early_media, true)) publish(entry.id, events::CallEarlyMedia{}, now);
}

void CallStory::on_call_event(const call::Event& event, TimePoint now) {
  ProgramCall* entry = parts_.programs.find(event.call);
  if (entry == nullptr) {
    const bool begins = std::holds_alternative<call::Incoming>(event.body);
    if (!begins || !watch_all_ || !watch_all_()) return;
    entry = parts_.programs.find({}, to_string(event.call), now);
    if (entry == nullptr) return;
    events::CallIncoming incoming;
    incoming.caller = entry->caller;
    incoming.callee = entry->callee;
    incoming.direction = parts_.calls.find(event.call)->labels.direction;
    if (!entry->trunk.empty()) incoming.trunk = entry->trunk;
    return publish(event.call, std::move(incoming), now);
  }
  if (entry->silent) return;
  if (const auto* ringing = std::get_if<call::LegRinging>(&event.body)) {
    if (!entry->answered) on_ringing(*entry, *ringing, now);
  } else if (const auto* answered = std::get_if<call::Answered>(&event.body)) {
    if (entry->answered) return;
    entry->answered = now;
    if (entry->place != Place::elsewhere) entry->leg = answered->leg;
    events::CallAnswered told;
    if (entry->inbound && entry->owner) told.answered_by = parts_.session_name(entry->owner);
    publish(event.call, std::move(told), now);
  } else if (const auto* digit = std::get_if<call::Digit>(&event.body)) {
    publish(event.call, pressed(*digit, parts_.programs.leg_name(*entry, digit->leg)), now);
  } else if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    // The call is its far end: when that goes, everything does.
    if (gone->leg == entry->leg && entry->place != Place::elsewhere && !entry->ended)
      parts_.calls.hang_up(event.call, gone->cause, now,
                           entry->inbound ? call::HangupBy::caller : call::HangupBy::callee);
  }
}

void CallStory::on_transcript(const TranscriptEvent& event, TimePoint now) {
  const ProgramCall* const entry = parts_.programs.find(event.call);
  if (entry == nullptr || entry->silent) return;
  const auto text = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
  const auto ms = [](milliseconds value) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  };
  if (const auto* started = std::get_if<TranscriptStarted>(&event.body)) {
    publish(event.call, events::TranscriptStarted{started->sides, text(started->provider)}, now);
  } else if (const auto* said = std::get_if<TranscriptSegment>(&event.body)) {
    publish(event.call,
            events::TranscriptSegment{said->side, said->text, said->partial, ms(said->start), ms(said->end),
                                      text(said->lang)},
            now);
  } else if (const auto* error = std::get_if<TranscriptError>(&event.body)) {
    publish(event.call, events::TranscriptError{text(error->side), error->error}, now);
  } else if (const auto* ended = std::get_if<TranscriptEnded>(&event.body)) {
    publish(event.call, events::TranscriptEnded{text(ended->reason)}, now);
  }
}

EventBody CallStory::terminal(const ProgramCall& entry, const call::Ended& ended) const {
  const int status = ended.cause.status;
  const auto q850 = number(ended.cause.q850);
  const bool by_program = !entry.hangup_reason.empty();
  if (!entry.answered && !entry.inbound && !by_program) {
    if (status == 486 || status == 600) return events::CallBusy{number(status), q850};
    if (status == 408 || status == 480 || status == 487) return events::CallNoAnswer{number(status), q850};
  }
  events::CallHangup out;
  out.q850 = q850;
  if (entry.answered) {
    out.answered_at = rfc3339(parts_.wall.at(*entry.answered));
    out.reason = std::string(who(ended.by));
  } else {
    out.sip_status = number(status);
    out.reason = std::string(refusal_word(status, !entry.inbound));
  }
  out.hangup_by = std::string(who(ended.by));
  if (by_program) out.reason = entry.hangup_reason;
  if (!entry.hangup_by.empty()) out.hangup_by = entry.hangup_by;
  return out;
}

void CallStory::on_ended(const call::Event& event, TimePoint now) {
  told_.erase(event.call);
  const auto* const ended = std::get_if<call::Ended>(&event.body);
  ProgramCall* const entry = parts_.programs.find(event.call);
  if (ended == nullptr || entry == nullptr || entry->ended) return;
  if (!entry->silent) publish(event.call, terminal(*entry, *ended), now);
  parts_.programs.on_ended(event.call, now);
}

}  // namespace junctor::apps::program
