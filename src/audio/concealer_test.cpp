#include "audio/concealer.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include "audio/codec.hpp"
#include "audio/goertzel.hpp"
#include "audio/sound_fixture.hpp"

namespace junctor::audio {
namespace {

using Rates = testing::TestWithParam<int>;

/// The sound in frames of 20 ms, those at `lost` concealed.
Sound with_losses(const Sound& sound, int rate, const std::vector<bool>& lost) {
  Concealer concealer(rate);
  Sound out = sound;
  const auto frame = static_cast<std::size_t>(rate / 50);
  for (std::size_t i = 0; (i + 1) * frame <= out.size(); ++i) {
    const auto pcm = std::span(out).subspan(i * frame, frame);
    if (i < lost.size() && lost[i]) {
      concealer.conceal(pcm);
    } else {
      concealer.heard(pcm);
    }
  }
  return out;
}

TEST_P(Rates, what_is_not_lost_is_not_touched) {
  const Sound sound = speech(GetParam(), 1);
  EXPECT_EQ(with_losses(sound, GetParam(), {}), sound);
}

TEST_P(Rates, a_tone_goes_on_without_a_click) {
  const int rate = GetParam();
  for (const double hz : {200.0, 440.0, 1004.0}) {
    const Sound sound = tone(hz, -10, rate, 1);
    std::vector<bool> lost(50);
    lost[15] = lost[30] = lost[31] = true;
    const Sound heard = with_losses(sound, rate, lost);
    // Where a packet is simply left out the first difference jumps by up to the peak, 7079.
    double step = 0, step_sent = 0;
    for (std::size_t i = 1; i < heard.size(); ++i) {
      step = std::max(step, std::abs(double{1} * heard[i] - heard[i - 1]));
      step_sent = std::max(step_sent, std::abs(double{1} * sound[i] - sound[i - 1]));
    }
    EXPECT_LT(step, step_sent * 1.15 + 100) << hz;
    const auto frame = static_cast<std::size_t>(rate / 50);
    EXPECT_NEAR(total_level_dbm0(std::span(heard).subspan(15 * frame, frame)), -10, 1.5) << hz;
  }
}

TEST_P(Rates, a_long_loss_ends_in_silence_and_comes_back_gently) {
  const int rate = GetParam();
  const Sound sound = tone(440, -10, rate, 1);
  std::vector<bool> lost(50);
  for (std::size_t i = 20; i < 30; ++i) lost[i] = true;
  const Sound heard = with_losses(sound, rate, lost);
  const auto frame = static_cast<std::size_t>(rate / 50);
  const auto at = [&](std::size_t i) { return std::span(heard).subspan(i * frame, frame); };
  EXPECT_GT(total_level_dbm0(at(20)), -12);
  EXPECT_LT(total_level_dbm0(at(21)), -11);
  for (std::size_t i = 23; i < 30; ++i) EXPECT_LE(total_level_dbm0(at(i)), -100);
  EXPECT_LT(std::abs(at(30)[0]), 400);
  EXPECT_NEAR(total_level_dbm0(at(31)), -10, 0.1);
}

TEST_P(Rates, a_loss_before_any_sound_is_silence) {
  Concealer concealer(GetParam());
  Sound pcm(static_cast<std::size_t>(GetParam() / 50), 1);
  concealer.conceal(pcm);
  EXPECT_LE(total_level_dbm0(pcm), -100);
}

INSTANTIATE_TEST_SUITE_P(Concealer, Rates, testing::Values(8000, 16'000, 48'000),
                         [](const auto& rate) { return std::to_string(rate.param); });

/// Speech through one codec with packets of 20 ms lost and concealed.
Sound over_a_lossy_line(const Sound& sound, const CodecSettings& settings, double rate) {
  const auto encoder = make_encoder(settings);
  const auto decoder = make_decoder(settings);
  const std::size_t packet = encoder->packet_samples();
  const std::vector<bool> lost = losses(sound.size() / packet, rate, 11);
  std::array<std::uint8_t, payload_bytes_max> payload;
  Sound out, pcm(packet);
  for (std::size_t i = 0; (i + 1) * packet <= sound.size(); ++i) {
    const std::size_t bytes = encoder->encode(std::span(sound).subspan(i * packet, packet), payload);
    if (lost[i]) {
      decoder->conceal(pcm);
    } else {
      EXPECT_TRUE(decoder->decode(std::span(payload).first(bytes), pcm).has_value());
    }
    out.insert(out.end(), pcm.begin(), pcm.end());
  }
  return out;
}

/// Spectral distance (sound_fixture.hpp) in dB, at most, with 1, 5 and 10 % loss.
struct LossyLine {
  CodecSettings settings;
  std::array<double, 3> distance;
};

TEST(Concealment, keeps_speech_above_a_line_at_1_5_and_10_percent) {
  const std::array<LossyLine, 6> lines{{
      {{.format = Format::pcmu}, {0.3, 0.8, 1.4}},
      {{.format = Format::pcma}, {0.3, 0.8, 1.4}},
      {{.format = Format::g722, .pcm_rate = 16'000}, {0.5, 1.3, 2.3}},
      {{.format = Format::g722}, {0.5, 1.3, 2.3}},
      {{.format = Format::opus, .pcm_rate = 16'000}, {1.0, 1.8, 2.7}},
      {{.format = Format::l16, .pcm_rate = 16'000}, {0.2, 0.7, 1.3}},
  }};
  constexpr std::array loss{0.01, 0.05, 0.10};
  for (const LossyLine& line : lines) {
    const int rate = line.settings.pcm_rate;
    const Sound sent = speech(rate, 10);
    for (std::size_t i = 0; i < loss.size(); ++i) {
      Sound from = sent, heard = over_a_lossy_line(sent, line.settings, loss[i]);
      align(from, heard, rate);
      EXPECT_LT(spectral_distance_db(from, heard, rate), line.distance[i])
          << static_cast<int>(line.settings.format) << ' ' << rate << ' ' << loss[i];
    }
  }
}

// Where nothing is concealed the difference is 50 dB and more.
TEST(Concealment, what_was_lost_is_about_as_loud_as_it_was) {
  for (const int rate : {8000, 16'000, 48'000}) {
    const Sound sent = speech(rate, 10);
    const std::vector<bool> lost = losses(500, 0.1, 5);
    const Sound heard = with_losses(sent, rate, lost);
    const auto frame = static_cast<std::size_t>(rate / 50);
    double sum = 0;
    int frames = 0;
    for (std::size_t i = 0; i < lost.size(); ++i) {
      const double level = total_level_dbm0(std::span(sent).subspan(i * frame, frame));
      if (!lost[i] || level < -30) continue;
      sum += std::abs(total_level_dbm0(std::span(heard).subspan(i * frame, frame)) - level);
      ++frames;
    }
    EXPECT_GT(frames, 20);
    EXPECT_LT(sum / frames, 6) << rate;
  }
}

}  // namespace
}  // namespace junctor::audio
