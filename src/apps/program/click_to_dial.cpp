#include "apps/program/click_to_dial.hpp"

#include <utility>

namespace junctor::apps::program {
namespace {

constexpr seconds ring_time{60};

}  // namespace

void ClickToDial::start(const std::string& from, const std::string& to, Told told, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  for (const auto& [whom, other] : {std::pair(&from, &to), std::pair(&to, &from)}) {
    const auto targets = parts_.destinations.resolve(*whom, {}, *other, {});
    if (!targets) return told(fail(targets.error()));
  }
  call::Party caller, callee;
  caller.number = from;
  callee.number = to;
  call::CallLabels labels;
  labels.direction = "outbound";
  const CallId id = parts_.calls.start_outgoing(std::move(caller), std::move(callee), std::move(labels), now);
  waiting_.emplace(id, Waiting{from, to, std::move(told), {}});
  ring(id, from, to, {}, [this, id](LegId leg, TimePoint then) { on_first(id, leg, then); }, now);
}

void ClickToDial::ring(CallId id, const std::string& whom, const std::string& shown, LegId like,
                       std::function<void(LegId, TimePoint)> answered, TimePoint now) {
  auto targets = parts_.destinations.resolve(whom, {}, shown, {});
  if (!targets) return on_failed(id, {404, 1, targets.error().message}, now);
  routing::Ring action;
  action.targets = std::move(*targets);
  action.no_answer = ring_time;
  Dialler::Outcome outcome;
  outcome.answered = std::move(answered);
  outcome.failed = [this, id](const call::Cause& why, TimePoint then) { on_failed(id, why, then); };
  call::Party party;
  party.number = shown;
  parts_.dialler.ring_for(id, like, std::move(party), parts_.destinations.facts(shown, whom), std::move(action), {},
                          parts_.destinations.office(), std::move(outcome), now);
}

void ClickToDial::on_first(CallId id, LegId leg, TimePoint now) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end()) return;
  const call::Calls::Turn turn(parts_.calls, now);
  at->second.first = leg;
  if (!parts_.calls.settle(id, leg, now)) return;  // it has just gone: Ended follows
  (void)parts_.calls.seat_alone(id, leg, now);
  const Waiting& waiting = at->second;
  ring(
      id, waiting.to, waiting.from, leg, [this, id](LegId second, TimePoint then) { on_second(id, second, then); },
      now);
}

void ClickToDial::on_second(CallId id, LegId leg, TimePoint now) {
  const auto node = waiting_.extract(id);
  if (node.empty()) return;
  call::Call* const call = parts_.calls.find(id);
  // From now on it stays as long as the other one does.
  if (call::Leg* const first = call == nullptr ? nullptr : call->leg(node.mapped().first)) first->kept = false;
  if (!parts_.calls.bridge(id, node.mapped().first, leg, now)) (void)parts_.calls.hang_up(id, {480, 16, "gone"}, now);
}

void ClickToDial::on_failed(CallId id, const call::Cause& why, TimePoint now) {
  auto node = waiting_.extract(id);
  if (!node.empty() && node.mapped().told)
    node.mapped().told(fail(Failure{"call_failed", std::to_string(why.status) + ' ' + why.text}));
  (void)parts_.calls.hang_up(id, why, now);
}

void ClickToDial::on_call_event(const call::Event& event, TimePoint now) {
  const auto at = waiting_.find(event.call);
  if (at == waiting_.end()) return;
  if (std::holds_alternative<call::LegCalling>(event.body) && at->second.told)
    std::exchange(at->second.told, nullptr)(event.call);
  const auto* const gone = std::get_if<call::LegGone>(&event.body);
  if (gone != nullptr && gone->leg == at->second.first) (void)parts_.calls.hang_up(event.call, gone->cause, now);
  if (!std::holds_alternative<call::Ended>(event.body)) return;
  auto node = waiting_.extract(at);
  if (node.mapped().told) node.mapped().told(fail(Failure{"call_failed", "the call has ended"}));
}

}  // namespace junctor::apps::program
