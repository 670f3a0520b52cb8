#pragma once
// The loops over samples that mixing is made of, once in plain C++ and once with AVX2; both compute every sample by the
// same operations in the same order, so that their results are equal bit for bit.
//
// Samples are float in units of a 16-bit sample: ±32768 is full scale. Counts are multiples of mix_block.
#include <cstddef>
#include <cstdint>

namespace junctor::audio {

/// Each mixed frame is a multiple of so many samples: 10 ms at 8 kHz are five blocks.
constexpr std::size_t mix_block = 16;

/// The soft limiter lets samples up to here pass unchanged (-6 dBFS) and bends what is louder toward full scale.
constexpr float limiter_knee = 16384;

/// A factor that moves in a straight line over a frame: sample i of n has from + (to - from) / n * i.
struct Ramp {
  float from = 0;
  float to = 0;

  bool operator==(const Ramp&) const = default;
  bool is(float value) const { return from == value && to == value; }
};

struct MixKernels {
  /// out = in
  void (*widen)(const std::int16_t* in, float* out, std::size_t count);
  /// x *= gain
  void (*scale)(float* x, Ramp gain, std::size_t count);
  /// out = base + gain * x; `out` may be `base`.
  void (*add)(float* out, const float* base, const float* x, Ramp gain, std::size_t count);
  /// Rounds to 16 bits. `amount` 0: what is beyond full scale is cut off; 1: nothing is cut, as everything above the
  /// knee is bent (its slope goes from 1 at the knee to 0 at infinity); between: that share of each.
  void (*limit)(const float* in, Ramp amount, std::int16_t* out, std::size_t count);
};

const MixKernels& scalar_mix_kernels();
/// The fastest that this processor has.
const MixKernels& mix_kernels();

}  // namespace junctor::audio
