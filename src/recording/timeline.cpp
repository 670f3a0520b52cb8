#include "recording/timeline.hpp"

#include <algorithm>

namespace junctor::recording {

std::uint64_t Timeline::position_in(const Stretch& stretch, TimePoint at) const {
  const TimePoint held = std::max(stretch.from, stretch.to ? std::min(at, *stretch.to) : at);
  const auto passed = static_cast<std::uint64_t>((held - stretch.from) / microseconds(1));
  constexpr std::uint64_t second = 1'000'000;
  return stretch.position + passed / second * rate_ + passed % second * rate_ / second;
}

void Timeline::resume(TimePoint at) {
  stretches_.push_back({.from = at, .to = {}, .position = position(at)});
}

std::uint64_t Timeline::position(TimePoint at) const {
  return position_in(stretches_.back(), at);
}

std::vector<Timeline::Range> Timeline::ranges(TimePoint from, TimePoint to) const {
  std::vector<Range> out;
  for (const Stretch& stretch : stretches_) {
    const Range range{position_in(stretch, from), position_in(stretch, to)};
    if (range.first < range.second) out.push_back(range);
  }
  return out;
}

}  // namespace junctor::recording
