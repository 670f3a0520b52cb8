#include "net/clock.hpp"

#include <chrono>

namespace junctor::net {

TimePoint now() {
  return TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

WallTime wall_now() {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

}  // namespace junctor::net
