#pragma once
// What happens to a call, as the events that programs read: in order, each state once, and one terminal event.
#include <functional>
#include <map>
#include <string>

#include "apps/call_transcription.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "base/time.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

class CallStory {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    EventSink& events;
    const WallClock& wall;
    std::function<std::string(SessionId)> session_name;
  };
  explicit CallStory(Parts parts) : parts_(std::move(parts)) {}

  /// Also of calls that no program has to do with: somebody may see all.
  void set_watch_all(std::function<bool()> watch_all) { watch_all_ = std::move(watch_all); }

  /// All but the end; after those who answer commands.
  void on_call_event(const call::Event& event, TimePoint now);
  /// What is said in a call, as far as it is transcribed.
  void on_transcript(const TranscriptEvent& event, TimePoint now);
  /// The end, after everybody else.
  void on_ended(const call::Event& event, TimePoint now);

 private:
  struct Told {
    bool ringing = false, early_media = false;
  };

  void on_ringing(const ProgramCall& entry, const call::LegRinging& ringing, TimePoint now);
  void publish(CallId call, EventBody body, TimePoint now) {
    parts_.events.publish({call, {}, {}, std::move(body)}, now);
  }
  EventBody terminal(const ProgramCall& entry, const call::Ended& ended) const;

  Parts parts_;
  std::function<bool()> watch_all_;
  std::map<CallId, Told> told_;
};

}  // namespace junctor::apps::program
