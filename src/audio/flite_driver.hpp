#pragma once
// English speech by the flite library, in this process.
#include "audio/speech_driver.hpp"

namespace junctor::audio {

/// Voices: "slt" (a woman, the usual one), "rms" (a man), both at 16 kHz, and "kal" (a robot, at 8 kHz; the fastest).
/// The level of speech is active_level_dbm0.
class FliteDriver final : public SpeechDriver {
 public:
  static constexpr double active_level_dbm0 = -18;

  Result<std::string, std::string> speak(const std::string& text, const std::string& voice) override;
  std::string identity() const override { return "flite"; }
};

}  // namespace junctor::audio
