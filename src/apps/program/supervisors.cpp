#include "apps/program/supervisors.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps::program {
namespace {

CallRef ref(CallId id) {
  return {{}, id};
}

std::string word(SupervisorMode mode) {
  return std::string(words(mode)[static_cast<std::size_t>(mode)]);
}

call::Voice voice_of(SupervisorMode mode, LegId agent) {
  switch (mode) {
    case SupervisorMode::listen:
      return {.to_all = false};
    case SupervisorMode::whisper:
      return {.to_all = false, .whispers_to = agent};
    case SupervisorMode::barge:
      return {};
  }
  return {.to_all = false};
}

}  // namespace

// ------------------------------------------------------------------------------------------------------- who is who

Result<ProgramCall*, Failure> Supervisors::supervisor_of(const CallRef& call, CallId target) {
  ProgramCall* const entry = parts_.programs.find(call.id);
  if (entry == nullptr) return fail(not_found(call.name));
  if (entry->ended) return fail(call_ended());
  if (!entry->answered || entry->held) return fail(invalid_state(call.name + " is not answered, or on hold"));
  const auto at = supervisions_.find(entry->id);
  if (at != supervisions_.end() ? at->second.target != target : entry->place != Place::alone)
    return fail(invalid_state(call.name + " is not alone"));
  const call::Leg* const leg = parts_.programs.leg_of(*entry);
  if (leg == nullptr || !leg->is_up() || !leg->port_is_open()) return fail(call_ended());
  return entry;
}

Result<ProgramCall*, Failure> Supervisors::target_of(const CallRef& call, CallId supervisor) {
  ProgramCall* const entry = parts_.programs.find(call.id);
  if (entry == nullptr) return fail(not_found(call.name));
  if (entry->id == supervisor) return fail(invalid_params("a call cannot supervise itself"));
  if (entry->ended) return fail(call_ended());
  if (entry->place == Place::supervising) return fail(invalid_state(call.name + " supervises a call"));
  const call::Leg* const leg = parts_.programs.leg_of(*entry);
  if (!entry->answered || leg == nullptr || !leg->is_up() || leg->mixer == nullptr)
    return fail(invalid_state(call.name + " is not answered"));
  return entry;
}

std::vector<call::Leg*> Supervisors::talkers(const call::Mixer& mixer) const {
  auto out = mixer.legs();
  std::erase_if(out, [&](const call::Leg* leg) { return supervisions_.contains(parts_.calls.call_of(leg->id())); });
  return out;
}

/// The customer is who is not one of our own phones, else who called, else whose call is supervised.
Supervisors::Parties Supervisors::parties(const ProgramCall& target, const call::Mixer& mixer) {
  const auto both = talkers(mixer);
  if (both.size() != 2) return {};
  const auto rank = [&](const call::Leg& leg) {
    const ProgramCall* const entry = parts_.programs.find(parts_.calls.call_of(leg.id()));
    const bool called_us = leg.direction() == call::LegDirection::inbound && (entry == nullptr || entry->inbound);
    return std::tuple(leg.kind() != call::LegKind::device, called_us, leg.id() == target.leg);
  };
  const bool first = rank(*both[0]) > rank(*both[1]);
  return {both[first ? 0 : 1]->id(), both[first ? 1 : 0]->id()};
}

Result<Supervisors::Parties, Failure> Supervisors::find_agent(const ProgramCall& target, const std::string& agent_leg,
                                                              const Requester& who, TimePoint now) {
  const call::Mixer& mixer = *parts_.programs.leg_of(target)->mixer;
  Parties out = parties(target, mixer);
  if (agent_leg.empty() || agent_leg == "agent") return out;
  const ProgramCall* const named = parts_.programs.find(who.token, agent_leg, now);
  const call::Leg* const leg =
      named != nullptr ? parts_.programs.leg_of(*named) : parts_.programs.leg_of(target, agent_leg);
  const auto here = talkers(mixer);
  if (leg == nullptr || std::ranges::find(here, leg) == here.end())
    return fail(failed("not_found", "agent_leg " + agent_leg + " does not talk with the call"));
  if (out.customer == leg->id()) out.customer = out.agent;
  out.agent = leg->id();
  return out;
}

// --------------------------------------------------------------------------------------------------------- beginning

void Supervisors::tell(EventBody body, CallId supervisor, CallId target, CallId agent, TimePoint now) {
  std::vector<CallId> others{supervisor, target};
  if (agent && agent != target) others.push_back(agent);
  parts_.events.publish({{}, std::move(others), {}, std::move(body)}, now);
}

void Supervisors::note(std::string_view what, const Supervision& one) {
  parts_.log.info("supervision", {{"what", std::string(what)},
                                  {"mode", word(one.mode)},
                                  {"supervisor", to_string(one.supervisor)},
                                  {"target", to_string(one.target)},
                                  {"token", one.who.token_name}});
}

void Supervisors::watch(Supervision& one) {
  ProgramCall* const target = parts_.programs.find(one.target);
  if (target == nullptr) return;
  const auto mine = std::ranges::find(target->watchers, one.who.session, &Watcher::session);
  if (mine != target->watchers.end()) {
    mine->mode = word(one.mode);
  } else {
    target->watchers.push_back({one.who.session, one.who.token, word(one.mode)});
    one.watches = true;
  }
}

void Supervisors::unwatch(const Supervision& one) {
  ProgramCall* const target = one.watches ? parts_.programs.find(one.target) : nullptr;
  if (target != nullptr)
    std::erase_if(target->watchers, [&](const Watcher& each) { return each.session == one.who.session; });
}

/// The supervisor sits where the call sits, and is heard by whom it should.
void Supervisors::apply(const Supervision& one, TimePoint now) {
  ProgramCall& supervisor = *parts_.programs.find(one.supervisor);
  call::Leg* const leg = parts_.programs.leg_of(supervisor);
  const call::Leg* const target = parts_.programs.leg_of(*parts_.programs.find(one.target));
  if (leg == nullptr || !leg->port_is_open() || target == nullptr || target->mixer == nullptr) return;
  const call::Voice voice = voice_of(one.mode, one.agent);
  leg->kept = true;
  supervisor.place = Place::supervising;
  if (leg->mixer == target->mixer) return leg->mixer->set_voice(*leg, voice);
  (void)parts_.calls.seat(supervisor.id, supervisor.leg, *target->mixer, now, voice);
}

template <class Started>
void Supervisors::supervise(SupervisorMode mode, const CallRef& supervisor_ref, const CallRef& target_ref,
                            const std::string& agent_leg, const Requester& who, Done done, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const auto supervisor = supervisor_of(supervisor_ref, target_ref.id);
  if (!supervisor) return done(fail(supervisor.error()), now);
  const auto target = target_of(target_ref, supervisor_ref.id);
  if (!target) return done(fail(target.error()), now);
  const auto who_is_who = find_agent(**target, agent_leg, who, now);
  if (!who_is_who) return done(fail(who_is_who.error()), now);
  if (mode == SupervisorMode::whisper && !who_is_who->agent)
    return done(fail(invalid_params("agent_leg is needed: it is not clear who is to hear the supervisor")), now);
  Supervision& one = supervisions_[supervisor_ref.id];
  if (one.who.session != who.session) {
    unwatch(one);
    one.watches = false;
  }
  one.supervisor = supervisor_ref.id;
  one.target = target_ref.id;
  one.mode = mode;
  one.customer = who_is_who->customer;
  one.agent = who_is_who->agent;
  one.who = who;
  apply(one, now);
  watch(one);
  const std::array<const call::Leg*, 2> legs{parts_.programs.leg_of(**supervisor), parts_.programs.leg_of(**target)};
  parts_.fence.after(
      legs,
      [this, id = one.supervisor, mode, done = std::move(done)](TimePoint then) {
        const auto at = supervisions_.find(id);
        if (at == supervisions_.end()) return done(fail(call_ended()), then);
        at->second.told = true;
        const Supervision now_is = at->second;
        done({}, then);
        note("begins", now_is);
        Started event{ref(now_is.supervisor), ref(now_is.target)};
        if constexpr (requires { event.mode; }) event.mode = word(mode);
        const bool agent_hears = mode != SupervisorMode::listen;
        tell(std::move(event), now_is.supervisor, now_is.target,
             agent_hears ? parts_.calls.call_of(now_is.agent) : CallId{}, then);
      },
      now);
}

namespace {

template <class Command>
std::function<void(Result<void, Failure>, TimePoint)> without_data(Reply<Command> reply) {
  return [reply = std::move(reply)](Result<void, Failure> done, TimePoint then) {
    if (!done) return reply(fail(done.error()), then);
    reply(NoData{}, then);
  };
}

}  // namespace

void Supervisors::run(const SupervisorListen& c, const Requester& who, Reply<SupervisorListen> reply, TimePoint now) {
  supervise<events::SupervisorListenStarted>(SupervisorMode::listen, c.supervisor_call_id, c.target_call_id, {}, who,
                                             without_data<SupervisorListen>(std::move(reply)), now);
}

void Supervisors::run(const SupervisorWhisper& c, const Requester& who, Reply<SupervisorWhisper> reply, TimePoint now) {
  supervise<events::SupervisorWhisperStarted>(SupervisorMode::whisper, c.supervisor_call_id, c.target_call_id,
                                              c.agent_leg, who, without_data<SupervisorWhisper>(std::move(reply)), now);
}

void Supervisors::run(const SupervisorBarge& c, const Requester& who, Reply<SupervisorBarge> reply, TimePoint now) {
  supervise<events::SupervisorBargeStarted>(SupervisorMode::barge, c.supervisor_call_id, c.target_call_id, c.agent_leg,
                                            who, without_data<SupervisorBarge>(std::move(reply)), now);
}

void Supervisors::run(const SupervisorSwitch& c, const Requester& who, Reply<SupervisorSwitch> reply, TimePoint now) {
  const auto at = supervisions_.find(c.supervisor_call_id.id);
  if (at == supervisions_.end() || at->second.target != c.target_call_id.id)
    return reply(fail(invalid_state(c.supervisor_call_id.name + " does not supervise " + c.target_call_id.name)), now);
  supervise<events::SupervisorModeChanged>(c.mode, c.supervisor_call_id, c.target_call_id, c.agent_leg, who,
                                           without_data<SupervisorSwitch>(std::move(reply)), now);
}

// --------------------------------------------------------------------------------------------------------------- end

Supervisors::Supervision Supervisors::forget(CallId supervisor) {
  const auto at = supervisions_.find(supervisor);
  const Supervision out = at->second;
  supervisions_.erase(at);
  unwatch(out);
  return out;
}

void Supervisors::run(const SupervisorStop& c, const Requester&, Reply<SupervisorStop> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const auto at = supervisions_.find(c.supervisor_call_id.id);
  if (at == supervisions_.end() || at->second.target != c.target_call_id.id)
    return reply(fail(invalid_state(c.supervisor_call_id.name + " does not supervise " + c.target_call_id.name)), now);
  const Supervision one = forget(c.supervisor_call_id.id);
  ProgramCall& supervisor = *parts_.programs.find(one.supervisor);
  parts_.bridges.seat_alone(supervisor, now);
  parts_.fence.after(
      std::array<const call::Leg*, 1>{parts_.programs.leg_of(supervisor)},
      [this, one, reply = std::move(reply)](TimePoint then) {
        reply(NoData{}, then);
        note("ends", one);
        tell(events::SupervisorModeStopped{ref(one.supervisor), ref(one.target)}, one.supervisor, one.target, {}, then);
      },
      now);
}

/// One of the two calls has ended.
void Supervisors::stop(CallId supervisor, TimePoint now) {
  const Supervision one = forget(supervisor);
  if (ProgramCall* const entry = parts_.programs.find(supervisor)) parts_.bridges.seat_alone(*entry, now);
  if (!one.told) return;
  note("ends", one);
  tell(events::SupervisorModeStopped{ref(one.supervisor), ref(one.target)}, one.supervisor, one.target, {}, now);
}

/// Whoever is whispered to is the one who was meant, or who has come in that one's place. Never the customer.
void Supervisors::follow(Supervision& one, TimePoint now) {
  const ProgramCall& target = *parts_.programs.find(one.target);
  const call::Leg* const leg = parts_.programs.leg_of(target);
  if (leg == nullptr || leg->mixer == nullptr) return;  // it is about to be seated
  const auto here = talkers(*leg->mixer);
  const auto is_here = [&](LegId id) {
    return std::ranges::any_of(here, [&](auto* each) { return each->id() == id; });
  };
  if (!is_here(one.agent) && is_here(one.customer) && here.size() == 2)
    one.agent = here[here[0]->id() == one.customer ? 1 : 0]->id();
  apply(one, now);
}

void Supervisors::on_call_event(const call::Event& event, TimePoint now) {
  if (supervisions_.empty()) return;
  const auto* const seated = std::get_if<call::Seated>(&event.body);
  const auto* const gone = std::get_if<call::LegGone>(&event.body);
  const bool ended = std::holds_alternative<call::Ended>(event.body);
  if (seated == nullptr && gone == nullptr && !ended) return;
  std::vector<CallId> over;
  for (auto& [id, one] : supervisions_) {
    const bool concerned = id == event.call || one.target == event.call;
    const ProgramCall* const entry = concerned ? parts_.programs.find(event.call) : nullptr;
    if (concerned && (ended || (gone != nullptr && entry != nullptr && gone->leg == entry->leg))) {
      over.push_back(id);
    } else if (seated != nullptr && id != event.call) {
      follow(one, now);
    }
  }
  for (const CallId id : over) stop(id, now);
}

}  // namespace junctor::apps::program
