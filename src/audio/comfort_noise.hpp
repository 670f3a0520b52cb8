#pragma once
// Comfort noise (RFC 3389): what a far end sends instead of speech while nobody speaks, and how to make it audible.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace junctor::audio {

/// One payload. Level and spectrum of the noise at the sender's side.
struct ComfortNoise {
  static constexpr std::size_t reflections_max = 32;  ///< further ones of a payload are left out
  static constexpr int level_min_dbov = -127;

  /// Relative to a square wave of full scale; -127 to 0.
  int level_dbov = level_min_dbov;
  /// Quantised reflection coefficients, coefficient i being (reflections[i] - 127) / 128.
  std::array<std::uint8_t, reflections_max> reflections{};
  std::size_t reflection_count = 0;

  bool operator==(const ComfortNoise&) const = default;
};

/// Nothing when the payload is empty or its first bit is set.
std::optional<ComfortNoise> parse_comfort_noise(std::span<const std::uint8_t> payload);

/// Returns the bytes written, 1 + reflection_count; 0 when `out` is too small.
std::size_t write_comfort_noise(const ComfortNoise& noise, std::span<std::uint8_t> out);

/// The level_dbov of some samples.
int measure_dbov(std::span<const std::int16_t> pcm);

/// White noise of a level: the spectrum of the payload is not followed, as RFC 3389 §4 leaves open. A plain value.
class NoiseGenerator {
 public:
  /// Equal seeds give equal noise.
  explicit NoiseGenerator(std::uint32_t seed) : state_(seed) {}

  /// From now on; the next generate() goes there gradually.
  void set_level(int level_dbov);
  void generate(std::span<std::int16_t> out);

 private:
  std::uint32_t state_;
  float peak_ = 0, target_ = 0;
};

}  // namespace junctor::audio
