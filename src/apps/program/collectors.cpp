#include "apps/program/collectors.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps::program {

Collectors::~Collectors() {
  for (auto& [id, running] : running_) timers_.cancel(running.timer);
}

void Collectors::run(const DtmfCollect& c, const Requester&, Reply<DtmfCollect> reply, TimePoint now) {
  ProgramCall& entry = *programs_.find(c.call_id.id);
  if (!entry.answered) return reply(fail(invalid_state("the call is not answered")), now);
  if (running_.contains(entry.id)) return reply(fail(invalid_state("digits of the call are being collected")), now);
  if (c.min_digits > c.max_digits) return reply(fail(invalid_params("\"min_digits\" must be at most max_digits")), now);
  Running running;
  running.wish = c;
  if (!c.leg_id.empty()) {
    const call::Leg* const leg = programs_.leg_of(entry, c.leg_id);
    if (leg == nullptr) return reply(fail(failed("not_found", "Leg not found: " + c.leg_id)), now);
    running.leg = leg->id();
    running.leg_name = c.leg_id;
  }
  running.number = ++last_;
  running.id = "d-" + std::to_string(running.number);
  running.end = now + milliseconds(c.timeout_ms);
  Running& kept = running_[entry.id] = std::move(running);
  wait(kept, milliseconds(c.first_digit_timeout_ms), now);
  reply(DtmfCollect::Done{kept.id}, now);
}

/// Until the end of all, and not longer than `longest`, unless that is zero.
void Collectors::wait(Running& running, Duration longest, TimePoint now) {
  timers_.cancel(running.timer);
  const TimePoint until = longest > Duration::zero() ? std::min(running.end, now + longest) : running.end;
  running.timer = timers_.schedule(until, *this, running.number);
}

void Collectors::finish(CallId call, TimePoint now) {
  auto node = running_.extract(call);
  Running& running = node.mapped();
  timers_.cancel(running.timer);
  if (running.digits.size() >= running.wish.min_digits) {
    events_.publish({call, {}, {}, events::DtmfCollected{running.leg_name, running.digits, running.id}}, now);
  } else {
    events_.publish({call, {}, {}, events::DtmfCollectionTimeout{running.leg_name, running.digits, running.id}}, now);
  }
}

void Collectors::on_timer(std::uint64_t token, TimePoint now) {
  const auto at = std::ranges::find_if(running_, [&](const auto& each) { return each.second.number == token; });
  if (at != running_.end()) finish(at->first, now);
}

void Collectors::on_call_event(const call::Event& event, TimePoint now) {
  const auto at = running_.find(event.call);
  if (at == running_.end()) return;
  Running& running = at->second;
  if (std::holds_alternative<call::Ended>(event.body)) return finish(event.call, now);
  if (const auto* const key = std::get_if<call::KeyDown>(&event.body)) {
    if (!running.leg || *running.leg == key->leg) wait(running, milliseconds(running.wish.inter_digit_timeout_ms), now);
    return;
  }
  const auto* const digit = std::get_if<call::Digit>(&event.body);
  if (digit == nullptr || (running.leg && *running.leg != digit->leg)) return;
  if (!running.wish.terminator.empty() && running.wish.terminator.front() == digit->digit)
    return finish(event.call, now);
  running.digits += digit->digit;
  if (running.digits.size() >= running.wish.max_digits) return finish(event.call, now);
  wait(running, milliseconds(running.wish.inter_digit_timeout_ms), now);
}

}  // namespace junctor::apps::program
