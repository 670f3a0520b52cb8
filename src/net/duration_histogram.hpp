#pragma once
// How long something took that is done again and again, as the turns of a loop. Any thread may write and read.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace junctor::net {

class DurationHistogram {
 public:
  /// Bucket i counts what took less than 2^i microseconds (and not less than half of that); the last one takes the
  /// rest.
  static constexpr std::size_t buckets = 18;

  void add(Duration length);
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  Duration longest() const { return Duration(longest_.load(std::memory_order_relaxed)); }
  std::uint64_t count() const;
  /// Of all together.
  Duration total() const { return Duration(total_.load(std::memory_order_relaxed)); }

 private:
  std::array<std::atomic<std::uint64_t>, buckets> counts_{};
  std::atomic<Duration::rep> longest_{0}, total_{0};
};

}  // namespace junctor::net
