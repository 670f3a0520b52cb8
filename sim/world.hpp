#pragma once
// Simulated time. The world moves to the earliest of everything that is due (events of the network and the phones, the
// hub's timers) and never sleeps; between two things nothing happens, and it takes no time.
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "sim/random.hpp"

namespace junctor::sim {

/// Something with timers of its own that the world drives: a timer wheel, a media worker.
class Clockwork {
 public:
  virtual ~Clockwork() = default;
  virtual std::optional<TimePoint> next_wake() const = 0;
  virtual void advance(TimePoint now) = 0;
};

class World {
 public:
  /// What happens is called with no argument: now() says when.
  using Action = std::function<void()>;

  /// Names one pending event; harmless after it happened or was cancelled. Default: none.
  struct EventId {
    TimePoint at{};
    std::uint64_t order = 0;
    auto operator<=>(const EventId&) const = default;
    explicit operator bool() const { return order != 0; }
  };

  explicit World(Seed seed) : random_(seed), order_of_equals_(random_.fork()) {}

  TimePoint now() const { return now_; }
  /// The root of all chance here; take a fork() of it.
  SeededRandom& random() { return random_; }

  /// Happens at `when`, or next if that is past. Events of one moment happen in the order in which they were asked for.
  EventId at(TimePoint when, Action action);
  EventId after(Duration delay, Action action) { return at(now_ + delay, std::move(action)); }
  void cancel(EventId& id);

  /// Is advanced whenever it asks for it, until drop() forgets it. Timers and events that are due at the same moment
  /// happen in an order drawn from the seed: that is where races hide.
  void drive(Clockwork& clockwork) { driven_.push_back(&clockwork); }
  void drop(Clockwork& clockwork) { std::erase(driven_, &clockwork); }

  /// Called after every step; an audit looks at the world here.
  void on_step(Action action) { after_step_ = std::move(action); }

  /// Does the next thing that is due until `limit` and moves now() there. False, with now() == limit, when there is
  /// none.
  bool step(TimePoint limit);
  /// Steps until `done` answers true (the result is then true) or `patience` has passed.
  bool until(Duration patience, const std::function<bool()>& done);
  void run_for(Duration duration);

  std::size_t pending_events() const { return events_.size(); }
  std::uint64_t steps() const { return steps_; }

 private:
  Clockwork* earliest(TimePoint& at) const;

  TimePoint now_ = TimePoint{} + hours(1);
  SeededRandom random_;
  SeededRandom order_of_equals_;
  std::uint64_t last_order_ = 0, steps_ = 0;
  std::map<EventId, Action> events_;
  std::vector<Clockwork*> driven_;
  Action after_step_;
};

}  // namespace junctor::sim
