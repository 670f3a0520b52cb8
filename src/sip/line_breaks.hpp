#pragma once
// Where the lines of a message end. Sixty-four bytes are looked at together and leave one bit each, so that going from
// line to line costs the same whatever their lengths.
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace junctor::sip {

class LineBreaks {
 public:
  explicit LineBreaks(std::string_view text) : data_(text.data()), size_(text.size()) { load(0); }

  /// The position of the first CR or LF at or behind `from`, or the length of the text. `from` must not be less than in
  /// an earlier call.
  std::size_t next(std::size_t from) {
    if (from >= block_ + width) {
      if (from >= size_) return size_;
      load(from / width * width);
    }
    std::uint64_t hits = hits_ & (~std::uint64_t{0} << (from - block_));
    while (hits == 0) {
      if (block_ + width >= size_) return size_;
      load(block_ + width);
      hits = hits_;
    }
    return block_ + static_cast<std::size_t>(std::countr_zero(hits));
  }

 private:
  static constexpr std::size_t width = 64;

  void load(std::size_t block) {
    block_ = block;
    if (block + width <= size_) {
      hits_ = find(data_ + block);
      return;
    }
    std::array<char, width> rest{};
    std::memcpy(rest.data(), data_ + block, size_ - block);
    hits_ = find(rest.data());
  }

  static std::uint64_t find(const char* bytes) {
    std::uint64_t hits = 0;
#ifdef __SSE2__
    const __m128i cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n');
    for (std::size_t i = 0; i < width; i += 16) {
      __m128i part;
      std::memcpy(&part, bytes + i, sizeof part);
      const int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(part, cr), _mm_cmpeq_epi8(part, lf)));
      hits |= std::uint64_t{static_cast<std::uint32_t>(found)} << i;
    }
#else
    for (std::size_t i = 0; i < width; ++i) {
      hits |= std::uint64_t{bytes[i] == '\r' || bytes[i] == '\n'} << i;
    }
#endif
    return hits;
  }

  const char* data_;
  std::size_t size_;
  std::size_t block_ = 0;
  std::uint64_t hits_ = 0;
};

}  // namespace junctor::sip
