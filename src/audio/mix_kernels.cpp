#include "audio/mix_kernels.hpp"

#include <algorithm>
#include <cmath>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace junctor::audio {
namespace {

constexpr float sample_min = -32768;
constexpr float sample_max = 32767;
constexpr float headroom = sample_max - limiter_knee;
// Adding and subtracting it leaves a small float rounded to the nearest integer, ties to even, as cvtps2dq does.
constexpr float rounder = 12582912;  // 1.5 * 2^23

float step_of(Ramp ramp, std::size_t count) {
  return (ramp.to - ramp.from) / static_cast<float>(count);
}

void widen_scalar(const std::int16_t* in, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = in[i];
}

void scale_scalar(float* x, Ramp gain, std::size_t count) {
  const float step = step_of(gain, count);
  for (std::size_t i = 0; i < count; ++i) x[i] *= gain.from + step * static_cast<float>(i);
}

void add_scalar(float* out, const float* base, const float* x, Ramp gain, std::size_t count) {
  const float step = step_of(gain, count);
  for (std::size_t i = 0; i < count; ++i) out[i] = base[i] + (gain.from + step * static_cast<float>(i)) * x[i];
}

void limit_scalar(const float* in, Ramp amount, std::int16_t* out, std::size_t count) {
  const float step = step_of(amount, count);
  for (std::size_t i = 0; i < count; ++i) {
    const float above = std::max(std::fabs(in[i]) - limiter_knee, 0.0F);
    const float bent =
        std::copysign(std::min(std::fabs(in[i]), limiter_knee) + headroom * above / (headroom + above), in[i]);
    const float cut = std::min(std::max(in[i], sample_min), sample_max);
    const float share = amount.from + step * static_cast<float>(i);
    out[i] = static_cast<std::int16_t>((cut + share * (bent - cut)) + rounder - rounder);
  }
}

constexpr MixKernels scalar{widen_scalar, scale_scalar, add_scalar, limit_scalar};

#if defined(__x86_64__)
#define JUNCTOR_AVX2 __attribute__((target("avx2")))

/// The ramp's values for eight samples at a time.
struct Ramp8 {
  __m256 from, step, index;
};

JUNCTOR_AVX2 inline Ramp8 ramp8(Ramp ramp, std::size_t count) {
  return {_mm256_set1_ps(ramp.from), _mm256_set1_ps(step_of(ramp, count)), _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7)};
}

JUNCTOR_AVX2 inline __m256 next8(Ramp8& ramp) {
  const __m256 value = _mm256_add_ps(ramp.from, _mm256_mul_ps(ramp.step, ramp.index));
  ramp.index = _mm256_add_ps(ramp.index, _mm256_set1_ps(8));
  return value;
}

JUNCTOR_AVX2 void widen_avx2(const std::int16_t* in, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 8) {
    const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
    _mm256_storeu_ps(out + i, _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(narrow)));
  }
}

JUNCTOR_AVX2 void scale_avx2(float* x, Ramp gain, std::size_t count) {
  Ramp8 ramp = ramp8(gain, count);
  for (std::size_t i = 0; i < count; i += 8) {
    _mm256_storeu_ps(x + i, _mm256_mul_ps(_mm256_loadu_ps(x + i), next8(ramp)));
  }
}

JUNCTOR_AVX2 void add_avx2(float* out, const float* base, const float* x, Ramp gain, std::size_t count) {
  Ramp8 ramp = ramp8(gain, count);
  for (std::size_t i = 0; i < count; i += 8) {
    const __m256 product = _mm256_mul_ps(next8(ramp), _mm256_loadu_ps(x + i));
    _mm256_storeu_ps(out + i, _mm256_add_ps(_mm256_loadu_ps(base + i), product));
  }
}

JUNCTOR_AVX2 inline __m256i limit8(__m256 in, __m256 share) {
  const __m256 sign_bit = _mm256_set1_ps(-0.0F);
  const __m256 knee = _mm256_set1_ps(limiter_knee), room = _mm256_set1_ps(headroom);
  const __m256 magnitude = _mm256_andnot_ps(sign_bit, in);
  const __m256 above = _mm256_max_ps(_mm256_sub_ps(magnitude, knee), _mm256_setzero_ps());
  const __m256 bend = _mm256_div_ps(_mm256_mul_ps(room, above), _mm256_add_ps(room, above));
  const __m256 bent = _mm256_or_ps(_mm256_add_ps(_mm256_min_ps(magnitude, knee), bend), _mm256_and_ps(sign_bit, in));
  const __m256 cut = _mm256_min_ps(_mm256_max_ps(in, _mm256_set1_ps(sample_min)), _mm256_set1_ps(sample_max));
  return _mm256_cvtps_epi32(_mm256_add_ps(cut, _mm256_mul_ps(share, _mm256_sub_ps(bent, cut))));
}

JUNCTOR_AVX2 void limit_avx2(const float* in, Ramp amount, std::int16_t* out, std::size_t count) {
  Ramp8 ramp = ramp8(amount, count);
  for (std::size_t i = 0; i < count; i += 16) {
    const __m256i low = limit8(_mm256_loadu_ps(in + i), next8(ramp));
    const __m256i high = limit8(_mm256_loadu_ps(in + i + 8), next8(ramp));
    // packs works within each half of 128 bits; the permutation puts the quarters back in order.
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0b11'01'10'00);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), packed);
  }
}

constexpr MixKernels avx2{widen_avx2, scale_avx2, add_avx2, limit_avx2};
#endif

}  // namespace

const MixKernels& scalar_mix_kernels() {
  return scalar;
}

const MixKernels& mix_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return avx2;
#endif
  return scalar;
}

}  // namespace junctor::audio
