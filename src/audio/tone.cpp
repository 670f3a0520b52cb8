#include "audio/tone.hpp"

#include <cmath>
#include <numbers>

namespace junctor::audio {

ToneGenerator::ToneGenerator(double hz, double level_dbm0, double sample_rate)
    : step_(2 * std::numbers::pi * hz / sample_rate), peak_(peak_0dbm0 * std::pow(10.0, level_dbm0 / 20.0)) {}

void ToneGenerator::generate(std::span<std::int16_t> out) {
  for (std::int16_t& sample : out) {
    sample = static_cast<std::int16_t>(std::lround(peak_ * std::sin(phase_)));
    phase_ += step_;
    if (phase_ >= 2 * std::numbers::pi) phase_ -= 2 * std::numbers::pi;
  }
}

}  // namespace junctor::audio
