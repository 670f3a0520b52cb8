#include "media/feed_ring.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace junctor::media {

FeedRing::FeedRing(std::uint32_t rate, std::size_t samples) : rate_(rate), samples_(samples) {
  JUNCTOR_CHECK(samples > 0);
}

std::size_t FeedRing::room() const {
  return samples_.size() - (written_.load(std::memory_order_relaxed) - passed_.load(std::memory_order_acquire));
}

void FeedRing::write(std::span<const std::int16_t> samples) {
  JUNCTOR_CHECK(samples.size() <= room());
  const std::uint64_t at = written_.load(std::memory_order_relaxed);
  const std::size_t place = at % samples_.size();
  const auto first = samples.first(std::min(samples.size(), samples_.size() - place));
  std::ranges::copy(first, samples_.begin() + static_cast<std::ptrdiff_t>(place));
  std::ranges::copy(samples.subspan(first.size()), samples_.begin());
  written_.store(at + samples.size(), std::memory_order_release);
}

void FeedRing::clear() {
  clear_to_.store(written_.load(std::memory_order_relaxed), std::memory_order_release);
}

FeedRing::Position FeedRing::position() {
  Position out;
  out.passed = passed_.load(std::memory_order_acquire);
  out.clearing = out.passed < clear_to_.load(std::memory_order_relaxed);
  // The worker moves both in one tick, this one first: it belongs to `passed` once that has come so far.
  if (!out.clearing) known_discarded_ = discarded_.load(std::memory_order_relaxed);
  out.discarded = known_discarded_;
  return out;
}

std::size_t FeedRing::take(std::span<std::int16_t> out) {
  const std::uint64_t clear_to = clear_to_.load(std::memory_order_acquire);
  const std::uint64_t written = written_.load(std::memory_order_acquire);
  std::uint64_t at = passed_.load(std::memory_order_relaxed);
  if (clear_to > at) {
    discarded_.store(discarded_.load(std::memory_order_relaxed) + (clear_to - at), std::memory_order_relaxed);
    at = clear_to;
  }
  std::size_t count = 0;
  if (!paused_.load(std::memory_order_relaxed)) count = std::min<std::uint64_t>(out.size(), written - at);
  const std::size_t place = at % samples_.size();
  const std::size_t first = std::min(count, samples_.size() - place);
  std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(place), first, out.begin());
  std::copy_n(samples_.begin(), count - first, out.begin() + static_cast<std::ptrdiff_t>(first));
  passed_.store(at + count, std::memory_order_release);
  return count;
}

}  // namespace junctor::media
