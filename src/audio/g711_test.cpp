#include "audio/g711.hpp"

#include <array>
#include <cstdlib>
#include <gtest/gtest.h>

#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

TEST(G711, decodes_the_ends_and_the_middle_of_each_law) {
  EXPECT_EQ(decode(Law::mu, 0xff), 0);
  EXPECT_EQ(decode(Law::mu, 0x7f), 0);
  EXPECT_EQ(decode(Law::mu, 0x80), 32124);
  EXPECT_EQ(decode(Law::mu, 0x00), -32124);
  EXPECT_EQ(decode(Law::a, 0xd5), 8);
  EXPECT_EQ(decode(Law::a, 0x55), -8);
  EXPECT_EQ(decode(Law::a, 0xaa), 32256);
  EXPECT_EQ(decode(Law::a, 0x2a), -32256);
}

TEST(G711, every_code_survives_decoding_and_encoding) {
  for (unsigned code = 0; code < 256; ++code) {
    const auto c = static_cast<std::uint8_t>(code);
    EXPECT_EQ(encode(Law::a, decode(Law::a, c)), c);
    if (c != 0x7f) {  // minus zero
      EXPECT_EQ(encode(Law::mu, decode(Law::mu, c)), c);
    }
  }
}

TEST(G711, every_sample_is_within_half_a_step_and_order_is_kept) {
  for (const Law law : {Law::mu, Law::a}) {
    std::int16_t previous = decode(law, encode(law, -32768));
    for (int sample = -32768; sample <= 32767; ++sample) {
      const std::int16_t back = decode(law, encode(law, static_cast<std::int16_t>(sample)));
      ASSERT_GE(back, previous) << sample;
      previous = back;
      const int magnitude = std::abs(sample);
      const int allowed = magnitude > 32124 ? 650 : magnitude / 32 + 12;
      ASSERT_LE(std::abs(back - sample), allowed) << sample;
    }
  }
}

TEST(G711, power_is_told_without_decoding) {
  for (const Law law : {Law::mu, Law::a}) {
    ToneGenerator tone(1004, 0, 8000);
    std::array<std::int16_t, 800> samples;
    std::array<std::uint8_t, 800> codes;
    tone.generate(samples);
    encode(law, samples, codes);
    EXPECT_NEAR(power(law, codes), 1, 0.02);
    EXPECT_EQ(power(law, {}), 0);
  }
  EXPECT_EQ(power(Law::mu, std::array<std::uint8_t, 2>{0xff, 0x7f}), 0);
}

}  // namespace
}  // namespace junctor::audio
