#pragma once
// Two clocks. TimePoint is monotonic and drives every timer; WallTime is UTC and is only ever written down (records,
// expiry across restarts, nonces). Nothing but net and sim reads a clock; everybody else is told.
#include <chrono>
#include <cstdint>
#include <string>

namespace junctor {

using Duration = std::chrono::nanoseconds;

struct MonotonicTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTag, Duration>;
  static constexpr bool is_steady = true;
};

using TimePoint = MonotonicTag::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Maps the monotonic clock to UTC. net (or sim) sets it again every second or so, so that a stepped system clock is
/// followed without disturbing a timer. Owned by the control thread.
class WallClock {
 public:
  void set(TimePoint mono, WallTime wall) { mono_ = mono, wall_ = wall; }
  WallTime at(TimePoint t) const { return wall_ + std::chrono::floor<milliseconds>(t - mono_); }

 private:
  TimePoint mono_{};
  WallTime wall_{};
};

/// "2026-08-25T10:00:00.123Z" (RFC 3339, UTC, milliseconds).
std::string rfc3339(WallTime t);

}  // namespace junctor
