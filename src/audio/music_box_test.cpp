#include "audio/music_box.hpp"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>

#include "audio/goertzel.hpp"

namespace junctor::audio {
namespace {

TEST(MusicBox, is_neither_loud_nor_broken_at_any_rate) {
  for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
    const auto music = music_box(rate);
    EXPECT_NEAR(static_cast<double>(music.size()) / rate, 20.48, 0.01);
    EXPECT_NEAR(total_level_dbm0(music), -20, 4) << rate;
    const auto loudest = std::ranges::max(music, {}, [](std::int16_t s) { return std::abs(int{s}); });
    EXPECT_LT(std::abs(int{loudest}), 16000);
    // No click where it begins again.
    EXPECT_LT(std::abs(music.front() - music.back()), 3000);
  }
}

}  // namespace
}  // namespace junctor::audio
