#include "audio/voice.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "audio/goertzel.hpp"
#include "audio/test_speech.hpp"
#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

using Samples = std::vector<std::int16_t>;

Samples process(VoiceProcessor& voice, Samples samples, int rate) {
  const auto frame = static_cast<std::size_t>(rate / 50);
  for (std::size_t at = 0; at + frame <= samples.size(); at += frame)
    voice.process(std::span(samples).subspan(at, frame));
  return samples;
}

/// Without the first seconds, in which the library learns.
std::span<const std::int16_t> settled(const Samples& samples, int rate) {
  return std::span(samples).subspan(static_cast<std::size_t>(4 * rate));
}

TEST(Voice, suppression_takes_the_noise_and_leaves_the_speech) {
  for (const int rate : {8000, 16000, 48000}) {
    for (const Speaker speaker : {Speaker::woman, Speaker::man}) {
      SCOPED_TRACE(std::to_string(rate) + " Hz, speaker " + std::to_string(static_cast<int>(speaker)));
      const auto frame = static_cast<std::size_t>(rate / 50);
      const Samples clean = speech(speaker, rate, 20, -20, 700);
      const Samples noisy = sum(clean, white_noise(clean.size(), -38, 5));
      VoiceProcessor voice(rate, {.noise_suppression = NoiseSuppression::moderate});
      const Samples out = process(voice, noisy, rate);
      const auto reference = settled(clean, rate);
      const double noise_before = idle_level_dbm0(settled(noisy, rate), reference, frame);
      const double noise_after = idle_level_dbm0(settled(out, rate), reference, frame);
      const double speech_before = active_level_dbm0(settled(noisy, rate), reference, frame);
      const double speech_after = active_level_dbm0(settled(out, rate), reference, frame);
      EXPECT_NEAR(noise_before, -38, 0.5);
      EXPECT_LE(noise_after, noise_before - 8);
      EXPECT_NEAR(speech_after, speech_before, 2);
      RecordProperty("noise_reduction_db", std::to_string(noise_before - noise_after));
      RecordProperty("speech_change_db", std::to_string(speech_after - speech_before));
    }
  }
}

TEST(Voice, a_higher_level_takes_more) {
  const Samples noise = white_noise(8000 * 10, -38, 6);
  double before = -38;
  for (const auto level : {NoiseSuppression::low, NoiseSuppression::moderate, NoiseSuppression::high}) {
    VoiceProcessor voice(8000, {.noise_suppression = level});
    const double after = total_level_dbm0(settled(process(voice, noise, 8000), 8000));
    EXPECT_LT(after, before - 2);
    before = after;
  }
}

TEST(Voice, gain_lifts_the_quiet_and_holds_the_loud) {
  for (const int rate : {8000, 16000, 48000}) {
    const auto frame = static_cast<std::size_t>(rate / 50);
    double quiet = 0, loud = 0;
    for (const double level : {-38.0, -8.0}) {
      const Samples in = speech(Speaker::woman, rate, 20, level, 300);
      VoiceProcessor voice(rate, {.automatic_gain = true});
      const Samples out = process(voice, in, rate);
      (level < -20 ? quiet : loud) = active_level_dbm0(settled(out, rate), settled(in, rate), frame);
    }
    EXPECT_GT(quiet, -32) << rate;
    EXPECT_NEAR(loud, -15, 3) << rate;
    EXPECT_LT(loud - quiet, 17) << rate;  // of thirty
  }
}

TEST(Voice, off_is_the_sound_itself) {
  const Samples in = speech(Speaker::man, 16000, 2, -15, 100);
  VoiceProcessor voice(16000, {});
  EXPECT_EQ(process(voice, in, 16000), in);
  voice.set({.noise_suppression = NoiseSuppression::high});
  process(voice, in, 16000);
  voice.set({});
  Samples first_frame(in.begin(), in.begin() + 320);
  process(voice, first_frame, 16000);
  EXPECT_EQ(process(voice, in, 16000), in);
}

/// How many samples `out` is later than `in`.
int lag_of(const Samples& in, const Samples& out, int most) {
  double best = 0;
  int found = -1;
  for (int lag = 0; lag <= most; ++lag) {
    double sum = 0;
    for (std::size_t i = in.size() / 2; i < in.size(); ++i)
      sum += static_cast<double>(in[i - static_cast<std::size_t>(lag)]) * out[i];
    if (sum > best) best = sum, found = lag;
  }
  return found;
}

TEST(Voice, what_passes_keeps_its_sound_and_is_as_late_as_the_rest) {
  for (const int rate : {8000, 16000, 48000}) {
    const Samples in = speech(Speaker::man, rate, 6, -20, 100);
    for (const VoiceSettings settings :
         {VoiceSettings{NoiseSuppression::low, false}, VoiceSettings{NoiseSuppression::off, true},
          VoiceSettings{NoiseSuppression::high, true}}) {
      SCOPED_TRACE(std::to_string(rate) + " Hz, " + std::to_string(static_cast<int>(settings.noise_suppression)));
      VoiceProcessor voice(rate, settings), other(rate, settings);
      const Samples processed = process(voice, in, rate);
      Samples passed = in;
      const auto frame = static_cast<std::size_t>(rate / 50);
      for (std::size_t at = 0; at + frame <= in.size(); at += frame) other.pass(std::span(passed).subspan(at, frame));
      const int lag = lag_of(in, passed, rate / 50);
      EXPECT_NEAR(lag_of(in, processed, rate / 50), lag, 1);
      for (std::size_t i = frame; i < in.size(); ++i) ASSERT_EQ(passed[i], in[i - static_cast<std::size_t>(lag)]);
    }
  }
}

TEST(Voice, switching_does_not_click) {
  ToneGenerator tone(400, -15, 8000);
  Samples in(8000 * 6);
  tone.generate(in);
  VoiceProcessor voice(8000, {});
  Samples out;
  for (std::size_t at = 0; at < in.size(); at += 160) {
    if (at == 8000) voice.set({.noise_suppression = NoiseSuppression::low});
    if (at == 24000) voice.set({.noise_suppression = NoiseSuppression::low, .automatic_gain = true});
    if (at == 32000) voice.set({});
    if (at == 40000) voice.set({.automatic_gain = true});
    Samples frame(in.begin() + static_cast<long>(at), in.begin() + static_cast<long>(at) + 160);
    voice.process(frame);
    out.insert(out.end(), frame.begin(), frame.end());
  }
  // A step between two samples far beyond what a 400 Hz wave of that size, or one the gain makes of it, has.
  int worst = 0;
  for (std::size_t i = 1; i < out.size(); ++i) worst = std::max(worst, std::abs(out[i] - out[i - 1]));
  const double steepest = peak_0dbm0 * std::pow(10, -15 / 20.0) * 2 * 3.14159265 * 400 / 8000;
  EXPECT_LT(worst, steepest * 2.5);
}

}  // namespace
}  // namespace junctor::audio
