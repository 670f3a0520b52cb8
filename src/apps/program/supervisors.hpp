#pragma once
// supervisor.*: somebody hears a call, speaks to its agent alone or to all, and may take the agent's place. The
// supervisor's far end sits where that of the call sits that is supervised, and follows it from mixer to mixer.
#include <map>
#include <string>
#include <vector>

#include "apps/program/bridges.hpp"
#include "apps/program/conference_rooms.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/supervisor_commands.hpp"
#include "base/log.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"

namespace junctor::apps::program {

class Supervisors {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Bridges& bridges;
    ConferenceRooms& rooms;
    call::MediaFence& fence;
    EventSink& events;
    Log& log;  ///< gets a line for each beginning, change and end: who, whom, how
  };
  explicit Supervisors(Parts parts) : parts_(parts) {}

  void run(const SupervisorListen& command, const Requester& who, Reply<SupervisorListen> reply, TimePoint now);
  void run(const SupervisorWhisper& command, const Requester& who, Reply<SupervisorWhisper> reply, TimePoint now);
  void run(const SupervisorBarge& command, const Requester& who, Reply<SupervisorBarge> reply, TimePoint now);
  void run(const SupervisorSwitch& command, const Requester& who, Reply<SupervisorSwitch> reply, TimePoint now);
  void run(const SupervisorStop& command, const Requester& who, Reply<SupervisorStop> reply, TimePoint now);
  void run(const SupervisorTakeover& command, const Requester& who, Reply<SupervisorTakeover> reply, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return supervisions_.size(); }

 private:
  using Done = std::function<void(Result<void, Failure>, TimePoint now)>;

  struct Supervision {
    CallId supervisor, target;
    SupervisorMode mode = SupervisorMode::listen;
    LegId customer, agent;  ///< none: not known, as in a conference
    Requester who;
    bool told = false;     ///< that it has begun
    bool watches = false;  ///< it made its session a watcher of the call
  };
  /// Who talks there, besides supervisors.
  struct Parties {
    LegId customer, agent;
  };

  // supervisors.cpp
  Result<ProgramCall*, Failure> supervisor_of(const CallRef& call, CallId target);
  Result<ProgramCall*, Failure> target_of(const CallRef& call, CallId supervisor);
  std::vector<call::Leg*> talkers(const call::Mixer& mixer) const;
  Parties parties(const ProgramCall& target, const call::Mixer& mixer);
  Result<Parties, Failure> find_agent(const ProgramCall& target, const std::string& agent_leg, const Requester& who,
                                      TimePoint now);
  template <class Started>
  void supervise(SupervisorMode mode, const CallRef& supervisor, const CallRef& target, const std::string& agent_leg,
                 const Requester& who, Done done, TimePoint now);
  void apply(const Supervision& one, TimePoint now);
  void follow(Supervision& one, TimePoint now);
  void watch(Supervision& one);
  void unwatch(const Supervision& one);
  /// It is out of the books.
  Supervision forget(CallId supervisor);
  void stop(CallId supervisor, TimePoint now);
  void tell(EventBody body, CallId supervisor, CallId target, CallId agent, TimePoint now);
  void note(std::string_view what, const Supervision& one);

  // takeovers.cpp
  struct Takeover;
  void take_over_pair(std::shared_ptr<Takeover> taking, ProgramCall& supervisor, TimePoint now);
  void take_over_leg(std::shared_ptr<Takeover> taking, ProgramCall& supervisor, TimePoint now);
  void finish(const Takeover& taking, Result<void, Failure> done, TimePoint now);
  void fail_takeover(const Takeover& taking, Failure why, TimePoint now);

  Parts parts_;
  std::map<CallId, Supervision> supervisions_;  // by the supervisor's call
};

}  // namespace junctor::apps::program
