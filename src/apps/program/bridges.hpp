#pragma once
// Calls that are bridged: two of them hear each other, each stays a call of its own. And calls that are alone: an
// answered one without a partner sits in a mixer of its own and hears silence.
#include <map>
#include <memory>
#include <vector>

#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"
#include "call/mixer.hpp"

namespace junctor::apps::program {

class Bridges {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    call::MediaFence& fence;
    EventSink& events;
  };
  using Done = std::function<void(Result<void, Failure>, TimePoint now)>;

  explicit Bridges(Parts parts) : parts_(parts) {}
  ~Bridges();

  /// The far ends of two answered calls that are alone hear each other; `done` when they do, before call.bridged.
  void join(ProgramCall& a, ProgramCall& b, bool hangup_after_bridge, Done done, TimePoint now);
  /// Each is alone again; `done` when it is, before call.unbridged of both. invalid_state: it is not bridged.
  void part(ProgramCall& one, Done done, TimePoint now);
  /// The same at once, and without a word: who does it tells whom this gives back (nobody: it is not bridged) by
  /// tell_parted(), once the result of the command is out.
  std::vector<CallId> part_quietly(ProgramCall& one, TimePoint now);
  void tell_parted(const std::vector<CallId>& calls, TimePoint now);
  /// The other one; null: it is not bridged.
  ProgramCall* partner(const ProgramCall& one);

  /// The far end, which is up, leaves where it is and sits alone.
  void seat_alone(ProgramCall& one, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return pairs_.size(); }

 private:
  struct Pair {
    CallId a, b;
    bool hangup_after = false;
    std::unique_ptr<call::Mixer> mixer;
  };

  Pair* find(CallId call);
  /// The pair is gone; whoever of it lives sits alone.
  void dissolve(const Pair* pair, TimePoint now);
  void tell_unbridged(CallId call, TimePoint now);

  Parts parts_;
  std::map<std::uint64_t, Pair> pairs_;
  std::uint64_t last_ = 0;
  std::map<CallId, std::uint64_t> pair_of_;
};

}  // namespace junctor::apps::program
