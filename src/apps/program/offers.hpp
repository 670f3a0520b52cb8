#pragma once
// Inbound calls that were routed to programs: each rings until somebody claims it, or until its context has waited long
// enough and says where it goes.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apps/dial.hpp"
#include "apps/program/events.hpp"
#include "apps/program/playbacks.hpp"
#include "apps/program/program_calls.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

enum class NoAnswer : std::uint8_t { hangup, transfer, play_tone };

/// `[[rwi.contexts]]`.
struct Context {
  std::string name;
  seconds no_answer_timeout{30};
  NoAnswer no_answer = NoAnswer::hangup;
  std::string target;  ///< of a transfer
};

class Offers final : public TimerTarget {
 public:
  static constexpr seconds tone_time{60};  ///< NoAnswer::play_tone

  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Dialler& dialler;
    const routing::Directory& directory;
    Playbacks& playbacks;
    EventSink& events;
    TimerWheel& timers;
  };
  explicit Offers(Parts parts) : parts_(parts) {}
  ~Offers() override;

  /// For calls that come from now on. `headers`: which of an INVITE programs are shown, without regard to case.
  void set_contexts(std::vector<Context> contexts, std::vector<std::string> headers);

  /// A waiting call for the programs that follow `context`; why not, if there is no such context.
  std::optional<call::Cause> offer(CallId call, const std::string& context, const routing::Facts& facts,
                                   OfficeSnapshot office, TimePoint now);
  /// Nobody has claimed it, or whoever did is gone.
  void give_up(CallId call, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;
  std::size_t size() const { return offers_.size(); }

 private:
  struct Offer {
    Context context;
    routing::Facts facts;
    OfficeSnapshot office;
    TimerId timer;
    bool has_tone = false;
  };

  void transfer(CallId call, const Offer& offer, TimePoint now);
  void play_tone(CallId call, Offer& offer, TimePoint now);

  Parts parts_;
  std::vector<Context> contexts_;
  std::vector<std::string> headers_;
  std::map<CallId, Offer> offers_;
};

}  // namespace junctor::apps::program
