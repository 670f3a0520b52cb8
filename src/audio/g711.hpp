#pragma once
// G.711: 8-bit logarithmic samples to and from 16-bit linear ones (µ-law 14 bits, A-law 13 bits, left-justified).
#include <cstdint>
#include <span>

namespace junctor::audio {

enum class Law : std::uint8_t { mu, a };

std::int16_t decode(Law law, std::uint8_t code);
std::uint8_t encode(Law law, std::int16_t sample);

/// `out` has at least as many elements as `in`.
void decode(Law law, std::span<const std::uint8_t> in, std::span<std::int16_t> out);
void encode(Law law, std::span<const std::int16_t> in, std::span<std::uint8_t> out);

/// Mean power of the samples that `codes` stand for; 1 is 0 dBm0. 0 for none.
double power(Law law, std::span<const std::uint8_t> codes);

}  // namespace junctor::audio
