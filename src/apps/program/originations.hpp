#pragma once
// Calls that programs make: from call.originate and call.leg_add to the answer, or to why there is none.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apps/dial.hpp"
#include "apps/program/call_commands.hpp"
#include "apps/program/destinations.hpp"
#include "apps/program/events.hpp"
#include "apps/program/playbacks.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/ringbacks.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

class Originations final : public TimerTarget {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Dialler& dialler;
    Destinations& destinations;
    Playbacks& playbacks;
    Ringbacks& ringbacks;
    EventSink& events;
    TimerWheel& timers;
  };
  /// Begins a recording as record.start would; the failure is for the log.
  using Record = std::function<void(ProgramCall&, const RecordOptions&, TimePoint)>;

  explicit Originations(Parts parts) : parts_(parts) {}
  ~Originations() override;

  void set_record(Record record) { record_ = std::move(record); }
  /// Names of headers that programs may add to an INVITE, without regard to case; empty: all but those that the hub
  /// itself writes.
  void set_headers(std::vector<std::string> allowed) { headers_ = std::move(allowed); }

  void run(const CallOriginate& c, const Requester& who, Reply<CallOriginate> reply, TimePoint now);
  void run(const CallLegAdd& c, const Requester& who, Reply<CallLegAdd> reply, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;
  std::size_t size() const { return waiting_.size() + legs_.size() + longest_.size(); }

 private:
  struct Waiting {  // for the answer
    CallOriginate wish;
    Reply<CallOriginate> reply;
    std::vector<std::vector<routing::Target>> targets;  // those still to try, one after the other
    std::size_t next = 0;
    call::Party shown;
    call::Headers headers;
    std::string music;  // track_id on hold_music_target
  };
  struct Leg {  // a further leg that is being called
    std::string name;
    Reply<CallLegAdd> reply;
    LegId leg;
  };

  Result<call::Headers, Failure> headers_of(const CallOriginate& c) const;
  void ring_next(CallId id, TimePoint now);
  void on_answered(CallId id, LegId leg, TimePoint now);
  void on_failed(CallId id, const call::Cause& why, TimePoint now);
  void on_calling(CallId id, TimePoint now);
  void start_waiting_music(CallId id, TimePoint now);
  void stop_waiting_music(const Waiting& waiting, CallId id, TimePoint now);
  void on_leg_answered(CallId id, LegId leg, TimePoint now);
  void on_leg_failed(CallId id, const call::Cause& why, TimePoint now);

  Parts parts_;
  Record record_;
  std::vector<std::string> headers_;
  std::map<CallId, Waiting> waiting_;
  std::map<CallId, Leg> legs_;         // one at a time in each call
  std::map<CallId, TimerId> longest_;  // max_duration_secs
};

}  // namespace junctor::apps::program
