#pragma once
// Memory that is about to be read, asked for before it is needed.
#include <cstddef>

namespace junctor {

inline constexpr std::size_t cache_line = 64;

/// Starts to bring the bytes into the caches; any address will do. Costs an instruction per line.
inline void prefetch(const void* bytes, std::size_t size) {
  const char* const at = static_cast<const char*>(bytes);
  for (std::size_t i = 0; i < size; i += cache_line) __builtin_prefetch(at + i);
}

}  // namespace junctor
