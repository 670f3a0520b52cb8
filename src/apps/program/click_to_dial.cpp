#include "apps/program/click_to_dial.hpp"

#include <utility>

#include "audio/tone_plan.hpp"

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

void ClickToDial::on_ringing(CallId id, Waiting& waiting, const call::LegRinging& ringing, TimePoint now) {
  call::Call* const call = parts_.calls.find(id);
  call::Leg* const first = call == nullptr ? nullptr : call->leg(waiting.first);
  if (first == nullptr || !first->port_is_open() || ringing.leg == waiting.first || waiting.early) return;
  const call::Calls::Turn turn(parts_.calls, now);
  if (ringing.with_media) {
    end_ringback(id, waiting, now);
    waiting.early = std::make_unique<call::Mixer>(parts_.calls.plays(), first->port()->worker);
    for (const LegId leg : {waiting.first, ringing.leg}) (void)parts_.calls.seat_early(id, leg, *waiting.early, now);
    waiting.early->set_voice(*first, {.input_gain = 0});
  } else if (!waiting.ringback) {
    media::Play play;
    play.what = audio::find_tone_plan("us")->ringback;
    waiting.ringback = call->own_mixer(*first).play(std::move(play));
  }
}

void ClickToDial::end_ringback(CallId id, Waiting& waiting, TimePoint now) {
  if (waiting.ringback) parts_.calls.plays().stop(*std::exchange(waiting.ringback, std::nullopt));
  if (!waiting.early) return;
  (void)parts_.calls.seat_alone(id, waiting.first, now);
  waiting.early.reset();
}

void ClickToDial::on_second(CallId id, LegId leg, TimePoint now) {
  auto node = waiting_.extract(id);
  if (node.empty()) return;
  const call::Calls::Turn turn(parts_.calls, now);
  end_ringback(id, node.mapped(), now);
  call::Call* const call = parts_.calls.find(id);
  // From now on it stays as long as the other one does.
  if (call::Leg* const first = call == nullptr ? nullptr : call->leg(node.mapped().first)) first->kept = false;
  if (!parts_.calls.bridge(id, node.mapped().first, leg, now)) (void)parts_.calls.hang_up(id, {480, 16, "gone"}, now);
}

void ClickToDial::on_failed(CallId id, const call::Cause& why, TimePoint now) {
  auto node = waiting_.extract(id);
  if (!node.empty() && node.mapped().told)
    node.mapped().told(fail(Failure{"originate_failed", std::to_string(why.status) + ' ' + why.text}));
  (void)parts_.calls.hang_up(id, why, now);
}

void ClickToDial::on_call_event(const call::Event& event, TimePoint now) {
  const auto at = waiting_.find(event.call);
  if (at == waiting_.end()) return;
  if (std::holds_alternative<call::LegCalling>(event.body) && at->second.told)
    std::exchange(at->second.told, nullptr)(event.call);
  if (const auto* const ringing = std::get_if<call::LegRinging>(&event.body))
    on_ringing(event.call, at->second, *ringing, now);
  const auto* const gone = std::get_if<call::LegGone>(&event.body);
  if (gone != nullptr && gone->leg == at->second.first) (void)parts_.calls.hang_up(event.call, gone->cause, now);
  if (!std::holds_alternative<call::Ended>(event.body)) return;
  auto node = waiting_.extract(at);
  if (node.mapped().told) node.mapped().told(fail(Failure{"originate_failed", "the call has ended"}));
}

}  // namespace junctor::apps::program
