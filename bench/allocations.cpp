#include "bench/allocations.hpp"

#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::size_t count = 0;

void* take(std::size_t size) {
  void* const p = std::malloc(size == 0 ? 1 : size);
  if (p == nullptr) std::abort();
  ++count;
  return p;
}

}  // namespace

void* operator new(std::size_t size) {
  return take(size);
}
void* operator new[](std::size_t size) {
  return take(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}

namespace junctor::bench {

std::size_t allocations() {
  return count;
}

}  // namespace junctor::bench
