#include "apps/dial.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "sip/uri.hpp"

namespace junctor::apps {

using call::Cause;

namespace {

constexpr std::uint64_t slots_of_dial = 1u << 16;

/// What a refusal of a phone or carrier becomes toward the caller (the interface's table).
Cause toward_caller(const Cause& cause, bool device) {
  switch (cause.status) {
    case 408:
      return {480, device ? 20 : 102, device ? "not reachable" : "no response"};
    case 503:
      // 34: it is we who have no port left.
      return device && cause.q850 != 34 ? Cause{480, 20, "not reachable"} : cause;
    case 401:
    case 402:
    case 407:
      return {403, 21, "refused by the destination"};
    default:
      // Not followed: where calls are sent on is for the user's settings and the routes to say, not for a phone.
      if (cause.status >= 300 && cause.status < 400) return {480, 18, "redirected"};
      return cause;
  }
}

/// Lower is better: any 6xx, then the lowest class, 486 before 480 (interface, "forked").
int rank(const Cause& cause) {
  if (cause.status >= 600) return 0;
  if (cause.status == 486) return 100;
  if (cause.status == 480) return 101;
  return cause.status / 100 * 100 + 50;
}

Cause refusal_cause(call::Refusal refusal) {
  switch (refusal) {
    case call::Refusal::no_common_codec:
      return {488, 88, "no common codec"};
    case call::Refusal::no_port:
      return {503, 34, "no media port is free"};
    default:
      return {500, 41, std::string(to_string(refusal))};
  }
}

}  // namespace

Dialler::Dialler(Parts parts)
    : calls_(parts.calls),
      registrar_(parts.registrar),
      directory_(parts.directory),
      conferences_(parts.conferences),
      parking_(parts.parking),
      timers_(parts.timers) {
  parking_.set_ring_back(
      [this](CallId call, LegId leg, const std::string& user, TimePoint now) { ring_back(call, leg, user, now); });
}

OfficeSnapshot Dialler::office_of(CallId call) const {
  const auto at = offices_.find(call);
  return at == offices_.end() ? nullptr : at->second;
}

void Dialler::begin(CallId id, routing::Facts facts, routing::Decision decision, OfficeSnapshot office, TimePoint now) {
  const call::Calls::Turn turn(calls_, now);
  call::Call* const call = calls_.find(id);
  if (call == nullptr) return;
  offices_[id] = std::move(office);
  Dial& dial = dials_[id];
  dial.call = id;
  dial.number = next_number_++;
  numbers_[dial.number] = id;
  dial.caller = call->first_leg_id();
  dial.shown = call->caller();
  dial.facts = std::move(facts);
  act(dial, std::move(decision.action), now);
}

void Dialler::ring_for(CallId id, LegId like, call::Party shown, routing::Facts facts, routing::Action action,
                       call::Headers headers, OfficeSnapshot office, Outcome outcome, TimePoint now) {
  const call::Calls::Turn turn(calls_, now);
  if (dials_.contains(id) || calls_.find(id) == nullptr) return outcome.failed({491, 41, "busy with another"}, now);
  offices_[id] = std::move(office);
  Dial& dial = dials_[id];
  dial.call = id;
  dial.number = next_number_++;
  numbers_[dial.number] = id;
  dial.caller = like;
  dial.transferring = true;
  dial.shown = std::move(shown);
  dial.facts = std::move(facts);
  dial.headers = std::move(headers);
  dial.outcome = std::move(outcome);
  act(dial, std::move(action), now);
}

// ------------------------------------------------------------------------------------------------------------ actions

void Dialler::act(Dial& dial, routing::Action action, TimePoint now) {
  if (auto* ring = std::get_if<routing::Ring>(&action)) {
    dial.ring = std::move(*ring);
    return start_ring(dial, now);
  }
  if (const auto* reject = std::get_if<routing::Reject>(&action))
    return give_up(dial, {reject->code, reject->q850, reject->reason}, now);
  if (const auto* feature = std::get_if<routing::Feature>(&action))
    if (act_on_feature(dial, *feature, now)) return;
  if (const auto* conference = std::get_if<routing::Conference>(&action))
    return go_to_conference(dial, conference->name, now);
  const auto* const rwi = std::get_if<routing::Rwi>(&action);
  if (rwi != nullptr && offer_ && !dial.transferring) return go_to_program(dial, rwi->context, now);
  give_up(dial, {501, 79, "not implemented: " + routing::to_string(action)}, now);
}

bool Dialler::act_on_feature(Dial& dial, const routing::Feature& feature, TimePoint now) {
  using routing::FeatureKind;
  switch (feature.kind) {
    case FeatureKind::echo:
    case FeatureKind::tone: {
      if (dial.transferring) return false;
      const auto source = feature.kind == FeatureKind::echo ? call::Call::Source::echo : call::Call::Source::tone;
      const auto done = calls_.answer_with_source(dial.call, dial.caller, source, now);
      arrive(dial, done ? std::nullopt : std::optional(refusal_cause(done.error())), {}, now);
      return true;
    }
    case FeatureKind::park:
    case FeatureKind::park_lot:
      park(dial, feature, now);
      return true;
    default:
      return false;
  }
}

/// The leg is where it was to go, or was refused there.
void Dialler::arrive(Dial& dial, const std::optional<Cause>& refused, const std::string& where, TimePoint now) {
  if (refused) return give_up(dial, *refused, now);
  const auto taken = dial.transferring ? std::move(dial.outcome.taken) : nullptr;
  finish(dial.call);
  if (taken) taken(where, now);
}

void Dialler::go_to_conference(Dial& dial, const std::string& name, TimePoint now) {
  const auto office = office_of(dial.call);
  const ConferenceRoom* const room = office->find_conference(name);
  if (room == nullptr) return give_up(dial, {404, 1, "no such conference"}, now);
  arrive(dial,
         dial.transferring ? conferences_.bring(dial.call, dial.caller, *room, now)
                           : conferences_.join(dial.call, dial.caller, *room, now),
         name, now);
}

void Dialler::go_to_program(Dial& dial, const std::string& context, TimePoint now) {
  const CallId id = dial.call;
  const routing::Facts facts = dial.facts;
  const OfficeSnapshot office = office_of(id);
  if (const auto refused = offer_(id, context, facts, office, now)) return give_up(dials_.at(id), *refused, now);
  finish(id);
}

/// A transfer parks; a call of one's own takes back.
void Dialler::park(Dial& dial, const routing::Feature& feature, TimePoint now) {
  const bool any = feature.kind == routing::FeatureKind::park;
  if (!dial.transferring) {
    const std::string lot = any ? parking_.last_of(dial.facts.user) : feature.argument;
    return arrive(dial, parking_.take(dial.call, dial.caller, lot, now), lot, now);
  }
  const auto& lots = office_of(dial.call)->park_lots;
  const auto lot = parking_.park(dial.call, dial.caller, dial.facts.user, lots.first, lots.last,
                                 any ? std::string() : feature.argument, now);
  arrive(dial, lot ? std::nullopt : std::optional(Cause{486, 17, "no lot is free"}), lot.value_or(""), now);
}

void Dialler::ring_back(CallId id, LegId leg, const std::string& user, TimePoint now) {
  const OfficeSnapshot office = office_of(id);
  const call::Call* const call = calls_.find(id);
  if (office == nullptr || call == nullptr || is_ringing(id)) return;
  routing::Facts facts;
  facts.origin = routing::Origin::hub;
  routing::Ring ring;
  ring.targets.push_back({routing::RingUser{user}, seconds(0), seconds(0)});
  Outcome outcome;
  outcome.answered = [this, id, leg](LegId who, TimePoint then) {
    if (!calls_.bridge(id, leg, who, then)) calls_.hang_up_leg(id, who, {500, 41, "the parked call is gone"}, then);
  };
  outcome.failed = [](const Cause&, TimePoint) {};  // it stays parked
  ring_for(id, leg, call->caller(), std::move(facts), std::move(ring), {}, office, std::move(outcome), now);
}

void Dialler::start_ring(Dial& dial, TimePoint now) {
  const CallId id = dial.call;
  dial.branches.clear();
  dial.best.reset();
  for (TimerId& timer : dial.timers) timers_.cancel(timer);
  dial.timers.assign(1 + 2 * dial.ring.targets.size(), {});
  dial.waiting = dial.ring.targets.size();
  arm(dial, 0, dial.ring.no_answer, now);
  for (std::size_t i = 0; i < dials_.at(id).ring.targets.size(); ++i) {
    Dial& still = dials_.at(id);
    if (still.ring.targets[i].delay > seconds(0)) {
      arm(still, 1 + 2 * i, still.ring.targets[i].delay, now);
    } else {
      ring_target(still, i, now);
    }
  }
  check_exhausted(dials_.at(id), now);
}

void Dialler::arm(Dial& dial, std::size_t slot, Duration after, TimePoint now) {
  timers_.cancel(dial.timers[slot]);
  dial.timers[slot] = timers_.schedule(now + after, *this, dial.number * slots_of_dial + slot);
}

void Dialler::ring_target(Dial& dial, std::size_t index, TimePoint now) {
  --dial.waiting;
  const routing::Target target = dial.ring.targets[index];
  if (target.ring > seconds(0)) arm(dial, 2 + 2 * index, target.ring, now);
  if (const auto* user = std::get_if<routing::RingUser>(&target.to)) {
    const auto contacts = registrar_.lookup(user->username, now);
    if (contacts.empty()) note_failure(dial, {480, 20, "not registered"});
    for (const auto& contact : contacts) ring_contact(dial, index, contact, user->username, now);
  } else if (const auto* to = std::get_if<routing::Dial>(&target.to)) {
    ring_uri(dial, index, *to, now);
  } else {
    note_failure(dial, {480, 20, "no browser is connected"});
  }
}

void Dialler::ring_contact(Dial& dial, std::size_t index, const registrar::Contact& contact, const std::string& user,
                           TimePoint now) {
  call::Call::AddLeg leg;
  leg.kind = call::LegKind::device;
  leg.label = "user:" + user;
  leg.to.uri = contact.uri;
  leg.to.routes = contact.path;
  if (const auto office = office_of(dial.call)) {
    leg.to.srtp = office->srtp_of_user(user);
    leg.to.voice = office->voice_of_user(user);
  }
  if (!contact.path.empty()) {
    if (const auto route = sip::NameAddr::parse(contact.path.front())) leg.to.target.uri = to_string(route->uri);
  } else if (contact.flow_alive) {
    const registrar::Reach& reach = contact.reach;
    transport::Hop hop;
    hop.protocol = static_cast<transport::Protocol>(reach.protocol);
    hop.remote = reach.remote;
    hop.listener = reach.listener;
    hop.connection = reach.connection;
    leg.to.target = transport::Target::to(hop);
  }
  add_branch(dial, index, std::move(leg), now);
}

bool Dialler::trunk_is_full(const Trunk& trunk) const {
  if (trunk.max_calls == 0) return false;
  std::uint32_t used = 0;
  const std::string label = "trunk:" + trunk.name;
  calls_.for_each([&](const call::Call& call) {
    used += static_cast<std::uint32_t>(
        std::any_of(call.legs().begin(), call.legs().end(), [&](const auto& leg) { return leg->label == label; }));
  });
  return used >= trunk.max_calls;
}

void Dialler::ring_uri(Dial& dial, std::size_t index, const routing::Dial& to, TimePoint now) {
  call::Call::AddLeg leg;
  leg.kind = to.trunk.empty() ? call::LegKind::guest : call::LegKind::trunk;
  leg.label = to.trunk.empty() ? to.uri : "trunk:" + to.trunk;
  leg.to.uri = to.uri;
  if (!to.transport.empty() && to.transport != "udp") leg.to.uri += ";transport=" + to.transport;
  const auto office = office_of(dial.call);
  if (office != nullptr) leg.to.srtp = office->srtp;
  if (office != nullptr && !to.trunk.empty()) {
    if (const Trunk* const trunk = office->find_trunk(to.trunk)) {
      if (trunk_is_full(*trunk)) return note_failure(dial, {503, 34, "the trunk is full"});
      leg.to.account = trunk->account;
      leg.to.codecs = trunk->codecs;
      leg.to.srtp = trunk->srtp;
      leg.to.voice = trunk->voice;
    }
    if (call::Call* const call = calls_.find(dial.call)) call->labels.trunk = to.trunk;
  }
  add_branch(dial, index, std::move(leg), now);
}

void Dialler::add_branch(Dial& dial, std::size_t index, call::Call::AddLeg leg, TimePoint now) {
  leg.from = dial.shown;
  leg.like = dial.caller;
  leg.headers = dial.headers;
  if (const auto office = office_of(dial.call); office != nullptr && !office->domains.empty())
    leg.from_host = office->domains.front();
  const auto added = calls_.add_leg(dial.call, std::move(leg), now);
  if (!added) return note_failure(dial, refusal_cause(added.error()));
  dial.branches.push_back({*added, index, false});
}

// ------------------------------------------------------------------------------------------------------------- events

void Dialler::note_failure(Dial& dial, const Cause& cause) {
  if (!dial.best || rank(cause) < rank(*dial.best)) dial.best = cause;
}

void Dialler::stop_branches(Dial& dial, LegId but, const Cause& why, TimePoint now) {
  for (TimerId& timer : dial.timers) timers_.cancel(timer);
  dial.waiting = 0;
  const auto branches = dial.branches;
  for (Branch& branch : dial.branches) branch.over = branch.leg != but;
  for (const Branch& branch : branches)
    if (branch.leg != but && !branch.over) calls_.hang_up_leg(dial.call, branch.leg, why, now);
}

void Dialler::check_exhausted(Dial& dial, TimePoint now) {
  if (dial.waiting > 0) return;
  if (std::any_of(dial.branches.begin(), dial.branches.end(), [](const Branch& b) { return !b.over; })) return;
  const Cause why = dial.best.value_or(Cause{480, 20, "nobody to ring"});
  if (why.q850 == 20 && dial.branches.empty() && send_on(dial, dial.ring.on_unregistered, now)) return;
  if ((why.status == 486 || why.status == 600) && send_on(dial, dial.ring.on_busy, now)) return;
  if (why.status == 480 && why.q850 != 20 && send_on(dial, dial.ring.on_no_answer, now)) return;
  if (dial.branches.empty() && send_on(dial, dial.ring.on_no_answer, now)) return;
  give_up(dial, why, now);
}

bool Dialler::send_on(Dial& dial, const std::optional<routing::Destination>& to, TimePoint now) {
  if (!to) return false;
  if (++dial.hops > hops_max) {
    give_up(dial, {482, 25, "forwarded too often"}, now);
    return true;
  }
  const auto office = office_of(dial.call);
  const routing::Destination destination = *to;
  act(dial, routing::resolve(*office->tables, directory_, destination, dial.facts), now);
  return true;
}

void Dialler::give_up(Dial& dial, const Cause& why, TimePoint now) {
  stop_branches(dial, {}, why, now);
  const CallId id = dial.call;
  if (dial.transferring) {
    const auto failed = std::move(dial.outcome.failed);
    finish(id);
    return failed(why, now);
  }
  const LegId caller = dial.caller;
  const bool theirs = !dial.branches.empty() && why.status != 503;
  call::Headers headers;
  if (why.status == 503) headers.emplace_back("Retry-After", "5");
  finish(id);
  calls_.reject(id, caller, why, now, theirs ? call::HangupBy::callee : call::HangupBy::hub, headers);
}

void Dialler::finish(CallId call) {
  const auto at = dials_.find(call);
  if (at == dials_.end()) return;
  for (TimerId& timer : at->second.timers) timers_.cancel(timer);
  numbers_.erase(at->second.number);
  dials_.erase(at);
}

void Dialler::on_leg_answered(Dial& dial, LegId leg, TimePoint now) {
  stop_branches(dial, leg, call::answered_elsewhere(), now);
  const CallId id = dial.call;
  const LegId caller = dial.caller;
  if (dial.transferring) {
    const auto answered = std::move(dial.outcome.answered);
    finish(id);
    return answered(leg, now);
  }
  finish(id);
  const auto done = calls_.answer(id, caller, leg, now);
  if (!done) calls_.reject(id, caller, refusal_cause(done.error()), now);
}

void Dialler::on_call_event(const call::Event& event, TimePoint now) {
  if (std::holds_alternative<call::Ended>(event.body)) {
    finish(event.call);
    offices_.erase(event.call);
    return;
  }
  const auto at = dials_.find(event.call);
  if (at == dials_.end()) {
    // Talking: when one side goes and nobody is left to talk to, the call is over.
    if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
      call::Call* const call = calls_.find(event.call);
      if (call == nullptr) return;
      const bool talking = std::any_of(call->legs().begin(), call->legs().end(), [&](const auto& leg) {
        return leg->is_up() && (leg->peer || leg->kept) && leg->id() != gone->leg;
      });
      if (!talking) calls_.hang_up(event.call, gone->cause, now, call->hangup_by());
    }
    return;
  }
  Dial& dial = at->second;
  const auto branch_of = [&](LegId leg) -> Branch* {
    for (Branch& branch : dial.branches)
      if (branch.leg == leg && !branch.over) return &branch;
    return nullptr;
  };
  if (const auto* ringing = std::get_if<call::LegRinging>(&event.body)) {
    if (branch_of(ringing->leg) == nullptr) return;
    if (dial.transferring) {
      if (dial.outcome.ringing) dial.outcome.ringing(ringing->status, now);
      return;
    }
    if (ringing->with_media && dial.told < 183) {
      dial.told = 183;
      calls_.early_media(dial.call, dial.caller, ringing->leg, ringing->status, now);
    } else if (dial.told < 180) {
      dial.told = 180;
      calls_.ring(dial.call, dial.caller, ringing->status == 183 ? 183 : 180, now);
    }
  } else if (const auto* answered = std::get_if<call::LegAnswered>(&event.body)) {
    if (branch_of(answered->leg) != nullptr) on_leg_answered(dial, answered->leg, now);
  } else if (const auto* failed = std::get_if<call::LegFailed>(&event.body)) {
    Branch* const branch = branch_of(failed->leg);
    if (branch == nullptr) return;
    branch->over = true;
    const call::Call* const call = calls_.find(event.call);
    bool device = true;
    if (call != nullptr)
      for (const auto& leg : call->legs())
        if (leg->id() == failed->leg) device = leg->kind() == call::LegKind::device;
    const Cause cause = toward_caller(failed->cause, device);
    note_failure(dial, cause);
    if (cause.status >= 600) {  // RFC 3261 §16.7: a 6xx ends the search
      stop_branches(dial, {}, cause, now);
    }
    check_exhausted(dial, now);
  } else if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    if (gone->leg == dial.caller) {
      const CallId id = dial.call;
      if (dial.transferring) {
        const auto failed_now = std::move(dial.outcome.failed);
        stop_branches(dial, {}, gone->cause, now);
        finish(id);
        failed_now(gone->cause, now);
      } else {
        stop_branches(dial, {}, gone->cause, now);
        finish(id);
      }
      calls_.hang_up(id, gone->cause, now, call::HangupBy::caller);
    }
  }
}

void Dialler::on_timer(std::uint64_t token, TimePoint now) {
  const call::Calls::Turn turn(calls_, now);
  const auto number = numbers_.find(static_cast<std::uint32_t>(token / slots_of_dial));
  if (number == numbers_.end()) return;
  Dial& dial = dials_.at(number->second);
  const std::size_t slot = token % slots_of_dial;
  dial.timers[slot] = {};
  const Cause rang_out{480, 19, "no answer"};
  if (slot == 0) {
    note_failure(dial, rang_out);
    stop_branches(dial, {}, rang_out, now);
    if (!send_on(dial, dial.ring.on_no_answer, now)) give_up(dial, rang_out, now);
    return;
  }
  const std::size_t index = (slot - 1) / 2;
  if (slot % 2 == 1) {
    ring_target(dial, index, now);
  } else {
    note_failure(dial, rang_out);
    for (std::size_t i = 0; i < dial.branches.size(); ++i) {
      Branch& branch = dial.branches[i];
      if (branch.target != index || branch.over) continue;
      branch.over = true;
      calls_.hang_up_leg(dial.call, branch.leg, rang_out, now);
    }
  }
  check_exhausted(dial, now);
}

}  // namespace junctor::apps
