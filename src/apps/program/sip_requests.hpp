#pragma once
// SIP requests inside the dialogs of programs' calls: those that they send, and those that come. What comes goes by the
// rules of [rwi.smart_routing.in_dialog]; where none fits, it is told and goes to whom the call is bridged with.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/program/bridges.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/sip_commands.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

/// What is done with requests of a kind.
struct DialogRule {
  enum class Action : std::uint8_t {
    forward_leg,  ///< to the other side
    forward_rwi,  ///< to the program, which answers it when it is waited for; else it is answered 200
    auto_reply,   ///< with `code`
    drop,         ///< answered 200, and nobody else hears of it
  };
  std::string method;        ///< "INFO"
  std::string content_type;  ///< "application/json", "text/*", "*/*"
  Action action = Action::forward_leg;
  bool wait_response = false;
  Duration timeout = seconds(5);
  int code = 200;

  bool fits(std::string_view with_method, std::string_view with_content_type) const;
};

struct DialogRules {
  bool enabled = false;
  bool notify = false;            ///< programs hear of what is forwarded to the other side, too
  std::vector<DialogRule> rules;  ///< those that go first, first
};

class SipRequests final : public TimerTarget {
 public:
  static constexpr std::size_t open_max = 1'000;  ///< requests that wait for sip.respond, all together

  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Bridges& bridges;
    EventSink& events;
    TimerWheel& timers;
    Random& random;
    const WallClock& wall;
  };
  explicit SipRequests(Parts parts);
  ~SipRequests() override;

  void set_rules(DialogRules rules) { rules_ = std::move(rules); }

  void run(const SipMessage& c, const Requester& who, Reply<SipMessage> reply, TimePoint now);
  void run(const SipNotify& c, const Requester& who, Reply<SipNotify> reply, TimePoint now);
  void run(const SipInfo& c, const Requester& who, Reply<SipInfo> reply, TimePoint now);
  void run(const SipOptionsPing& c, const Requester& who, Reply<SipOptionsPing> reply, TimePoint now);
  void run(const SipRespond& c, const Requester& who, Reply<SipRespond> reply, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;
  std::size_t size() const { return open_.size(); }

 private:
  struct Open {  // waits for sip.respond
    CallId call;
    call::MessageReceived message;
    TimerId timer;
    std::uint64_t number = 0;
  };

  const DialogRule* rule_for(const call::MessageReceived& message) const;
  call::MessageFate fate_of(CallId call, const call::MessageReceived& message);
  void on_message(const ProgramCall& entry, const call::MessageReceived& message, TimePoint now);
  void tell(const ProgramCall& entry, const call::MessageReceived& message, TimePoint now);
  void wait_for_program(const ProgramCall& entry, const call::MessageReceived& message, const DialogRule& rule,
                        TimePoint now);
  /// To the other side, if there is one; else it is answered here.
  void pass(CallId call, const call::MessageReceived& message, TimePoint now);
  template <class Command>
  void ask(const Command& c, sip::Method method, call::Headers headers, Reply<Command> reply, TimePoint now);

  Parts parts_;
  DialogRules rules_;
  std::map<std::string, Open> open_;  // by request_id
  std::uint64_t last_ = 0;
};

}  // namespace junctor::apps::program
