#pragma once
// What this program allocates by operator new: the benchmark that links allocations.cpp counts it.
#include <cstddef>

namespace junctor::bench {

struct Allocations {
  std::size_t count = 0;  ///< since the start
  std::size_t bytes = 0;  ///< held now, as malloc rounds them
};

Allocations allocations();

}  // namespace junctor::bench
