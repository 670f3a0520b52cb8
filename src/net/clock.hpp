#pragma once
// The two clocks of base/time.hpp, read here and nowhere else outside sim.
#include "base/time.hpp"

namespace junctor::net {

/// Monotonic time; never steps.
TimePoint now();
/// CPU time that the calling thread has had.
Duration thread_cpu_time();
/// UTC, to the millisecond.
WallTime wall_now();

}  // namespace junctor::net
