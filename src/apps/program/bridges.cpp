#include "apps/program/bridges.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace junctor::apps::program {

Bridges::~Bridges() = default;

Bridges::Pair* Bridges::find(CallId call) {
  const auto at = pair_of_.find(call);
  return at == pair_of_.end() ? nullptr : &pairs_.at(at->second);
}

ProgramCall* Bridges::partner(const ProgramCall& one) {
  const Pair* const pair = find(one.id);
  if (pair == nullptr) return nullptr;
  return parts_.programs.find(pair->a == one.id ? pair->b : pair->a);
}

void Bridges::seat_alone(ProgramCall& one, TimePoint now) {
  one.place = Place::alone;
  (void)parts_.calls.seat_alone(one.id, one.leg, now);  // a leg that is leaving needs no place
}

void Bridges::join(ProgramCall& a, ProgramCall& b, bool hangup_after_bridge, Done done, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  if (a.id == b.id) return done(fail(invalid_params("leg_a and leg_b are the same call")), now);
  for (const ProgramCall* const each : {&a, &b}) {
    if (!each->answered || each->held || each->place != Place::alone)
      return done(fail(invalid_state(each->name + " is not answered and alone")), now);
    const call::Leg* const leg = parts_.programs.leg_of(*each);
    if (leg == nullptr || !leg->is_up() || !leg->port_is_open()) return done(fail(call_ended()), now);
  }
  const call::Leg* const first = parts_.programs.leg_of(a);
  const std::uint64_t number = ++last_;
  Pair& pair = pairs_[number];
  pair.a = a.id;
  pair.b = b.id;
  pair.hangup_after = hangup_after_bridge;
  pair.mixer = std::make_unique<call::Mixer>(parts_.calls.plays(), first->port()->worker);
  for (ProgramCall* const each : {&a, &b}) {
    (void)parts_.calls.seat(each->id, each->leg, *pair.mixer, now);
    each->place = Place::bridged;
    pair_of_[each->id] = number;
  }
  const std::array<const call::Leg*, 2> legs{parts_.programs.leg_of(a), parts_.programs.leg_of(b)};
  parts_.fence.after(
      legs,
      [this, number, one = a.id, other = b.id, done = std::move(done)](TimePoint then) {
        if (!pairs_.contains(number)) return done(fail(call_ended()), then);
        done({}, then);
        parts_.events.publish({{}, {one, other}, {}, events::CallBridged{{{}, one}, {{}, other}}}, then);
      },
      now);
}

void Bridges::tell_unbridged(CallId call, TimePoint now) {
  parts_.events.publish({call, {}, {}, events::CallUnbridged{}}, now);
}

void Bridges::dissolve(const Pair* pair, TimePoint now) {
  const std::uint64_t number = pair_of_.at(pair->a);
  const std::array<CallId, 2> both{pair->a, pair->b};
  for (const CallId id : both) {
    pair_of_.erase(id);
    if (ProgramCall* const entry = parts_.programs.find(id)) seat_alone(*entry, now);
  }
  pairs_.erase(number);
}

std::vector<CallId> Bridges::part_quietly(ProgramCall& one, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const Pair* const pair = find(one.id);
  if (pair == nullptr) return {};
  const std::vector<CallId> both{pair->a, pair->b};
  dissolve(pair, now);
  return both;
}

void Bridges::tell_parted(const std::vector<CallId>& calls, TimePoint now) {
  for (const CallId id : calls) tell_unbridged(id, now);
}

void Bridges::part(ProgramCall& one, Done done, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const std::vector<CallId> both = part_quietly(one, now);
  if (both.empty()) return done(fail(invalid_state("the call is not bridged")), now);
  std::array<const call::Leg*, 2> legs{};
  for (std::size_t i = 0; i < both.size(); ++i)
    if (const ProgramCall* const entry = parts_.programs.find(both[i])) legs[i] = parts_.programs.leg_of(*entry);
  parts_.fence.after(
      legs,
      [this, both, done = std::move(done)](TimePoint then) {
        done({}, then);
        tell_parted(both, then);
      },
      now);
}

void Bridges::on_call_event(const call::Event& event, TimePoint now) {
  const auto* const gone = std::get_if<call::LegGone>(&event.body);
  const bool ended = std::holds_alternative<call::Ended>(event.body);
  if (gone == nullptr && !ended) return;
  const Pair* const pair = find(event.call);
  if (pair == nullptr) return;
  const ProgramCall* const entry = parts_.programs.find(event.call);
  if (gone != nullptr && entry != nullptr && gone->leg != entry->leg) return;
  const CallId other = pair->a == event.call ? pair->b : pair->a;
  const bool hang_up_other = pair->hangup_after;
  dissolve(pair, now);
  tell_unbridged(other, now);
  if (hang_up_other) parts_.calls.hang_up(other, call::normal_clearing(), now);
}

}  // namespace junctor::apps::program
