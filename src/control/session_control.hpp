#pragma once
// Who controls which call: subscriptions, claims, attaching and letting go, what becomes of the calls of a session that
// is gone, and taking them back.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "base/random.hpp"
#include "base/timer_wheel.hpp"
#include "control/event_router.hpp"
#include "control/session.hpp"
#include "control/session_commands.hpp"

namespace junctor::control {

/// `[rwi]` of the configuration.
struct SessionLimits {
  std::size_t sessions_max = 2000;
  std::size_t calls_max = 200;             ///< that one session controls; 0: no bound
  std::uint32_t originates_a_second = 10;  ///< of one session; 0: no bound
  Duration orphan_hold = seconds(30);
};

class SessionControl final : public TimerTarget {
 public:
  struct Parts {
    Sessions& sessions;
    apps::program::ProgramCalls& programs;
    EventRouter& events;
    EventLog& log;
    TimerWheel& timers;
    Random& random;
    const WallClock& wall;
  };
  /// What is done with calls whose session is gone.
  struct Orphans {
    /// A call waits alone: it hears music, until it has a session again.
    std::function<void(apps::program::ProgramCall&, bool waits, TimePoint)> wait;
    /// Nobody came back.
    std::function<void(apps::program::ProgramCall&, TimePoint)> give_up;
  };
  static constexpr std::size_t gone_max = 10'000;  ///< sessions that may still be resumed
  static constexpr Duration gone_kept = minutes(15);

  using Requester = apps::program::Requester;
  template <class Command>
  using Reply = apps::program::Reply<Command>;

  SessionControl(Parts parts, Orphans orphans) : parts_(parts), orphans_(std::move(orphans)) {}

  void set_limits(const SessionLimits& limits) { limits_ = limits; }
  const SessionLimits& limits() const { return limits_; }

  /// Gives the new session its name and secret.
  void on_open(Session& session, TimePoint now);
  /// Its calls are orphaned; the session is removed by the caller.
  void on_close(Session& session, TimePoint now);

  /// Nothing: the session may do what needs control of this call, after claim() if it is still offered.
  std::optional<apps::program::Failure> check_control(const Session& session, const apps::program::ProgramCall& call,
                                                      bool claims, bool forced) const;
  /// An offered call is the session's from now on.
  void claim(const Session& session, apps::program::ProgramCall& call);
  /// The command that claimed it came to nothing: it is offered again.
  void give_back(apps::program::ProgramCall& call);
  bool may_see(const Session& session, const apps::program::ProgramCall& call) const;
  std::size_t calls_of(SessionId session) const;
  /// What it is called; empty: there is none.
  std::string name_of(SessionId session) const;
  std::optional<apps::program::Failure> check_call_limit(const Session& session) const;

  void run(const SessionSubscribe& c, const Requester& who, const Reply<SessionSubscribe>& reply, TimePoint now);
  void run(const SessionUnsubscribe& c, const Requester& who, const Reply<SessionUnsubscribe>& reply, TimePoint now);
  void run(const SessionListCalls& c, const Requester& who, const Reply<SessionListCalls>& reply, TimePoint now);
  void run(const SessionAttachCall& c, const Requester& who, const Reply<SessionAttachCall>& reply, TimePoint now);
  void run(const SessionDetachCall& c, const Requester& who, const Reply<SessionDetachCall>& reply, TimePoint now);
  void run(const SessionResume& c, const Requester& who, const Reply<SessionResume>& reply, TimePoint now);
  void run(const CallResume& c, const Requester& who, const Reply<CallResume>& reply, TimePoint now);
  void run(const SessionPing& c, const Requester& who, const Reply<SessionPing>& reply, TimePoint now);

  void on_timer(std::uint64_t token, TimePoint now) override;

 private:
  struct Gone {
    SessionId session;
    TokenId token;
    std::string name, secret;
    TimePoint at{};
    TimerId timer;
  };

  std::vector<apps::program::CallRef> reclaim(Session& session, const std::string& secret, CallId only, TimePoint now);
  Replay replay(Session& session, std::uint64_t last_sequence, CallId call, TimePoint now);
  ListedCall listed(const Session& session, const apps::program::ProgramCall& call) const;

  Parts parts_;
  Orphans orphans_;
  SessionLimits limits_;
  std::map<SessionId, Gone> gone_;
};

}  // namespace junctor::control
