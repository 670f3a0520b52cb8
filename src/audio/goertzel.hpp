#pragma once
// Measuring tones: how much of one frequency is in some samples, and how much of anything.
#include <cstdint>
#include <span>

namespace junctor::audio {

/// Level of the component at `hz` (Goertzel; Hann window, so that neighbours a few bins away do not leak in), in dBm0;
/// -100 or less for silence. Take at least 50 ms of samples: resolution is about two bins of sample_rate / size.
double tone_level_dbm0(std::span<const std::int16_t> samples, double hz, double sample_rate);

/// Level of all that is there.
double total_level_dbm0(std::span<const std::int16_t> samples);

}  // namespace junctor::audio
