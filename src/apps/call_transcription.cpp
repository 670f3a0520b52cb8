#include "apps/call_transcription.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps {
namespace {

std::vector<transcription::Speaker> speakers_of(const call::Call& call) {
  std::vector<transcription::Speaker> out;
  for (const auto& leg : call.legs()) {
    if (!leg->is_up() || !leg->port_is_open()) continue;
    out.push_back({leg->id(), leg->port()->id, leg->id() == call.first_leg_id() ? "caller" : "callee"});
  }
  return out;
}

}  // namespace

// ---------------------------------------------------------------------------------------------------------- the call

void CallTranscription::start(CallId id, TimePoint now) {
  call::Call* const call = calls_.find(id);
  call::Leg* const leg = first_up(call);
  if (leg == nullptr || running_.contains(id)) return;
  Running running{{}, Listening(*leg), speakers_of(*call)};
  const auto started = transcriptions_.start(rules_.engine, running.speakers,
                                             {running.listening.mixer(), running.listening.rate()}, call->start());
  if (!started) {
    log_.warning("a call is not transcribed", {{"call", to_string(id)}, {"error", started.error()}});
    return tell(id, TranscriptError{{}, {}, started.error()}, now);
  }
  running.id = *started;
  Transcript& transcript = transcripts_[*started];
  transcript.call = id;
  transcript.lang = rules_.language;
  for (const transcription::Speaker& speaker : running.speakers) transcript.sides.push_back(speaker.side);
  running_.emplace(id, std::move(running));
}

void CallTranscription::follow(CallId id, Running& running) {
  call::Call* const call = calls_.find(id);
  call::Leg* const leg = first_up(call);
  if (leg == nullptr) return;
  if (running.listening.follow(*leg))
    transcriptions_.follow(running.id, {running.listening.mixer(), running.listening.rate()});
  auto speakers = speakers_of(*call);
  if (speakers == running.speakers) return;
  running.speakers = speakers;
  transcriptions_.set_speakers(running.id, std::move(speakers));
}

void CallTranscription::on_call_event(const call::Event& event, TimePoint now) {
  const auto at = running_.find(event.call);
  if (std::holds_alternative<call::Ended>(event.body)) {
    if (at == running_.end()) return;
    transcriptions_.stop(at->second.id);
    running_.erase(at);
  } else if (at != running_.end()) {
    follow(event.call, at->second);
  } else if (const auto* answered = std::get_if<call::Answered>(&event.body);
             answered != nullptr && answered->with && rules_.calls && rules_.engine) {
    start(event.call, now);
  }
}

// ---------------------------------------------------------------------------------------------------- the transcript

void CallTranscription::on_transcription_event(const transcription::Event& event, TimePoint now) {
  std::visit(
      [&](const auto& what) {
        if (const auto at = transcripts_.find(what.id); at != transcripts_.end()) on(at->second, what, now);
      },
      event);
}

void CallTranscription::tell(CallId call, decltype(TranscriptEvent::body) body, TimePoint now) const {
  if (sink_) sink_({call, std::move(body)}, now);
}

void CallTranscription::write(Transcript& transcript, store::TranscriptRow row, TimePoint now) {
  if (store_.backlog_full()) return;  // the disk is stuck, which is told where it is
  if (transcript.rows == rows_max) return;
  if (transcript.rows + 1 == rows_max)
    log_.warning("the rest of a transcript is not kept", {{"call", to_string(transcript.call)}});
  row.number = ++transcript.rows;
  store_.write(store::AddTranscript{to_string(transcript.call), std::move(row)}, nullptr, 0, now);
}

/// A call that still runs needs no samples for this any more.
void CallTranscription::let_go(transcription::TranscriptionId id) {
  transcripts_.erase(id);
  std::erase_if(running_, [id](const auto& entry) { return entry.second.id == id; });
}

void CallTranscription::on(Transcript& transcript, const transcription::Started& event, TimePoint now) {
  tell(transcript.call, TranscriptStarted{transcript.sides, event.provider}, now);
}

void CallTranscription::on(Transcript& transcript, const transcription::Segment& event, TimePoint now) {
  if (event.final) {
    store::TranscriptRow row;
    row.kind = "text";
    row.side = event.side;
    row.from_ms = event.start.count();
    row.to_ms = event.end.count();
    row.confidence = event.confidence;
    row.text = event.text;
    write(transcript, std::move(row), now);
  }
  tell(transcript.call,
       TranscriptSegment{event.leg, event.side, event.text, !event.final, event.start, event.end, event.confidence,
                         transcript.lang},
       now);
}

void CallTranscription::on(Transcript& transcript, const transcription::Trouble& event, TimePoint now) {
  tell(transcript.call, TranscriptError{event.leg, event.side, event.error}, now);
}

void CallTranscription::on(Transcript& transcript, const transcription::Lost& event, TimePoint now) {
  store::TranscriptRow row;
  row.kind = "lost";
  row.side = event.side;
  row.from_ms = event.start.count();
  row.to_ms = event.end.count();
  write(transcript, std::move(row), now);
  tell(transcript.call,
       TranscriptError{event.leg, event.side, std::to_string(event.length.count()) + " ms were not transcribed"}, now);
}

void CallTranscription::on(Transcript& transcript, const transcription::Ended& event, TimePoint now) {
  if (event.reason == transcription::EndReason::refused) {
    store::TranscriptRow row;
    row.kind = "trouble";
    row.text = event.error;
    write(transcript, std::move(row), now);
    tell(transcript.call, TranscriptError{{}, {}, event.error}, now);
  }
  tell(transcript.call, TranscriptEnded{transcription::to_string(event.reason)}, now);
  let_go(event.id);
}

}  // namespace junctor::apps
