#include "audio/voice_activity.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

#include "audio/g711.hpp"
#include "audio/goertzel.hpp"
#include "audio/test_speech.hpp"
#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

using std::chrono::milliseconds;
using Samples = std::vector<std::int16_t>;

struct Counts {
  int speech_started = 0, speech_ended = 0, silence = 0, dead_air = 0, clipping_started = 0, clipping_ended = 0;
};

Counts listen(VoiceActivity& activity, const Samples& samples, int rate, std::vector<bool>* speaking = nullptr) {
  Counts counts;
  const auto frame = static_cast<std::size_t>(rate / 50);
  for (std::size_t at = 0; at + frame <= samples.size(); at += frame) {
    const VoiceEvents e = activity.process(std::span(samples).subspan(at, frame));
    counts.speech_started += e.speech_started;
    counts.speech_ended += e.speech_ended;
    counts.silence += e.silence;
    counts.dead_air += e.dead_air;
    counts.clipping_started += e.clipping_started;
    counts.clipping_ended += e.clipping_ended;
    if (speaking != nullptr) speaking->push_back(activity.speaking());
  }
  return counts;
}

/// Of the frames in which the clean sentence sounds, 97 % and more are told as speech; of those more than 600 ms after
/// any (the hang-over is 400), 2 % and less. In white noise 12 dB and more under the speech.
TEST(VoiceActivity, hit_and_false_rates_of_speech_in_noise) {
  for (const int rate : {8000, 16000, 48000}) {
    for (const Speaker speaker : speakers) {
      for (const double noise : {-90.0, -50.0, -40.0, -32.0}) {
        const auto frame = static_cast<std::size_t>(rate / 50);
        const Samples clean = speech(speaker, rate, 60, -20, 2000);
        const Samples noisy = sum(clean, white_noise(clean.size(), noise, 11));
        VoiceActivity activity;
        std::vector<bool> told;
        const Counts counts = listen(activity, noisy, rate, &told);
        int speech_frames = 0, hits = 0, idle_frames = 0, wrong = 0, since = 1000;
        int sentences = 0, quiet = 1000;
        for (std::size_t i = 0; i < told.size(); ++i) {
          const double level = total_level_dbm0(std::span(clean).subspan(i * frame, frame));
          const bool sounds = level > -35;
          if (sounds && quiet > 50) ++sentences;
          quiet = sounds ? 0 : quiet + 1;
          since = level > -45 ? 0 : since + 1;
          speech_frames += sounds;
          hits += sounds && told[i];
          idle_frames += since > 30;
          wrong += since > 30 && told[i];
        }
        const double hit_rate = static_cast<double>(hits) / speech_frames;
        const double false_rate = static_cast<double>(wrong) / idle_frames;
        SCOPED_TRACE(std::to_string(rate) + " Hz, speaker " + std::to_string(static_cast<int>(speaker)) + ", noise " +
                     std::to_string(noise) + ": hits " + std::to_string(hit_rate) + ", false " +
                     std::to_string(false_rate));
        EXPECT_GT(hit_rate, 0.97);
        EXPECT_LT(false_rate, 0.02);
        EXPECT_GE(counts.speech_started, sentences);
        EXPECT_LE(counts.speech_started, sentences * 5 / 4 + 1);
        EXPECT_EQ(counts.dead_air, 0);
      }
    }
  }
}

TEST(VoiceActivity, noise_alone_is_nobody_speaking) {
  for (const double level : {-70.0, -50.0, -30.0}) {
    VoiceActivity activity;
    const Counts counts = listen(activity, white_noise(8000 * 60, level, 3), 8000);
    EXPECT_EQ(counts.speech_started, 0) << level;
    EXPECT_EQ(counts.silence, 1) << level;
  }
}

TEST(VoiceActivity, silence_and_dead_air_are_told_once_each_time) {
  VoiceActivity activity({.silence_after = milliseconds(2000), .dead_air_after = milliseconds(5000)});
  const Samples words = speech(Speaker::woman, 8000, 3, -20, 0);
  Counts counts = listen(activity, words, 8000);
  EXPECT_EQ(counts.silence, 0);
  counts = listen(activity, white_noise(8000 * 20, -45, 8), 8000);  // a room with nobody speaking is not dead
  EXPECT_EQ(counts.silence, 1);
  EXPECT_EQ(counts.dead_air, 0);
  counts = listen(activity, Samples(8000 * 20), 8000);
  EXPECT_EQ(counts.silence, 0);
  EXPECT_EQ(counts.dead_air, 1);
  counts = listen(activity, words, 8000);
  EXPECT_GE(counts.speech_started, 1);
  counts = listen(activity, Samples(8000 * 4), 8000);
  EXPECT_EQ(counts.speech_ended, 1);
  EXPECT_EQ(counts.silence, 1);
  EXPECT_EQ(counts.dead_air, 0);
  counts = listen(activity, Samples(8000 * 4), 8000);
  EXPECT_EQ(counts.dead_air, 1);
}

TEST(VoiceActivity, clipping_begins_and_ends_once) {
  VoiceActivity activity;
  const auto overdriven = [](double level) {
    Samples s = speech(Speaker::man, 8000, 8, level, 200);
    for (auto& sample : s) sample = decode(Law::mu, encode(Law::mu, sample));
    return s;
  };
  EXPECT_EQ(listen(activity, overdriven(-12), 8000).clipping_started, 0);
  Counts counts = listen(activity, overdriven(12), 8000);
  EXPECT_EQ(counts.clipping_started, 1);
  EXPECT_EQ(counts.clipping_ended, 0);
  EXPECT_TRUE(activity.clipping());
  counts = listen(activity, overdriven(-12), 8000);
  EXPECT_EQ(counts.clipping_ended, 1);
  EXPECT_EQ(counts.clipping_started, 0);
}

}  // namespace
}  // namespace junctor::audio
