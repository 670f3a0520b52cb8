#pragma once
// A steady sine wave, without a step in phase between frames.
#include <cstdint>
#include <span>

namespace junctor::audio {

/// Peak of a 0 dBm0 sine in 16-bit samples: between what µ-law (22302) and A-law (22471) make of it, within 0.04 dB of
/// each. +3.14 dBm0 is full scale.
constexpr double peak_0dbm0 = 22386;
constexpr double level_max_dbm0 = 3.0;

/// A plain value.
class ToneGenerator {
 public:
  ToneGenerator() = default;
  /// `hz` above 0 and below half of `sample_rate`; `level_dbm0` at most level_max_dbm0.
  ToneGenerator(double hz, double level_dbm0, double sample_rate);

  void generate(std::span<std::int16_t> out);

 private:
  double step_ = 0;   // radians per sample
  double phase_ = 0;  // 0 … 2π
  double peak_ = 0;
};

}  // namespace junctor::audio
