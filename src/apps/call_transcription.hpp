#pragma once
// Transcribes what the configuration says: calls from their answer to their end. A call that is transcribed sits in a
// mixer as long as that lasts. What was understood is told, and what is final goes into the call's record.
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "apps/listening.hpp"
#include "apps/office.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "call/calls.hpp"
#include "store/store.hpp"
#include "transcription/transcriptions.hpp"

namespace junctor::apps {

// What is told of a call's transcript; times are from the call's start on.

struct TranscriptStarted {
  std::vector<std::string> sides;
  std::string provider;
};
/// A partial one is replaced by the next of its leg.
struct TranscriptSegment {
  LegId leg;
  std::string side;
  std::string text;
  bool partial = false;
  milliseconds start{}, end{};
  double confidence = 0;
  std::string lang;  ///< as configured; empty: the engine's choice
};
/// The engine is away; or, without text to come, some sound was lost.
struct TranscriptError {
  LegId leg;
  std::string side;
  std::string error;
};
struct TranscriptEnded {
  std::string reason;  ///< "stopped", "refused"
};

/// May come after the call's Ended: the last words take their time.
struct TranscriptEvent {
  CallId call;
  std::variant<TranscriptStarted, TranscriptSegment, TranscriptError, TranscriptEnded> body;
};

class CallTranscription {
 public:
  /// The longest part of a record: what is beyond it is told and not kept.
  static constexpr std::uint32_t rows_max = 10'000;

  using Sink = std::function<void(const TranscriptEvent&, TimePoint)>;

  CallTranscription(call::Calls& calls, transcription::Transcriptions& transcriptions, store::Store& store, Log& log)
      : calls_(calls), transcriptions_(transcriptions), store_(store), log_(log) {}

  /// For calls that are answered from now on.
  void set_rules(const TranscriptionRules& rules) { rules_ = rules; }
  void set_sink(Sink sink) { sink_ = std::move(sink); }

  void on_call_event(const call::Event& event, TimePoint now);
  void on_transcription_event(const transcription::Event& event, TimePoint now);

 private:
  struct Running {
    transcription::TranscriptionId id;
    Listening listening;
    std::vector<transcription::Speaker> speakers;
  };
  /// Outlives the call by what is still to come.
  struct Transcript {
    CallId call;
    std::vector<std::string> sides;
    std::string lang;
    std::uint32_t rows = 0;
  };

  void start(CallId call, TimePoint now);
  /// Legs and mixers change: by transfer, by hold, by another codec.
  void follow(CallId call, Running& running);
  void let_go(transcription::TranscriptionId id);
  void write(Transcript& transcript, store::TranscriptRow row, TimePoint now);
  void tell(CallId call, decltype(TranscriptEvent::body) body, TimePoint now) const;

  void on(Transcript& transcript, const transcription::Started& event, TimePoint now);
  void on(Transcript& transcript, const transcription::Segment& event, TimePoint now);
  void on(Transcript& transcript, const transcription::Trouble& event, TimePoint now);
  void on(Transcript& transcript, const transcription::Lost& event, TimePoint now);
  void on(Transcript& transcript, const transcription::Ended& event, TimePoint now);

  call::Calls& calls_;
  transcription::Transcriptions& transcriptions_;
  store::Store& store_;
  Log& log_;
  TranscriptionRules rules_;
  Sink sink_;
  std::unordered_map<CallId, Running> running_;
  std::unordered_map<transcription::TranscriptionId, Transcript> transcripts_;
};

}  // namespace junctor::apps
