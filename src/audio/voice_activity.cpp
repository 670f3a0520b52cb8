#include "audio/voice_activity.hpp"

#include <algorithm>

#include "audio/goertzel.hpp"

namespace junctor::audio {
namespace {

// Two thresholds over the noise: one to begin, a lower one to go on.
constexpr double begin_over_noise_db = 8;
constexpr double keep_over_noise_db = 5;
constexpr double speech_min_dbm0 = -48;
// Somebody who speaks from the first frame on must not count as noise, however loud the noise may be taken for.
constexpr double noise_max_dbm0 = -25;
// Digital silence is no quiet room: after it, noise that comes back must not stand out.
constexpr double nothing_dbm0 = -75;
constexpr int frames_to_begin = VoiceActivity::told_after / VoiceActivity::frame;
constexpr double smoothing = 0.5;

// The highest code of µ-law decodes to 32124, of A-law to 32256, and the next ones are far below.
constexpr std::int16_t clipped_from = 32000;
constexpr std::size_t clipped_share = 100;  // one sample in so many makes a clipped frame
constexpr int clipping_score_start = 5, clipping_score_max = 10;
constexpr std::chrono::milliseconds clipping_over{3000};

}  // namespace

VoiceActivity::VoiceActivity(const VoiceActivitySettings& settings) : settings_(settings) {}

VoiceEvents VoiceActivity::process(std::span<const std::int16_t> samples) {
  VoiceEvents events;
  level_ = total_level_dbm0(samples);
  if (level_ > nothing_dbm0) learn_noise();
  judge_speech(events);
  judge_sound(events);
  judge_clipping(samples, events);
  return events;
}

void VoiceActivity::learn_noise() {
  const bool first = parts_known_ == 0 && frames_in_part_ == 0;
  smooth_ = first ? level_ : smooth_ + (level_ - smooth_) * smoothing;
  double& lowest = lowest_[part_];
  lowest = frames_in_part_ == 0 ? smooth_ : std::min(lowest, smooth_);
  if (++frames_in_part_ == history_frames) {
    frames_in_part_ = 0;
    part_ = (part_ + 1) % history_parts;
    parts_known_ = std::min(parts_known_ + 1, history_parts);
  }
  const std::size_t known = std::min(parts_known_ + (frames_in_part_ == 0 ? 0 : 1), history_parts);
  noise_ = std::min(noise_max_dbm0, *std::min_element(lowest_.begin(), lowest_.begin() + static_cast<long>(known)));
}

void VoiceActivity::judge_speech(VoiceEvents& events) {
  const double threshold = std::max(noise_ + (speaking_ ? keep_over_noise_db : begin_over_noise_db), speech_min_dbm0);
  const bool loud = level_ > threshold;
  loud_frames_ = loud ? loud_frames_ + 1 : 0;
  if (!speaking_) {
    since_speech_ += frame;
    if (loud_frames_ >= frames_to_begin) {
      speaking_ = events.speech_started = true;
      silence_told_ = false;
      since_speech_ = std::chrono::milliseconds(0);
    } else if (!silence_told_ && since_speech_ >= settings_.silence_after) {
      silence_told_ = events.silence = true;
    }
    return;
  }
  since_speech_ = loud ? std::chrono::milliseconds(0) : since_speech_ + frame;
  if (since_speech_ < hang_over) return;
  speaking_ = false;
  events.speech_ended = true;
}

void VoiceActivity::judge_sound(VoiceEvents& events) {
  if (level_ > dead_air_dbm0) {
    since_sound_ = std::chrono::milliseconds(0);
    dead_air_told_ = false;
    return;
  }
  since_sound_ += frame;
  if (dead_air_told_ || since_sound_ < settings_.dead_air_after) return;
  dead_air_told_ = events.dead_air = true;
}

void VoiceActivity::judge_clipping(std::span<const std::int16_t> samples, VoiceEvents& events) {
  const auto at_the_stop =
      std::ranges::count_if(samples, [](std::int16_t s) { return s >= clipped_from || s <= -clipped_from; });
  const bool clipped = static_cast<std::size_t>(at_the_stop) * clipped_share > samples.size();
  clipping_score_ = std::clamp(clipping_score_ + (clipped ? 2 : -1), 0, clipping_score_max);
  since_clipping_ = clipped ? std::chrono::milliseconds(0) : since_clipping_ + frame;
  if (!clipping_ && clipping_score_ >= clipping_score_start) clipping_ = events.clipping_started = true;
  if (clipping_ && since_clipping_ >= clipping_over) {
    clipping_ = false;
    events.clipping_ended = true;
  }
}

}  // namespace junctor::audio
