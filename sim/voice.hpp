#pragma once
// Speech of the simulated hub: each text is a tone of its own, made at once.
#include <memory>
#include <string_view>

#include "audio/speech_driver.hpp"
#include "config/config.hpp"

namespace junctor::sim {

constexpr int spoken_ms = 600;  ///< of any text

/// The tone that this text is: 1800 to 3000 Hz, away from what phones speak with and from the tones of digits.
double spoken_hz(std::string_view text);

std::shared_ptr<audio::SpeechDriver> make_voice(const config::Speech& settings);

}  // namespace junctor::sim
