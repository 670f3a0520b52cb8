#pragma once
// What comes from a call before its answer, heard by another one that waits for it.
#include <functional>
#include <map>
#include <memory>

#include "apps/program/call_commands.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"
#include "call/mixer.hpp"

namespace junctor::apps::program {

class Ringbacks {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    call::MediaFence& fence;
    EventSink& events;
  };
  explicit Ringbacks(Parts parts) : parts_(parts) {}

  void run(const CallSetRingbackSource& c, const Requester& who, Reply<CallSetRingbackSource> reply, TimePoint now);
  /// The same without a command. Why not, if not.
  std::optional<Failure> connect(ProgramCall& source, ProgramCall& target, TimePoint now);
  /// Of the source or target, because it goes elsewhere.
  void stop(CallId call, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return pairs_.size(); }

 private:
  struct Pair {
    CallId source;
    std::unique_ptr<call::Mixer> mixer;  // none: the source has not sent anything yet
  };

  /// The source's audio is there: the target hears it.
  void pass_on(CallId target, Pair& pair, TimePoint now);
  void end(CallId target, TimePoint now);

  Parts parts_;
  std::map<CallId, Pair> pairs_;  // by target
};

}  // namespace junctor::apps::program
