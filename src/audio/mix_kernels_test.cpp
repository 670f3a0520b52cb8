#include "audio/mix_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace junctor::audio {
namespace {

std::vector<float> noise(std::size_t count, float peak, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> sample(-peak, peak);
  std::vector<float> out(count);
  for (float& x : out) x = sample(engine);
  return out;
}

std::vector<std::int16_t> limited(const std::vector<float>& in, Ramp amount) {
  std::vector<std::int16_t> out(in.size());
  mix_kernels().limit(in.data(), amount, out.data(), in.size());
  return out;
}

TEST(MixKernels, fast_and_plain_agree_bit_for_bit) {
  const MixKernels& fast = mix_kernels();
  const MixKernels& plain = scalar_mix_kernels();
  for (const std::size_t count : {80u, 160u, 320u, 960u}) {
    for (const Ramp gain : {Ramp{1, 1}, Ramp{0, 1}, Ramp{0.7F, 0.1F}, Ramp{-1, 0}}) {
      const auto x = noise(count, 40000, 1), base = noise(count, 3e6F, 2);
      std::vector<float> a(count), b(count);
      fast.add(a.data(), base.data(), x.data(), gain, count);
      plain.add(b.data(), base.data(), x.data(), gain, count);
      ASSERT_EQ(a, b);
      a = b = x;
      fast.scale(a.data(), gain, count);
      plain.scale(b.data(), gain, count);
      ASSERT_EQ(a, b);
      const Ramp amount{std::fabs(gain.from), std::fabs(gain.to)};
      for (const float peak : {100.0F, 40000.0F, 3e6F, 3e7F}) {
        const auto loud = noise(count, peak, 3);
        std::vector<std::int16_t> c(count), d(count);
        fast.limit(loud.data(), amount, c.data(), count);
        plain.limit(loud.data(), amount, d.data(), count);
        ASSERT_EQ(c, d) << peak;
        fast.widen(c.data(), a.data(), count);
        plain.widen(c.data(), b.data(), count);
        ASSERT_EQ(a, b);
      }
    }
  }
}

TEST(MixKernels, the_limiter_is_transparent_below_its_knee_and_bends_without_a_corner_above) {
  std::vector<float> rising(mix_block * 8192);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<float>(i);  // to four times full scale
  const auto out = limited(rising, {1, 1});
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (rising[i] <= limiter_knee) {
      ASSERT_EQ(out[i], static_cast<std::int16_t>(i));
    }
    ASSERT_GE(out[i], out[i - 1]);
    ASSERT_LE(out[i] - out[i - 1], 1);
  }
  EXPECT_LT(out.back(), 32767);
  EXPECT_GT(out.back(), 30000);
}

TEST(MixKernels, the_limiter_never_wraps_and_off_it_is_exact) {
  EXPECT_EQ(limited(std::vector<float>(16, 1e9F), {1, 1})[0], 32767);
  EXPECT_GE(limited(std::vector<float>(16, -1e9F), {1, 1})[0], -32768);
  EXPECT_LT(limited(std::vector<float>(16, -1e9F), {1, 1})[0], -32700);
  EXPECT_EQ(limited(std::vector<float>(16, 1e9F), {0, 0})[0], 32767);
  EXPECT_EQ(limited(std::vector<float>(16, -1e9F), {0, 0})[0], -32768);
  std::vector<float> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<float>(i) - 32768;
  const auto out = limited(all, {0, 0});
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(out[i], static_cast<int>(i) - 32768);
}

}  // namespace
}  // namespace junctor::audio
