#include "audio/resampler.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include "audio/goertzel.hpp"
#include "audio/sound_fixture.hpp"

namespace junctor::audio {
namespace {

using Pair = std::pair<int, int>;
constexpr std::array<Pair, 9> pairs{{{8000, 16'000},
                                     {16'000, 8000},
                                     {8000, 48'000},
                                     {48'000, 8000},
                                     {16'000, 48'000},
                                     {48'000, 16'000},
                                     {8000, 24'000},
                                     {24'000, 16'000},
                                     {24'000, 48'000}}};

std::span<const std::int16_t> settled(const Sound& sound) {
  return std::span(sound).subspan(sound.size() / 5);
}

TEST(Resampler, delays_as_it_says) {
  for (const auto& [in, out] : pairs) {
    Resampler resampler(in, out);
    const int lower = std::min(in, out);
    EXPECT_EQ(resampler.delay(), Duration(seconds(24)) / lower) << in << " to " << out;
    const Sound sent = speech(out, 1), heard = resampled(speech(in, 1), in, out);
    const auto expected = static_cast<double>(resampler.delay().count()) * out / 1e9;
    EXPECT_NEAR(static_cast<double>(delay_of(sent, heard, out)), expected, 1) << in << " to " << out;
  }
}

TEST(Resampler, passes_its_band_and_nothing_else) {
  for (const auto& [in, out] : pairs) {
    const int lower = std::min(in, out);
    for (const double part : {0.03, 0.1, 0.25, 0.35, 0.41}) {
      const double hz = part * lower;
      const Sound heard = resampled(tone(hz, -10, in, 0.5), in, out);
      EXPECT_NEAR(tone_level_dbm0(settled(heard), hz, out), -10, 1) << in << " to " << out << ' ' << hz;
      EXPECT_GT(tone_snr_db(settled(heard), hz, out), 55) << in << " to " << out << ' ' << hz;
    }
    if (in > out) {
      for (const double part : {0.6, 0.75, 0.9}) {
        const Sound heard = resampled(tone(part * lower, -10, in, 0.5), in, out);
        EXPECT_LT(total_level_dbm0(settled(heard)), -70) << in << " to " << out << ' ' << part * lower;
      }
    }
  }
}

TEST(Resampler, is_the_same_stream_whatever_the_frames) {
  for (const auto& [in, out] : pairs) {
    const Sound sound = speech(in, 0.6);
    Resampler one(in, out), other(in, out);
    Sound whole(one.samples_out(sound.size())), pieces(whole.size());
    one.process(sound, whole);
    std::size_t from = 0, to = 0;
    for (int i = 0; from < sound.size(); ++i) {
      const std::size_t wanted = static_cast<std::size_t>((i % 3 + 1) * 10 * in / 1000);
      const std::size_t size = std::min(wanted, sound.size() - from);
      other.process(std::span(sound).subspan(from, size), std::span(pieces).subspan(to));
      from += size;
      to += other.samples_out(size);
    }
    EXPECT_EQ(whole, pieces) << in << " to " << out;
  }
}

}  // namespace
}  // namespace junctor::audio
