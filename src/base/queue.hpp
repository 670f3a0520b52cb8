#pragma once
// Bounded queues between threads. Neither side ever blocks: push answers "full" and the sender decides what that means.
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace junctor {

/// Any number of producers and consumers (each cell carries its turn). Capacity is rounded up to a power of two.
/// T must be default constructible and nothrow movable.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity) - 1), cells_(new Cell[mask_ + 1]) {
    for (std::size_t i = 0; i <= mask_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  /// False, with `value` untouched, when full.
  bool push(T&& value) {
    std::size_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at & mask_];
      const auto turn = static_cast<std::ptrdiff_t>(cell.turn.load(std::memory_order_acquire) - at);
      if (turn < 0) return false;
      if (turn > 0) {
        at = tail_.load(std::memory_order_relaxed);
      } else if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        cell.value = std::move(value);
        cell.turn.store(at + 1, std::memory_order_release);
        return true;
      }
    }
  }

  std::optional<T> pop() {
    std::size_t at = head_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at & mask_];
      const auto turn = static_cast<std::ptrdiff_t>(cell.turn.load(std::memory_order_acquire) - (at + 1));
      if (turn < 0) return std::nullopt;
      if (turn > 0) {
        at = head_.load(std::memory_order_relaxed);
      } else if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        std::optional<T> out(std::move(cell.value));
        cell.value = T();  // what was moved from may still hold memory
        cell.turn.store(at + mask_ + 1, std::memory_order_release);
        return out;
      }
    }
  }

  std::size_t capacity() const { return mask_ + 1; }
  /// A moment's view; exact only when nobody else is at work.
  std::size_t size() const { return tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_relaxed); }

 private:
  struct Cell {
    std::atomic<std::size_t> turn{0};
    T value{};
  };

  const std::size_t mask_;
  std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::atomic<std::size_t> head_{0};
};

}  // namespace junctor
