#pragma once
// The calls that programs have to do with: what they are called, who controls them, what is kept with them. One index;
// an entry is there from before a call's first event until a while after its last one.
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "apps/program/events.hpp"
#include "apps/program/vocabulary.hpp"
#include "base/time.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

enum class Ownership : std::uint8_t {
  offered,   ///< inbound, waits for somebody to claim it
  owned,     ///< a session controls it
  unowned,   ///< it was let go by detach, or nobody ever had to do with it
  orphaned,  ///< its session is gone
};

/// Where the call's far end is.
enum class Place : std::uint8_t {
  alone,
  bridged,
  conference,  ///< a room of a program
  supervising,
  application,  ///< with others, by an application of the hub
  elsewhere
};

struct Watcher {
  SessionId session;
  TokenId token;
  std::string mode;  ///< listen, whisper, barge
};

struct ProgramCall {
  CallId id;
  TokenId token;        ///< in whose name space `name` is; none: nobody's yet
  std::string name;     ///< what its program calls it
  std::string context;  ///< it was offered to; empty: none
  Ownership ownership = Ownership::unowned;
  SessionId owner;  ///< changed by ProgramCalls alone
  std::vector<Watcher> watchers;
  bool inbound = false;
  bool began_here = false;  ///< by call.originate
  std::string caller, callee, trunk;
  LegId leg;                                  ///< its own far end; of a race, whoever answered
  std::map<std::string, LegId> further_legs;  ///< by leg_id, of call.leg_add
  std::map<std::string, std::string> variables;
  Place place = Place::alone;
  bool held = false;
  bool consults = false;  ///< held for an attended transfer, whose result it waits for
  std::optional<TimePoint> answered, ended;
  TimePoint started{};
  bool silent = false;        ///< nobody was told that there is such a call: an originate that failed
  std::string hangup_reason;  ///< a word for the terminal event, where a command ended it; empty: by its cause
  std::string hangup_by;      ///< likewise: "system", "transfer"
  std::shared_ptr<const events::CallIncoming> announcement;  ///< while it is offered
  std::vector<SessionId> offered_to;                         ///< who was told of it, and nothing yet of its fate
  std::uint64_t last_seq = 0;                                ///< of the last event about it
};

/// "offered", "calling", "answered", "bridged", "held", "conference", "supervising", "ended".
std::string_view state_of(const ProgramCall& call);

class ProgramCalls {
 public:
  static constexpr Duration remembered = seconds(60);  ///< names of calls that are over

  explicit ProgramCalls(call::Calls& calls) : calls_(calls) {}

  /// The caller fills it. `name` is empty: the hub's id. The name is free (see is_taken()).
  ProgramCall& add(CallId id, TokenId token, std::string name, TimePoint now);
  bool is_taken(TokenId token, std::string_view name) const;

  ProgramCall* find(CallId id);
  const ProgramCall* find(CallId id) const;
  /// As a program of this token would say: its own name for it, else the hub's id. An ordinary call of the hub that no
  /// program had to do with is found by its id and gets an entry.
  ProgramCall* find(TokenId token, std::string_view name, TimePoint now);
  /// What programs of this token are shown.
  std::string name_for(TokenId token, CallId id) const;
  /// Moves it into another token's name space under the hub's id, which everybody may say.
  void give(ProgramCall& entry, TokenId token, SessionId session);
  /// None: nobody controls it any more.
  void set_owner(ProgramCall& entry, SessionId session);
  /// Calls that are not over, oldest first.
  const std::set<CallId>& owned_by(SessionId session) const;

  /// The far end, or the further leg of that name ("caller" and "callee" are the legs of a dialled call); null: it has
  /// none.
  call::Leg* leg_of(const ProgramCall& entry, std::string_view leg_id = {});
  /// leg_id of events: null for the call's own far end.
  std::optional<std::string> leg_name(const ProgramCall& entry, LegId leg) const;

  /// The last event of the call has been published.
  void on_ended(CallId id, TimePoint now);
  void for_each(const std::function<void(ProgramCall&)>& look);
  std::size_t size() const { return entries_.size() - ended_.size(); }

 private:
  void forget_old(TimePoint now);
  void forget_name(const ProgramCall& entry);
  void disown(const ProgramCall& entry);

  call::Calls& calls_;
  std::unordered_map<CallId, ProgramCall> entries_;
  std::map<std::pair<TokenId, std::string>, CallId> names_;
  std::unordered_map<SessionId, std::set<CallId>> owned_;
  std::deque<CallId> ended_;  // oldest first
};

}  // namespace junctor::apps::program
