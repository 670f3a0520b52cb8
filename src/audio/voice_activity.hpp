#pragma once
// What one leg's sound is like, as events: somebody begins and stops to speak, nobody speaks, nothing comes at all, it
// is overdriven. Listens only.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/time.hpp"

namespace junctor::audio {

struct VoiceActivitySettings {
  Duration silence_after = seconds(3);    ///< without speech; from there on it counts as silence
  Duration dead_air_after = seconds(10);  ///< without any sound above VoiceActivity::dead_air_dbm0

  bool operator==(const VoiceActivitySettings&) const = default;
};

/// What a frame changed; several may be set.
struct VoiceEvents {
  bool speech_started = false;  ///< VoiceActivity::told_after its first sound
  bool speech_ended = false;    ///< VoiceActivity::hang_over after its last sound
  bool silence = false;         ///< once, until somebody speaks again
  bool dead_air = false;        ///< once, until there is any sound again
  bool clipping_started = false;
  bool clipping_ended = false;  ///< three seconds without

  bool any() const {
    return speech_started || speech_ended || silence || dead_air || clipping_started || clipping_ended;
  }
};

/// Speech is what stands out of the noise that was there in the last two seconds or so. A plain value; nothing is
/// allocated.
class VoiceActivity {
 public:
  static constexpr double dead_air_dbm0 = -60;
  static constexpr std::chrono::milliseconds frame{20};
  static constexpr std::chrono::milliseconds told_after{60}, hang_over{400};

  VoiceActivity() : VoiceActivity(VoiceActivitySettings{}) {}
  explicit VoiceActivity(const VoiceActivitySettings& settings);

  /// 20 ms at any rate.
  VoiceEvents process(std::span<const std::int16_t> samples);

  bool speaking() const { return speaking_; }
  bool clipping() const { return clipping_; }
  /// Of the last frame, and of the noise under the speech; dBm0.
  double level_dbm0() const { return level_; }
  double noise_dbm0() const { return noise_; }

 private:
  static constexpr std::size_t history_parts = 12;  // of history_frames each: 2.4 s
  static constexpr int history_frames = 10;

  void learn_noise();
  void judge_speech(VoiceEvents& events);
  void judge_sound(VoiceEvents& events);
  void judge_clipping(std::span<const std::int16_t> samples, VoiceEvents& events);

  VoiceActivitySettings settings_;
  double level_ = -100, noise_ = -100, smooth_ = -100;

  std::array<double, history_parts> lowest_{};  // level in each part of the last seconds
  std::size_t part_ = 0, parts_known_ = 0;
  int frames_in_part_ = 0;

  bool speaking_ = false, silence_told_ = false, dead_air_told_ = false, clipping_ = false;
  int loud_frames_ = 0;  // in a row
  std::chrono::milliseconds since_speech_{0}, since_sound_{0}, since_clipping_{0};
  int clipping_score_ = 0;
};

}  // namespace junctor::audio
