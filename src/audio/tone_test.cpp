#include "audio/tone.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

#include "audio/g711.hpp"
#include "audio/goertzel.hpp"

namespace junctor::audio {
namespace {

constexpr double rate = 8000;

std::vector<std::int16_t> frames(double hz, double level, int count) {
  ToneGenerator tone(hz, level, rate);
  std::vector<std::int16_t> all;
  std::array<std::int16_t, 160> frame{};
  for (int i = 0; i < count; ++i) {
    tone.generate(frame);
    all.insert(all.end(), frame.begin(), frame.end());
  }
  return all;
}

TEST(Tone, has_the_frequency_and_level_asked_for) {
  for (const double level : {0.0, -10.0, -30.0, 3.0}) {
    for (const double hz : {440.0, 1004.0, 3400.0}) {
      const auto samples = frames(hz, level, 50);
      EXPECT_NEAR(tone_level_dbm0(samples, hz, rate), level, 0.02);
      EXPECT_NEAR(total_level_dbm0(samples), level, 0.02);
      EXPECT_LT(tone_level_dbm0(samples, hz * 0.9, rate), level - 60);
    }
  }
}

TEST(Tone, is_continuous_across_frames) {
  const auto samples = frames(1004, 0, 100);
  const double w = 2 * std::numbers::pi * 1004 / rate;
  for (std::size_t i = 2; i < samples.size(); ++i) {
    // A sine obeys x[n] = 2 cos(w) x[n-1] - x[n-2]; a step in phase would not.
    ASSERT_NEAR(samples[i], 2 * std::cos(w) * samples[i - 1] - samples[i - 2], 2.5);
  }
}

TEST(Tone, survives_both_laws_at_its_level) {
  for (const Law law : {Law::mu, Law::a}) {
    auto samples = frames(1004, 0, 50);
    for (std::int16_t& s : samples) s = decode(law, encode(law, s));
    EXPECT_NEAR(tone_level_dbm0(samples, 1004, rate), 0, 0.1);
  }
}

TEST(Goertzel, tells_tones_apart_and_silence) {
  EXPECT_LE(tone_level_dbm0(std::vector<std::int16_t>(800), 1000, rate), -100);
  EXPECT_LE(total_level_dbm0({}), -100);
  auto both = frames(440, -10, 50);
  const auto other = frames(1004, -20, 50);
  for (std::size_t i = 0; i < both.size(); ++i) both[i] = static_cast<std::int16_t>(both[i] + other[i]);
  EXPECT_NEAR(tone_level_dbm0(both, 440, rate), -10, 0.1);
  EXPECT_NEAR(tone_level_dbm0(both, 1004, rate), -20, 0.1);
  EXPECT_LT(tone_level_dbm0(both, 700, rate), -70);
}

}  // namespace
}  // namespace junctor::audio
