#include "net/duration_histogram.hpp"

#include <algorithm>
#include <bit>

namespace junctor::net {

void DurationHistogram::add(Duration length) {
  const auto us = static_cast<std::uint64_t>(std::max<Duration::rep>(0, length.count())) / 1'000;
  const auto bucket = std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(us)), buckets - 1);
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  total_.fetch_add(length.count(), std::memory_order_relaxed);
  Duration::rep longest = longest_.load(std::memory_order_relaxed);
  while (length.count() > longest &&
         !longest_.compare_exchange_weak(longest, length.count(), std::memory_order_relaxed));
}

std::uint64_t DurationHistogram::count() const {
  std::uint64_t sum = 0;
  for (const auto& count : counts_) sum += count.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace junctor::net
