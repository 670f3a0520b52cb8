#include "audio/comfort_noise.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "audio/sound_fixture.hpp"

namespace junctor::audio {
namespace {

TEST(ComfortNoise, payloads_are_read_and_written) {
  const std::array<std::uint8_t, 3> payload{70, 127, 200};
  const auto noise = parse_comfort_noise(payload);
  ASSERT_TRUE(noise);
  EXPECT_EQ(noise->level_dbov, -70);
  EXPECT_EQ(noise->reflection_count, 2U);
  EXPECT_EQ(noise->reflections[1], 200);
  std::array<std::uint8_t, 3> out{};
  EXPECT_EQ(write_comfort_noise(*noise, out), 3U);
  EXPECT_EQ(out, payload);
  EXPECT_EQ(write_comfort_noise(*noise, std::span(out).first(2)), 0U);

  EXPECT_FALSE(parse_comfort_noise({}));
  EXPECT_FALSE(parse_comfort_noise(std::array<std::uint8_t, 1>{0x80}));
  const std::vector<std::uint8_t> long_one(500, 1);
  EXPECT_EQ(parse_comfort_noise(long_one)->reflection_count, ComfortNoise::reflections_max);
}

TEST(ComfortNoise, has_the_level_asked_for_and_changes_it_gradually) {
  NoiseGenerator generator(1);
  Sound noise(8000), frame(160);
  for (const int level : {-30, -50, -70}) {
    generator.set_level(level);
    generator.generate(frame);
    generator.generate(noise);
    EXPECT_NEAR(measure_dbov(noise), level, 1);
  }
  generator.set_level(-20);
  generator.generate(frame);
  const auto loudest = [&](std::size_t from) {
    int peak = 0;
    for (std::size_t i = from; i < from + 16; ++i) peak = std::max(peak, std::abs(int{frame[i]}));
    return peak;
  };
  EXPECT_LT(loudest(0), loudest(144) / 4);
}

TEST(ComfortNoise, silence_and_full_scale_are_the_ends_of_the_scale) {
  EXPECT_EQ(measure_dbov(Sound(160)), -127);
  EXPECT_EQ(measure_dbov(Sound(160, 32767)), 0);
  EXPECT_EQ(measure_dbov({}), -127);
}

}  // namespace
}  // namespace junctor::audio
