#pragma once
// Arithmetic on numbers that wrap: 16-bit sequence numbers, 32-bit timestamps.
#include <cstdint>

namespace junctor::rtp {

/// How far `a` is ahead of `b`, the shorter way round: -32768 … 32767.
constexpr std::int16_t sequence_distance(std::uint16_t a, std::uint16_t b) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b));
}
constexpr bool sequence_after(std::uint16_t a, std::uint16_t b) {
  return sequence_distance(a, b) > 0;
}

/// How far timestamp `a` is ahead of `b`, the shorter way round.
constexpr std::int32_t timestamp_distance(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}
constexpr bool timestamp_after(std::uint32_t a, std::uint32_t b) {
  return timestamp_distance(a, b) > 0;
}

/// The extended number (cycles in the upper half) that has `sequence` as its lower half and is nearest to `near`.
constexpr std::int64_t extend_sequence(std::int64_t near, std::uint16_t sequence) {
  return near + sequence_distance(sequence, static_cast<std::uint16_t>(near));
}

}  // namespace junctor::rtp
