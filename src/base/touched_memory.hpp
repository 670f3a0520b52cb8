#pragma once
// For tables that get their full size at start: memory that the system has really given. Else a table's pages come one
// by one under the first load, the idle process looks smaller than it is, and the system may say no when it matters.
#include <cstddef>
#include <cstring>
#include <memory>

namespace junctor {

template <class T>
struct TouchedMemory : std::allocator<T> {
  using value_type = T;
  TouchedMemory() = default;
  template <class U>
  TouchedMemory(const TouchedMemory<U>&) noexcept {}
  template <class U>
  struct rebind {
    using other = TouchedMemory<U>;
  };

  T* allocate(std::size_t count) {
    T* const memory = std::allocator<T>::allocate(count);
    std::memset(static_cast<void*>(memory), 0, count * sizeof(T));
    return memory;
  }
};

}  // namespace junctor
