#pragma once
// From a command's JSON to its result: what it is, whether it may be given, its turn, and the one answer it gets.
//
// In this order, the first that does not hold is the answer: it is JSON with an action and an action_id; it was not
// given before; the action is known; the token has its scope; its parameters fit; the rate is kept; its calls exist and
// may be seen; the session controls them; their state is the one that was expected. What else can be wrong, who runs it
// finds out.
//
// Commands on one call are done one after the other, in the order in which they came; others wait for nobody. What is
// about a whole conference room waits for the commands on its members that came before it, and they for it.
// call.hangup waits for nobody.
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/program/program_calls.hpp"
#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/timer_wheel.hpp"
#include "base/web.hpp"
#include "control/all_commands.hpp"
#include "control/command_counts.hpp"
#include "control/dialect.hpp"
#include "control/event_router.hpp"
#include "control/handlers.hpp"
#include "control/result_memory.hpp"
#include "control/session.hpp"

namespace junctor::control {

/// Counters: rwi_commands, rwi_failures, rwi_duplicates, rwi_commands_waited (for another one on the same call), and
/// those of CommandCounts.
///
/// What must be answered for later (supervision, recordings and what is masked in them, control of somebody else's
/// call) becomes a line "audit" of the log, whatever its outcome.
class Dispatcher final : private TimerTarget {
 public:
  static constexpr std::size_t waiting_max = 1'000;  ///< commands that wait for their call, of one session
  static constexpr std::size_t batch_max = 100;      ///< commands in one frame

  struct Parts {
    WebServer& web;
    Sessions& sessions;
    apps::program::ProgramCalls& programs;
    EventRouter& events;
    SessionControl& control;
    Handlers handlers;
    TimerWheel& timers;
    Log& log;
    Counters& counters;
  };
  explicit Dispatcher(Parts parts);
  ~Dispatcher() override;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// One text message: a command, or an array of them. `respond_to`: the HTTP request that it came with; none: the
  /// results go to the session.
  void on_text(Session& session, std::string_view message, WebId respond_to, TimePoint now);

  std::size_t waiting() const { return jobs_.size(); }

 private:
  using Failure = apps::program::Failure;

  /// A command under way, and where its result goes.
  struct Issued {
    SessionId session;
    std::string session_name;
    std::shared_ptr<const Token> token;
    Dialect dialect = Dialect::seed;
    WebId respond_to;
    std::string action_id, action, call_id;
    const apps::program::CommandInfo* info = nullptr;  ///< null: no such command
    TimePoint since{};
    std::vector<std::string> calls;  ///< as the audit names them: the hub's ids, or what the program said; none else
    std::string owner;               ///< whose call it was, of forced control
    bool records = false;            ///< a call that is recorded from its beginning on
    bool dry_run = false, force = false, known = false;
    std::string if_state;
    std::optional<std::uint64_t> if_seq;
    std::uint64_t job = 0;  // 0: it has no turn to give up
    CallId claimed;         // an offered call that the session has got by it
  };
  using Shared = std::shared_ptr<Issued>;
  /// A call or a conference room, and whether others may have it at the same time.
  struct Subject {
    std::string key;
    bool shared = false;
  };
  struct Job {
    std::vector<Subject> subjects;
    std::function<void(TimePoint)> run;
    bool running = false;
    SessionId session;
  };
  using Start = void (Dispatcher::*)(const Shared& issued, const boost::json::object& params, TimePoint now);
  struct Action {
    const apps::program::CommandInfo* info = nullptr;
    Start start = nullptr;
  };

  void on_command(Session& session, const boost::json::value& command, WebId respond_to, TimePoint now);
  bool is_repeated(const Shared& issued, const boost::json::object& command, TimePoint now);

  template <class Command>
  void add_action();
  template <class Command>
  void start(const Shared& issued, const boost::json::object& params, TimePoint now);
  template <class Command>
  void run(const Shared& issued, Command command, TimePoint now);
  template <class Command>
  std::optional<Failure> check_calls(Issued& issued, Command& command, TimePoint now);
  /// Whoever may claim the offered call that the command is about has it.
  template <class Command>
  void take_calls(Issued& issued, const Command& command);

  Shared issue(const Session& session, WebId respond_to, TimePoint now) const;
  static bool is_audited(const Issued& issued);
  void audit(const Issued& issued, const std::optional<Failure>& failure);
  void finish(const Shared& issued, std::optional<Failure> failure, std::string data, TimePoint now);
  void send(const Issued& issued, const Outcome& outcome, bool duplicate);
  void queue(const Shared& issued, std::vector<Subject> subjects, std::function<void(TimePoint)> run, TimePoint now);
  void give_up_turn(std::uint64_t job, TimePoint now);
  bool is_next(std::uint64_t number, const Job& job) const;
  /// Begins those whose turn has come: after the events of the commands before them.
  void on_timer(std::uint64_t token, TimePoint now) override;

  Parts parts_;
  Counter& commands_;
  Counter& failures_;
  Counter& duplicates_;
  Counter& waited_;
  CommandCounts counts_;
  std::unordered_map<std::string_view, Action> actions_;
  std::map<TokenId, ResultMemory> memories_;
  // Repetitions while the first is under way.
  std::map<std::pair<TokenId, std::string>, std::vector<Shared>> repeated_;
  std::map<std::uint64_t, Job> jobs_;
  std::unordered_map<SessionId, std::size_t> waiting_;  // jobs that do not run yet
  struct Waiting {
    std::uint64_t job = 0;
    bool shared = false;
  };
  std::unordered_map<std::string, std::vector<Waiting>> turns_;  // by Subject::key
  std::uint64_t last_job_ = 0;
  std::set<std::uint64_t> next_jobs_;  // whose turn has come, or may have
  TimerId next_timer_;
};

}  // namespace junctor::control
