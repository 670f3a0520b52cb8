#pragma once
// How long the turns of a loop took. Written by the loop's thread, read by any.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace junctor::net {

class TurnHistogram {
 public:
  /// Bucket i counts turns of less than 2^i microseconds (and not less than half of that); the last one takes the rest.
  static constexpr std::size_t buckets = 18;

  void add(Duration length);
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  Duration longest() const { return Duration(longest_.load(std::memory_order_relaxed)); }
  std::uint64_t turns() const;
  /// Of all turns together.
  Duration total() const { return Duration(total_.load(std::memory_order_relaxed)); }

 private:
  std::array<std::atomic<std::uint64_t>, buckets> counts_{};
  std::atomic<Duration::rep> longest_{0}, total_{0};
};

}  // namespace junctor::net
