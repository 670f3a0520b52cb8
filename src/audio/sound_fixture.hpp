#pragma once
// For tests: sounds that are the same at every sample rate, and measures of what became of them.
#include <cstdint>
#include <span>
#include <vector>

#include "audio/codec.hpp"

namespace junctor::audio {

using Sound = std::vector<std::int16_t>;

Sound tone(double hz, double level_dbm0, int rate, double seconds);

/// Like speech, about -16 dBm0 while it lasts: syllables of gliding harmonics (100 to 180 Hz) under three formants,
/// bursts of noise (1.5 to 3.3 kHz), pauses. Nothing is above 3.4 kHz.
Sound speech(int rate, double seconds);

Sound resampled(const Sound& sound, int rate_in, int rate_out);

/// Encoded and decoded, packet by packet; what does not fill a packet at the end is left out.
Sound passed(const Sound& sound, const CodecSettings& settings);

/// By how many samples `heard` is later than `sent` (at most 60 ms), where they are most alike.
std::size_t delay_of(const Sound& sent, const Sound& heard, int rate);
/// `heard` without its first `delay` samples; both are cut to the same length.
void align(Sound& sent, Sound& heard, int rate);

/// Signal-to-noise ratio of a tone, in dB: the best fitting sine of `hz` against everything else.
double tone_snr_db(std::span<const std::int16_t> heard, double hz, int rate);

/// Segmental signal-to-noise ratio in dB: the mean over 20 ms segments above -40 dBm0, each limited to 0 … 40 dB.
/// The sounds are aligned.
double segmental_snr_db(const Sound& sent, const Sound& heard, int rate);

/// Log-spectral distance in dB of two aligned sounds: over 32 ms frames above -40 dBm0, the mean of the root mean
/// square difference of the levels of 16 bands, equally wide on the ear's scale (ERB) from 150 to 3300 Hz; levels below
/// -60 dBm0 count as that. 0 is equal; G.711 makes 0.15, Opus at 16 kbit/s 1.1.
double spectral_distance_db(const Sound& sent, const Sound& heard, int rate);

/// Equal seeds give equal losses, `rate` of the packets on average, none among the first ten.
std::vector<bool> losses(std::size_t packets, double rate, std::uint32_t seed);

}  // namespace junctor::audio
