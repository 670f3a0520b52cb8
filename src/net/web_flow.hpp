#pragma once
// How much of one WebSocket or event stream is on its way between the threads, either way.
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace junctor::net {

struct WebFlow {
  std::atomic<std::size_t> unsent{0};      ///< bytes given to send() that the kernel has not taken
  std::atomic<std::uint32_t> arriving{0};  ///< messages that the control thread has not heard of yet

  /// False, and nothing added, when it would be more than `most`.
  bool add_unsent(std::size_t bytes, std::size_t most) {
    if (unsent.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most) return true;
    take_unsent(bytes);
    return false;
  }
  void take_unsent(std::size_t bytes) { unsent.fetch_sub(bytes, std::memory_order_relaxed); }
};

}  // namespace junctor::net
