#pragma once
// How much later than the fastest packets come: from it follows how long a playout buffer must wait.
//
// Transit is arrival time less the packet's timestamp, both as durations from some common origin; only differences
// matter. The fastest transit of the last `window` packets is the base, which follows clock drift and changed routes.
#include <algorithm>
#include <array>
#include <cstddef>

#include "base/time.hpp"

namespace junctor::media {

/// A plain value.
class DelayEstimate {
 public:
  static constexpr std::size_t window = 256;
  /// Of the packets in the window, at most this share may come later than the target: one in so many.
  static constexpr std::size_t late_one_in = 50;
  /// Less than this is no jitter.
  static constexpr Duration jitter_min = milliseconds(2);
  static constexpr Duration target_max = milliseconds(500);
  /// How far one late packet raises the target at most, and how fast that is forgotten.
  static constexpr Duration late_step_max = milliseconds(40);
  static constexpr Duration forgotten_per_second = milliseconds(10);

  void add(Duration transit);
  /// A packet came after its time, so much behind the base.
  void on_late(Duration delay, TimePoint now);

  bool empty() const { return count_ == 0; }
  Duration base() const { return base_; }
  Duration last() const { return transits_[(next_ + window - 1) % window]; }
  /// How long after the base a packet must be played so that few come later; at most target_max.
  Duration needed(TimePoint now) const { return std::max(jitter_, raised(now)); }
  /// The same, but 0 on a clean line.
  Duration target(TimePoint now) const { return needed(now) < jitter_min ? Duration::zero() : needed(now); }

 private:
  static constexpr std::size_t update_every = 8;
  Duration raised(TimePoint now) const;
  void update();

  std::array<Duration, window> transits_{};
  std::size_t count_ = 0, next_ = 0;
  Duration base_{}, jitter_{};
  Duration raised_{};
  TimePoint raised_at_{};
};

}  // namespace junctor::media
