#pragma once
// Parked calls: a transfer to the park number puts the other side into a free lot, where it hears music until somebody
// dials the lot's number. Who parked is told the lot by MESSAGE, and is rung when nobody comes.
#include <map>
#include <optional>
#include <string>

#include "apps/hold_music.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"

namespace junctor::apps {

class Parking final : public TimerTarget {
 public:
  static constexpr seconds lonely_after{120};  ///< then who parked is rung, and again after as long

  /// Rings `user` for the parked leg; told by the dialler's Outcome elsewhere.
  using RingBack = std::function<void(CallId call, LegId leg, const std::string& user, TimePoint now)>;

  Parking(call::Calls& calls, HoldMusic& music, TimerWheel& timers) : calls_(calls), music_(music), timers_(timers) {}
  ~Parking() override;

  void set_ring_back(RingBack ring_back) { ring_back_ = std::move(ring_back); }

  /// Puts a leg that is up into the first free lot from `first` to `last`, or into `wanted`. The lot; nothing: none is
  /// free.
  std::optional<std::string> park(CallId call, LegId leg, const std::string& by, const std::string& first,
                                  const std::string& last, const std::string& wanted, TimePoint now);
  /// A waiting leg takes the call of a lot; nothing, or why not.
  std::optional<call::Cause> take(CallId call, LegId leg, const std::string& lot, TimePoint now);
  /// The lot into which this user parked last and that is still taken; empty: none.
  std::string last_of(const std::string& user) const;
  /// The parked leg was brought together with somebody, or nobody came to ring for.
  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;

  std::size_t size() const { return lots_.size(); }

 private:
  struct Lot {
    CallId call;
    LegId leg;
    std::string by;
    std::uint64_t order = 0;
    TimerId timer;
  };
  void free_lot(LegId leg);

  call::Calls& calls_;
  HoldMusic& music_;
  TimerWheel& timers_;
  RingBack ring_back_;
  std::map<std::string, Lot> lots_;
  std::uint64_t last_order_ = 0;
};

}  // namespace junctor::apps
