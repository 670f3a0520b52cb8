#include "audio/g711.hpp"

#include <array>
#include <bit>

#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

// Both laws: sign, three bits of segment, four bits of step.

constexpr std::int32_t mu_bias = 33;  // added to the magnitude, in 14-bit units, so that segments are powers of 2
constexpr std::int32_t mu_magnitude_max = 8158;
constexpr std::uint8_t a_inversion = 0x55;  // even bits are inverted on the line
constexpr std::int32_t a_magnitude_max = 4095;

constexpr std::int16_t decode_mu(std::uint8_t code) {
  const auto bits = static_cast<std::uint8_t>(~code);
  const int segment = bits >> 4 & 7;
  const std::int32_t magnitude = (((bits & 0xf) << 1 | 0x21) << segment) - mu_bias;
  return static_cast<std::int16_t>((bits & 0x80) != 0 ? -magnitude * 4 : magnitude * 4);
}

constexpr std::uint8_t encode_mu(std::int16_t sample) {
  const bool negative = sample < 0;
  std::int32_t magnitude = (negative ? -std::int32_t{sample} : std::int32_t{sample}) >> 2;
  if (magnitude > mu_magnitude_max) magnitude = mu_magnitude_max;
  magnitude += mu_bias;
  const int segment = static_cast<int>(std::bit_width(static_cast<std::uint32_t>(magnitude))) - 6;
  const int step = magnitude >> (segment + 1) & 0xf;
  return static_cast<std::uint8_t>(~((negative ? 0x80 : 0) | segment << 4 | step));
}

constexpr std::int16_t decode_a(std::uint8_t code) {
  const auto bits = static_cast<std::uint8_t>(code ^ a_inversion);
  const int segment = bits >> 4 & 7;
  const std::int32_t step = (bits & 0xf) << 1 | 1;
  const std::int32_t magnitude = segment == 0 ? step : (step | 0x20) << (segment - 1);
  return static_cast<std::int16_t>((bits & 0x80) != 0 ? magnitude * 8 : -magnitude * 8);
}

constexpr std::uint8_t encode_a(std::int16_t sample) {
  const bool negative = sample < 0;
  std::int32_t magnitude = (negative ? -1 - std::int32_t{sample} : std::int32_t{sample}) >> 3;
  if (magnitude > a_magnitude_max) magnitude = a_magnitude_max;
  const int width = static_cast<int>(std::bit_width(static_cast<std::uint32_t>(magnitude)));
  const int segment = width <= 5 ? 0 : width - 5;
  const int step = segment == 0 ? magnitude >> 1 : magnitude >> segment & 0xf;
  return static_cast<std::uint8_t>(((negative ? 0 : 0x80) | segment << 4 | step) ^ a_inversion);
}

template <auto decode_one>
constexpr std::array<std::int16_t, 256> decode_table() {
  std::array<std::int16_t, 256> table{};
  for (unsigned code = 0; code < 256; ++code) table[code] = decode_one(static_cast<std::uint8_t>(code));
  return table;
}

constexpr auto mu_table = decode_table<decode_mu>();
constexpr auto a_table = decode_table<decode_a>();

constexpr std::array<std::uint32_t, 256> squares(const std::array<std::int16_t, 256>& samples) {
  std::array<std::uint32_t, 256> table{};
  for (std::size_t code = 0; code < table.size(); ++code) {
    table[code] = static_cast<std::uint32_t>(samples[code] * samples[code]);
  }
  return table;
}

constexpr auto mu_squares = squares(mu_table);
constexpr auto a_squares = squares(a_table);

}  // namespace

std::int16_t decode(Law law, std::uint8_t code) {
  return law == Law::mu ? mu_table[code] : a_table[code];
}

std::uint8_t encode(Law law, std::int16_t sample) {
  return law == Law::mu ? encode_mu(sample) : encode_a(sample);
}

double power(Law law, std::span<const std::uint8_t> codes) {
  const auto& table = law == Law::mu ? mu_squares : a_squares;
  std::uint64_t sum = 0;
  for (const std::uint8_t code : codes) sum += table[code];
  constexpr double power_0dbm0 = peak_0dbm0 * peak_0dbm0 / 2;
  return codes.empty() ? 0 : static_cast<double>(sum) / static_cast<double>(codes.size()) / power_0dbm0;
}

void decode(Law law, std::span<const std::uint8_t> in, std::span<std::int16_t> out) {
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = decode(law, in[i]);
}

void encode(Law law, std::span<const std::int16_t> in, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = encode(law, in[i]);
}

}  // namespace junctor::audio
