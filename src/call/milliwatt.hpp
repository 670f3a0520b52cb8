#pragma once
// The test tone of telephony: one milliwatt.
#include "media/media.hpp"

namespace junctor::call {

/// 1004 Hz at 0 dBm0, for ever.
inline media::Play milliwatt() {
  constexpr float ten_db = 3.1623f;
  static_assert(audio::tone_plan_level_dbm0 == -10);
  audio::Tone tone;
  tone.segments[0].components[0].hz = 1004;
  tone.count = 1;
  media::Play play;
  play.what = tone;
  play.gain = ten_db;
  return play;
}

}  // namespace junctor::call
