#pragma once
// How often this program used operator new, when it links allocations.cpp.
#include <cstddef>

namespace junctor::bench {

/// Since the start.
std::size_t allocations();

}  // namespace junctor::bench
