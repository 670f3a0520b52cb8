#pragma once
// Ordinary dialling, above Call: a routing decision becomes legs that ring, the first answer wins, and what nobody
// takes goes where it is sent next or back to the caller as one status. Transfers ring through here too.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/conference.hpp"
#include "apps/office.hpp"
#include "apps/park.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"
#include "registrar/registrar.hpp"
#include "routing/routing.hpp"

namespace junctor::apps {

class Dialler final : public TimerTarget {
 public:
  /// How often one call may be sent on (busy, no answer, unregistered) before it is given up.
  static constexpr int hops_max = 8;

  struct Parts {
    call::Calls& calls;
    registrar::Registrar& registrar;
    const routing::Directory& directory;
    Conferences& conferences;
    Parking& parking;
    TimerWheel& timers;
  };

  explicit Dialler(Parts parts);

  /// Takes calls that are routed to programs; why not, if not.
  using Offer = std::function<std::optional<call::Cause>(
      CallId call, const std::string& context, const routing::Facts& facts, OfficeSnapshot office, TimePoint now)>;
  void set_offer(Offer offer) { offer_ = std::move(offer); }

  /// What was decided for a call whose first leg waits. `office` is what the call began with.
  void begin(CallId call, routing::Facts facts, routing::Decision decision, OfficeSnapshot office, TimePoint now);

  /// Rings in the name of a leg that is talking already (a transfer). One of `answered` (with the leg that did),
  /// `taken` (the leg itself is at its destination: a conference, a lot) and `failed` is called, once.
  struct Outcome {
    std::function<void(LegId, TimePoint)> answered;
    std::function<void(const std::string& where, TimePoint)> taken;
    std::function<void(const call::Cause&, TimePoint)> failed;
    std::function<void(int status, TimePoint)> ringing;
  };
  void ring_for(CallId call, LegId like, call::Party shown, routing::Facts facts, routing::Action action,
                call::Headers headers, OfficeSnapshot office, Outcome outcome, TimePoint now);
  bool is_ringing(CallId call) const { return dials_.contains(call); }
  OfficeSnapshot office_of(CallId call) const;
  /// Whether trunk.max_calls calls, either way, are going on.
  bool trunk_is_full(const Trunk& trunk) const;

  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;

  std::size_t size() const { return dials_.size() + offices_.size(); }

 private:
  struct Branch {
    LegId leg;
    std::size_t target = 0;  // index into Ring::targets
    bool over = false;
  };
  struct Dial {
    CallId call;
    std::uint32_t number = 0;  // names it in timer tokens
    LegId caller;              // who waits: the first leg, or the one that is being transferred
    bool transferring = false;
    Outcome outcome;
    call::Headers headers;
    call::Party shown;
    routing::Facts facts;
    routing::Ring ring;
    std::vector<Branch> branches;
    std::vector<TimerId> timers;  // [0] no answer; [1 + 2i] start, [2 + 2i] end of target i
    std::size_t waiting = 0;      // targets that have not begun to ring
    std::optional<call::Cause> best;
    int told = 0;  // highest provisional that the caller has: 0, 180, 183
    int hops = 0;
  };

  void act(Dial& dial, routing::Action action, TimePoint now);
  bool act_on_feature(Dial& dial, const routing::Feature& feature, TimePoint now);
  void go_to_conference(Dial& dial, const std::string& name, TimePoint now);
  void go_to_program(Dial& dial, const std::string& context, TimePoint now);
  void park(Dial& dial, const routing::Feature& feature, TimePoint now);
  void arrive(Dial& dial, const std::optional<call::Cause>& refused, const std::string& where, TimePoint now);
  void ring_back(CallId call, LegId leg, const std::string& user, TimePoint now);
  void start_ring(Dial& dial, TimePoint now);
  void ring_target(Dial& dial, std::size_t index, TimePoint now);
  void ring_contact(Dial& dial, std::size_t index, const registrar::Contact& contact, const std::string& user,
                    TimePoint now);
  void ring_uri(Dial& dial, std::size_t index, const routing::Dial& to, TimePoint now);
  void add_branch(Dial& dial, std::size_t index, call::Call::AddLeg leg, TimePoint now);
  void note_failure(Dial& dial, const call::Cause& cause);
  void check_exhausted(Dial& dial, TimePoint now);
  void stop_branches(Dial& dial, LegId but, const call::Cause& why, TimePoint now);
  void give_up(Dial& dial, const call::Cause& why, TimePoint now);
  bool send_on(Dial& dial, const std::optional<routing::Destination>& to, TimePoint now);
  void finish(CallId call);
  void arm(Dial& dial, std::size_t slot, Duration after, TimePoint now);
  void on_leg_answered(Dial& dial, LegId leg, TimePoint now);

  call::Calls& calls_;
  registrar::Registrar& registrar_;
  const routing::Directory& directory_;
  Conferences& conferences_;
  Parking& parking_;
  TimerWheel& timers_;
  std::unordered_map<CallId, Dial> dials_;
  std::unordered_map<CallId, OfficeSnapshot> offices_;  // of every call that is alive
  std::unordered_map<std::uint32_t, CallId> numbers_;
  std::uint32_t next_number_ = 1;
  Offer offer_;
};

}  // namespace junctor::apps
