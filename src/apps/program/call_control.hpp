#pragma once
// What programs do with a call that is there: answering, refusing, ending, bridging, keys, variables.
#include <map>
#include <string>

#include "apps/program/bridges.hpp"
#include "apps/program/call_apps.hpp"
#include "apps/program/call_commands.hpp"
#include "apps/program/playbacks.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/ringbacks.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

class CallControl {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Bridges& bridges;
    Playbacks& playbacks;
    Ringbacks& ringbacks;
    const CallApps& apps;
    EventSink& events;
  };
  explicit CallControl(Parts parts) : parts_(parts) {}

  void run(const CallAnswer& c, const Requester& who, Reply<CallAnswer> reply, TimePoint now);
  void run(const CallReject& c, const Requester& who, Reply<CallReject> reply, TimePoint now);
  void run(const CallRing& c, const Requester& who, Reply<CallRing> reply, TimePoint now);
  void run(const CallHangup& c, const Requester& who, Reply<CallHangup> reply, TimePoint now);
  void run(const CallBridge& c, const Requester& who, Reply<CallBridge> reply, TimePoint now);
  void run(const CallUnbridge& c, const Requester& who, Reply<CallUnbridge> reply, TimePoint now);
  void run(const CallSetVar& c, const Requester& who, Reply<CallSetVar> reply, TimePoint now);
  void run(const CallGetVar& c, const Requester& who, Reply<CallGetVar> reply, TimePoint now);
  void run(const CallSendDtmf& c, const Requester& who, Reply<CallSendDtmf> reply, TimePoint now);
  void run(const CallLegRemove& c, const Requester& who, Reply<CallLegRemove> reply, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return answering_.size(); }

 private:
  Parts parts_;
  std::map<CallId, Reply<CallAnswer>> answering_;
};

}  // namespace junctor::apps::program
