#pragma once
// What speaks, as [speech] has it.
#include <memory>

#include "audio/speech_driver.hpp"
#include "config/config.hpp"

namespace junctor::hub {

/// Null for driver = "none". The configuration has been checked.
std::shared_ptr<audio::SpeechDriver> make_speech_driver(const config::Speech& settings);

}  // namespace junctor::hub
