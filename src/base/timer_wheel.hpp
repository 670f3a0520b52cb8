#pragma once
// A hierarchical timer wheel: O(1) schedule and cancel, one per thread. Resolution 1 ms, horizon 2^32 ms (49 days).
// A timer is a (target, token) pair of plain data: the target is a long-lived object of a room, the token names the
// thing inside it, so that a timer never points at something that may be gone.
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace junctor {

class TimerTarget {
 public:
  virtual ~TimerTarget() = default;
  /// `token` is what was given to schedule(). May schedule and cancel freely.
  virtual void on_timer(std::uint64_t token, TimePoint now) = 0;
};

/// Names one scheduled timer; stays harmless after it fired or was cancelled. Default: none.
struct TimerId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  explicit operator bool() const { return generation != 0; }
};

class TimerWheel {
 public:
  explicit TimerWheel(TimePoint start);

  /// Fires at the first advance() at or after `at`, rounded up to the next millisecond; never early.
  TimerId schedule(TimePoint at, TimerTarget& target, std::uint64_t token);
  /// Cancels if still pending, and forgets the id either way.
  void cancel(TimerId& id);

  /// Fires everything due until `now`, in order of time (order of scheduling within one millisecond).
  void advance(TimePoint now);

  /// A time not later than the next timer's; advance() there at the latest. Nothing if no timer is pending.
  std::optional<TimePoint> next_wake() const;

  /// Pending timers: zero when nothing is left over.
  std::size_t pending() const { return pending_; }

 private:
  static constexpr int levels = 4;
  static constexpr int bits = 8;
  static constexpr std::uint32_t slots = 1u << bits;
  static constexpr std::uint32_t none = 0xffffffffu;

  struct Node {
    TimerTarget* target = nullptr;
    std::uint64_t token = 0;
    std::uint64_t tick = 0;  // milliseconds since start_
    std::uint32_t next = none, previous = none;
    std::uint32_t list = none;  // index into lists_, none when free
    std::uint32_t generation = 1;
  };
  struct List {
    std::uint32_t head = none, tail = none;
  };

  void place(std::uint32_t node);
  void append(std::uint32_t list, std::uint32_t node);
  void unlink(std::uint32_t node);
  void release(std::uint32_t node);
  void cascade(int level, std::uint32_t slot);

  TimePoint start_;
  std::uint64_t current_ = 0;  // the tick that advance() has finished
  std::size_t pending_ = 0;
  std::vector<Node> nodes_;
  std::uint32_t free_ = none;
  std::array<List, slots * levels + 1> lists_;  // the last one holds what fires in the tick being worked on
  std::array<std::array<std::uint64_t, slots / 64>, levels> occupied_{};
};

}  // namespace junctor
