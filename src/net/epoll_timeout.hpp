#pragma once
// A wake-up time as epoll_wait(2) wants it.
#include <algorithm>
#include <chrono>
#include <optional>

#include "base/time.hpp"

namespace junctor::net {

/// Milliseconds from `now` to `wake`, rounded up so that the loop does not come round too early; -1: for ever.
inline int epoll_timeout(std::optional<TimePoint> wake, TimePoint now) {
  if (!wake) return -1;
  constexpr milliseconds longest = minutes(1);
  if (*wake <= now) return 0;
  return static_cast<int>(std::min(std::chrono::ceil<milliseconds>(*wake - now), longest).count());
}

}  // namespace junctor::net
