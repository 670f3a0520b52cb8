#include "audio/time_stretch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <numbers>
#include <random>
#include <vector>

namespace junctor::audio {
namespace {

using Samples = std::vector<std::int16_t>;

/// A voiced sound: harmonics of `pitch_hz` that fall off, peak about 8000.
Samples voiced(double pitch_hz, std::uint32_t rate, std::size_t count) {
  Samples out(count);
  for (std::size_t i = 0; i < count; ++i) {
    double x = 0;
    for (int h = 1; h <= 5; ++h) {
      x += 4000.0 / h * std::sin(2 * std::numbers::pi * pitch_hz * h * static_cast<double>(i) / rate + h);
    }
    out[i] = static_cast<std::int16_t>(x);
  }
  return out;
}

int greatest_step(std::span<const std::int16_t> samples) {
  int step = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) step = std::max(step, std::abs(samples[i] - samples[i - 1]));
  return step;
}

/// `whole` with one frame in its middle stretched.
Samples stretch_middle(const Samples& whole, std::size_t frame, std::uint32_t rate, bool longer,
                       std::ptrdiff_t& gained) {
  const std::span<const std::int16_t> all(whole);
  const std::size_t begin = (whole.size() - frame) / 2;
  Samples stretched(frame + period_max_samples(rate));
  const auto middle = all.subspan(begin, frame);
  const std::size_t written =
      longer ? lengthen_by_period(middle, rate, stretched) : shorten_by_period(middle, rate, frame, stretched);
  gained = static_cast<std::ptrdiff_t>(written) - static_cast<std::ptrdiff_t>(frame);
  Samples out(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(begin));
  out.insert(out.end(), stretched.begin(), stretched.begin() + static_cast<std::ptrdiff_t>(written));
  out.insert(out.end(), all.begin() + static_cast<std::ptrdiff_t>(begin + frame), all.end());
  return out;
}

TEST(TimeStretch, takes_or_gives_whole_periods_of_a_voice_without_a_click) {
  for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
    for (const double pitch : {80.0, 110.0, 200.0, 320.0}) {
      for (const bool longer : {false, true}) {
        const Samples whole = voiced(pitch, rate, rate / 5);
        std::ptrdiff_t gained = 0;
        const Samples out = stretch_middle(whole, rate / 50, rate, longer, gained);
        ASSERT_EQ(gained > 0, longer);
        ASSERT_NE(gained, 0);
        const double periods = static_cast<double>(std::abs(gained)) * pitch / rate;
        EXPECT_NEAR(periods, std::round(periods), 0.06) << rate << ' ' << pitch;
        EXPECT_LE(greatest_step(out), greatest_step(whole) * 1.05 + 20) << rate << ' ' << pitch;
      }
    }
  }
}

TEST(TimeStretch, noise_keeps_its_level_and_silence_gives_time_too) {
  constexpr std::uint32_t rate = 8000;
  std::mt19937 engine(3);
  std::normal_distribution<double> sample(0, 1000);
  double before = 0, after = 0;
  int changed = 0;
  for (int i = 0; i < 400; ++i) {
    Samples in(160), out(160);
    for (auto& s : in) s = static_cast<std::int16_t>(sample(engine));
    const std::size_t written = shorten_by_period(in, rate, in.size(), out);
    if (written == in.size()) continue;
    ++changed;
    for (std::size_t k = 0; k < 40; ++k) before += in[k] * in[k], after += out[k] * out[k];  // where it was faded
  }
  EXPECT_GT(changed, 100);
  EXPECT_NEAR(10 * std::log10(after / before), 0, 0.5);
  Samples out(300);
  EXPECT_LT(shorten_by_period(Samples(160), rate, 160, out), 160u);
  EXPECT_GT(lengthen_by_period(Samples(160), rate, out), 160u);
}

TEST(TimeStretch, takes_no_more_than_allowed) {
  const Samples in = voiced(100, 8000, 160);  // periods of 80 samples
  Samples out(160);
  EXPECT_EQ(shorten_by_period(in, 8000, 19, out), 160u);
  EXPECT_GE(shorten_by_period(in, 8000, 70, out), 160u - 70u);
  EXPECT_EQ(shorten_by_period(in, 8000, 80, out), 80u);
}

TEST(TimeStretch, an_onset_is_left_alone) {
  Samples in(160), out(300);
  for (std::size_t i = 80; i < in.size(); ++i) in[i] = i % 2 == 0 ? 9000 : -3000;
  EXPECT_EQ(shorten_by_period(in, 8000, in.size(), out), in.size());
  EXPECT_TRUE(std::equal(in.begin(), in.end(), out.begin()));
  EXPECT_EQ(lengthen_by_period(in, 8000, out), in.size());
}

}  // namespace
}  // namespace junctor::audio
