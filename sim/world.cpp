#include "sim/world.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace junctor::sim {

World::EventId World::at(TimePoint when, Action action) {
  const EventId id{std::max(when, now_), ++last_order_};
  events_.emplace(id, std::move(action));
  return id;
}

void World::cancel(EventId& id) {
  events_.erase(id);
  id = {};
}

Clockwork* World::earliest(TimePoint& at) const {
  Clockwork* first = nullptr;
  for (Clockwork* clockwork : driven_) {
    const auto wake = clockwork->next_wake();
    if (wake && (!first || *wake < at)) first = clockwork, at = *wake;
  }
  return first;
}

bool World::step(TimePoint limit) {
  JUNCTOR_CHECK(limit >= now_);
  TimePoint wake{};
  Clockwork* timers = earliest(wake);
  if (timers) wake = std::max(wake, now_);
  bool event = !events_.empty();
  if (event && timers) {
    const TimePoint next = events_.begin()->first.at;
    event = next < wake || (next == wake && order_of_equals_.chance(0.5));
  }
  const TimePoint next = event ? events_.begin()->first.at : timers ? wake : limit;
  if ((!event && !timers) || next > limit) {
    now_ = limit;
    return false;
  }
  now_ = next;
  ++steps_;
  if (event) {
    const auto node = events_.extract(events_.begin());
    node.mapped()();
  } else {
    timers->advance(now_);
  }
  if (after_step_) after_step_();
  return true;
}

bool World::until(Duration patience, const std::function<bool()>& done) {
  const TimePoint limit = now_ + patience;
  for (;;) {
    if (done()) return true;
    if (!step(limit)) return done();
  }
}

void World::run_for(Duration duration) {
  const TimePoint limit = now_ + duration;
  while (step(limit)) {
  }
}

}  // namespace junctor::sim
