#pragma once
// Applications of the hub that a program hands a call to, and takes it back from: what a caller can also dial.
#include <map>
#include <optional>
#include <string>

#include "apps/conference.hpp"
#include "apps/hold_music.hpp"
#include "apps/program/call_commands.hpp"
#include "apps/program/destinations.hpp"
#include "apps/program/program_calls.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"

namespace junctor::apps::program {

class CallApps {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    HoldMusic& music;
    Conferences& conferences;
    const Destinations& destinations;  ///< has the rooms of the configuration
    call::MediaFence& fence;
  };
  explicit CallApps(Parts parts) : parts_(parts) {}

  void run(const CallAppStart& c, const Requester& who, Reply<CallAppStart> reply, TimePoint now);
  void run(const CallAppStop& c, const Requester& who, Reply<CallAppStop> reply, TimePoint now);
  void run(const AppChain& c, const Requester& who, Reply<AppChain> reply, TimePoint now);

  bool has(CallId call) const { return running_.contains(call); }
  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return running_.size(); }

 private:
  enum class Kind : std::uint8_t { echo, tone, hold_music, conference };
  struct Running {
    Kind kind = Kind::echo;
    std::optional<media::PlayId> tone;
  };

  /// Nothing: it has the call.
  std::optional<Failure> start(ProgramCall& entry, const std::string& name, const AppParams& params, TimePoint now);
  std::optional<Failure> enter(ProgramCall& entry, const std::string& room, TimePoint now);
  void stop(ProgramCall& entry, TimePoint now);
  template <class Command>
  void reply_when_heard(const ProgramCall& entry, Reply<Command> reply, TimePoint now);

  Parts parts_;
  std::map<CallId, Running> running_;
};

}  // namespace junctor::apps::program
