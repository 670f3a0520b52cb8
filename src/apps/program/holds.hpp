#pragma once
// Calls whose far end a program has wait.
#include <map>
#include <optional>
#include <string>

#include "apps/hold_music.hpp"
#include "apps/program/events.hpp"
#include "apps/program/playbacks.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/transfer_commands.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

class Holds {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    HoldMusic& music;
    Playbacks& playbacks;
    EventSink& events;
  };
  /// Nothing: it is done. Told once.
  using Done = std::function<void(std::optional<Failure>, TimePoint now)>;

  explicit Holds(Parts parts) : parts_(parts) {}

  void run(const CallHold& c, const Requester& who, Reply<CallHold> reply, TimePoint now);
  void run(const CallUnhold& c, const Requester& who, Reply<CallUnhold> reply, TimePoint now);

  /// The same of a call's own far end, without a word to programs: whoever wants it says so. `music` is a name in the
  /// folder of sounds; empty: what is configured.
  void hold(ProgramCall& entry, const std::string& music, Done done, TimePoint now);
  void unhold(ProgramCall& entry, Done done, TimePoint now);
  /// The far end sits elsewhere now: its music begins anew.
  void restart_music(const ProgramCall& entry, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return tracks_.size(); }

 private:
  struct Track {
    CallId call;
    std::string id;
  };

  void hold_leg(ProgramCall& entry, LegId leg, const std::string& music, Done done, TimePoint now);
  void unhold_leg(ProgramCall& entry, LegId leg, Done done, TimePoint now);
  void start_music(ProgramCall& entry, LegId leg, const std::string& music, TimePoint now);
  void stop_music(LegId leg, TimePoint now);

  Parts parts_;
  std::map<LegId, Track> tracks_;  // of music of a program's own choice
};

}  // namespace junctor::apps::program
