#pragma once
// Objects by TransactionId: a slot number and a generation, so that an id is found by one look into an array and a late
// one is a normal miss. Objects live on the heap one by one; an empty slot costs 16 bytes, and none when all are empty.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/ids.hpp"

namespace junctor::transaction {

/// `kind` (0 or 1) is the id's highest bit, so that the ids of two tables never meet.
template <class T>
class Slots {
 public:
  explicit Slots(std::uint64_t kind) : kind_(kind << 63) {}

  template <class... Args>
  TransactionId emplace(Args&&... args) {
    std::uint32_t slot = 0;
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
    } else {
      if (made_ % chunk_slots == 0) chunks_.push_back(std::make_unique<Slot[]>(chunk_slots));
      slot = made_++;
    }
    at(slot).object = std::make_unique<T>(std::forward<Args>(args)...);
    at(slot).generation = generation_;
    generation_ = generation_ == generation_max ? 1 : generation_ + 1;
    ++size_;
    return id_of(slot);
  }

  T* find(TransactionId id) {
    const auto slot = static_cast<std::uint32_t>(id.value);
    if (slot >= made_ || id_of(slot) != id) return nullptr;  // the generation may be that of an object that is gone
    return at(slot).object.get();
  }
  const T* find(TransactionId id) const { return const_cast<Slots*>(this)->find(id); }

  void erase(TransactionId id) {
    if (find(id) == nullptr) return;
    const auto slot = static_cast<std::uint32_t>(id.value);
    at(slot).object.reset();
    free_.push_back(slot);
    if (--size_ == 0 && chunks_.size() > 1) give_back();
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t generation_max = 0x7fffffffu;
  struct Slot {
    std::unique_ptr<T> object;
    std::uint32_t generation = 0;
  };

  // Chunks this large have pages of their own, and do not pin those of freed objects.
  static constexpr std::uint32_t chunk_slots = 4096;

  /// After a burst nothing may be left of it. Generations go on, so that old ids stay misses.
  void give_back() {
    chunks_.clear();
    free_.clear();
    free_.shrink_to_fit();
    made_ = 0;
  }

  Slot& at(std::uint32_t slot) { return chunks_[slot / chunk_slots][slot % chunk_slots]; }
  TransactionId id_of(std::uint32_t slot) { return {kind_ | std::uint64_t{at(slot).generation} << 32 | slot}; }

  std::uint64_t kind_;
  std::size_t size_ = 0;
  std::uint32_t made_ = 0;
  std::uint32_t generation_ = 1;  // of the next object
  std::vector<std::unique_ptr<Slot[]>> chunks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace junctor::transaction
