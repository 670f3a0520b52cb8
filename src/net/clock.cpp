#include "net/clock.hpp"

#include <chrono>
#include <ctime>

namespace junctor::net {

TimePoint now() {
  return TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

Duration thread_cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
}

WallTime wall_now() {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

}  // namespace junctor::net
