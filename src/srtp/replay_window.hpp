#pragma once
// Which of the last indices were seen (RFC 3711 §3.3.2). A plain value.
#include <array>
#include <cstddef>
#include <cstdint>

namespace junctor::srtp {

template <std::size_t bits>
class ReplayWindow {
  static_assert(bits >= 64 && bits % 64 == 0);

 public:
  bool empty() const { return !any_; }
  /// The highest index seen; 0 when empty.
  std::uint64_t highest() const { return highest_; }

  /// Neither seen nor too old to know.
  bool is_new(std::uint64_t index) const {
    if (!any_ || index > highest_) return true;
    return highest_ - index < bits && (word(index) & mask(index)) == 0;
  }

  /// The index is new.
  void mark(std::uint64_t index) {
    if (!any_ || index > highest_) advance(index);
    seen_[index / 64 % seen_.size()] |= mask(index);
  }

  bool operator==(const ReplayWindow&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.any_, self.highest_, self.seen_);
  }

 private:
  static std::uint64_t mask(std::uint64_t index) { return std::uint64_t{1} << (index % 64); }
  std::uint64_t word(std::uint64_t index) const { return seen_[index / 64 % seen_.size()]; }

  void advance(std::uint64_t index) {
    if (!any_ || index - highest_ >= bits)
      seen_.fill(0);
    else
      for (std::uint64_t i = highest_ + 1; i < index; ++i) seen_[i / 64 % seen_.size()] &= ~mask(i);
    seen_[index / 64 % seen_.size()] &= ~mask(index);
    highest_ = index;
    any_ = true;
  }

  bool any_ = false;
  std::uint64_t highest_ = 0;
  std::array<std::uint64_t, bits / 64> seen_{};  // a ring: index modulo bits
};

}  // namespace junctor::srtp
