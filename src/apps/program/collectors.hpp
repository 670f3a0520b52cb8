#pragma once
// dtmf.collect: the keys of one number, one event at the end.
#include <map>
#include <string>

#include "apps/program/call_commands.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "base/timer_wheel.hpp"

namespace junctor::apps::program {

class Collectors final : public TimerTarget {
 public:
  Collectors(ProgramCalls& programs, EventSink& events, TimerWheel& timers)
      : programs_(programs), events_(events), timers_(timers) {}
  ~Collectors() override;

  void run(const DtmfCollect& c, const Requester& who, Reply<DtmfCollect> reply, TimePoint now);
  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;
  std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    DtmfCollect wish;
    std::optional<LegId> leg;  // of this one alone
    std::optional<std::string> leg_name;
    std::string id, digits;
    TimePoint end{};
    std::uint64_t number = 0;  // names it in timers
    TimerId timer;
  };

  void wait(Running& running, Duration longest, TimePoint now);
  void finish(CallId call, TimePoint now);

  ProgramCalls& programs_;
  EventSink& events_;
  TimerWheel& timers_;
  std::map<CallId, Running> running_;
  std::uint64_t last_ = 0;
};

}  // namespace junctor::apps::program
