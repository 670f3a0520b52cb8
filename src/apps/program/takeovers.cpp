// supervisor.takeover: the supervisor and the customer hear each other, and then the agent is let go.
#include <utility>

#include "apps/program/supervisors.hpp"

namespace junctor::apps::program {
namespace {

CallRef ref(CallId id) {
  return {{}, id};
}

const call::Cause& taken_over() {
  static const call::Cause cause{200, 16, "taken over by a supervisor"};
  return cause;
}

}  // namespace

struct Supervisors::Takeover {
  CallId supervisor, target, agent, customer;  // calls; agent and customer of a dialled call are the same one
  LegId agent_leg, customer_leg;
  Requester who;
  std::optional<Supervision> before;
  Reply<SupervisorTakeover> reply;
};

void Supervisors::run(const SupervisorTakeover& c, const Requester& who, Reply<SupervisorTakeover> reply,
                      TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  auto taking = std::make_shared<Takeover>();
  taking->supervisor = c.supervisor_call_id.id;
  taking->target = c.target_call_id.id;
  taking->who = who;
  taking->reply = std::move(reply);
  const auto supervisor = supervisor_of(c.supervisor_call_id, taking->target);
  if (!supervisor) return taking->reply(fail(supervisor.error()), now);
  const auto target = target_of(c.target_call_id, taking->supervisor);
  if (!target) return taking->reply(fail(target.error()), now);
  const auto parties = find_agent(**target, c.agent_leg, who, now);
  if (!parties) return fail_takeover(*taking, parties.error(), now);
  taking->agent_leg = parties->agent;
  taking->customer_leg = parties->customer;
  taking->agent = parts_.calls.call_of(parties->agent);
  taking->customer = parts_.calls.call_of(parties->customer);
  const ProgramCall* const customer = parts_.programs.find(taking->customer);
  if (customer != nullptr && customer->held)
    return fail_takeover(*taking, invalid_state("the customer is on hold"), now);
  const bool in_room = (*target)->place == Place::conference;
  if (!parties->agent || (!parties->customer && !in_room))
    return fail_takeover(*taking, invalid_state("it is not clear whose place is to be taken"), now);
  if (const auto at = supervisions_.find(taking->supervisor); at != supervisions_.end()) {
    taking->before = forget(taking->supervisor);
    parts_.bridges.seat_alone(**supervisor, now);
  }
  if (in_room) {
    return parts_.rooms.replace(
        taking->agent, taking->supervisor,
        [this, taking](Result<void, Failure> done, TimePoint then) { finish(*taking, std::move(done), then); }, now);
  }
  if (taking->agent == taking->customer) return take_over_leg(std::move(taking), **supervisor, now);
  take_over_pair(std::move(taking), **supervisor, now);
}

void Supervisors::take_over_pair(std::shared_ptr<Takeover> taking, ProgramCall& supervisor, TimePoint now) {
  ProgramCall& customer = *parts_.programs.find(taking->customer);
  parts_.bridges.part(customer, [](Result<void, Failure>, TimePoint) {}, now);
  parts_.bridges.join(
      supervisor, customer, false,
      [this, taking](Result<void, Failure> done, TimePoint then) {
        const bool well = done.has_value();
        finish(*taking, std::move(done), then);
        if (well) return (void)parts_.calls.hang_up(taking->agent, taken_over(), then);
        // As it was, as far as they are still there.
        ProgramCall* const left = parts_.programs.find(taking->customer);
        ProgramCall* const agent = parts_.programs.find(taking->agent);
        if (left == nullptr || agent == nullptr) return;
        parts_.bridges.join(*left, *agent, false, [](Result<void, Failure>, TimePoint) {}, then);
      },
      now);
}

/// Of a call between two phones the customer's leg stays.
void Supervisors::take_over_leg(std::shared_ptr<Takeover> taking, ProgramCall& supervisor, TimePoint now) {
  ProgramCall& target = *parts_.programs.find(taking->target);
  const LegId leg_before = std::exchange(target.leg, taking->customer_leg);
  parts_.programs.leg_of(target)->kept = true;
  parts_.bridges.seat_alone(target, now);
  parts_.bridges.join(
      supervisor, target, false,
      [this, taking, leg_before](Result<void, Failure> done, TimePoint then) {
        const bool well = done.has_value();
        finish(*taking, std::move(done), then);
        if (well) return (void)parts_.calls.hang_up_leg(taking->target, taking->agent_leg, taken_over(), then);
        ProgramCall* const left = parts_.programs.find(taking->target);
        if (left == nullptr || left->ended) return;
        if (parts_.calls.bridge(taking->target, taking->customer_leg, taking->agent_leg, then)) {
          left->leg = leg_before;
          left->place = Place::elsewhere;
        }
      },
      now);
}

void Supervisors::finish(const Takeover& taking, Result<void, Failure> done, TimePoint now) {
  if (!done) return fail_takeover(taking, std::move(done.error()), now);
  taking.reply(NoData{}, now);
  note("takes over", {.supervisor = taking.supervisor, .target = taking.target, .who = taking.who});
  tell(events::SupervisorTakeoverStarted{ref(taking.supervisor), ref(taking.target)}, taking.supervisor, taking.target,
       taking.agent, now);
  events::SupervisorTakeoverCompleted completed{ref(taking.supervisor), ref(taking.target), {}};
  if (taking.agent != taking.customer) completed.previous_agent_call_id = ref(taking.agent);
  tell(std::move(completed), taking.supervisor, taking.target, taking.agent, now);
}

void Supervisors::fail_takeover(const Takeover& taking, Failure why, TimePoint now) {
  tell(events::SupervisorTakeoverStarted{ref(taking.supervisor), ref(taking.target)}, taking.supervisor, taking.target,
       taking.agent, now);
  tell(events::SupervisorTakeoverFailed{ref(taking.supervisor), ref(taking.target), why.message}, taking.supervisor,
       taking.target, taking.agent, now);
  const ProgramCall* const supervisor = parts_.programs.find(taking.supervisor);
  if (taking.before && supervisor != nullptr && !supervisor->ended) {  // it goes on where the call is now
    Supervision& again = supervisions_[taking.supervisor] = *taking.before;
    watch(again);
    follow(again, now);
  }
  taking.reply(fail(std::move(why)), now);
}

}  // namespace junctor::apps::program
