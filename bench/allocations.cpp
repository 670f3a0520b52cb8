#include "bench/allocations.hpp"

#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

junctor::bench::Allocations total;

void* take(std::size_t size) {
  void* const p = std::malloc(size == 0 ? 1 : size);
  if (p == nullptr) std::abort();
  ++total.count;
  total.bytes += malloc_usable_size(p);
  return p;
}

void give(void* p) {
  if (p == nullptr) return;
  total.bytes -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace

void* operator new(std::size_t size) {
  return take(size);
}
void* operator new[](std::size_t size) {
  return take(size);
}
void operator delete(void* p) noexcept {
  give(p);
}
void operator delete[](void* p) noexcept {
  give(p);
}
void operator delete(void* p, std::size_t) noexcept {
  give(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  give(p);
}

namespace junctor::bench {

Allocations allocations() {
  return total;
}

}  // namespace junctor::bench
