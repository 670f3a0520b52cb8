#pragma once
// Shortening and lengthening speech by one pitch period, so that a playout buffer can give up or win time without a
// click: the signal is cross-faded with itself one period away, at the place where it resembles itself most.
//
// Both functions keep the first sample and the end of `in`, so that what comes before and after joins on. Without a
// period that fits (an onset in the middle of the frame, say) they copy, and the next frame may be tried.
#include <cstddef>
#include <cstdint>
#include <span>

namespace junctor::audio {

/// Periods looked for: 400 Hz … 66 Hz, as far as the frame has room.
constexpr std::size_t period_min_us = 2500;
constexpr std::size_t period_max_us = 15000;

constexpr std::size_t period_max_samples(std::uint32_t sample_rate) {
  return sample_rate * period_max_us / 1'000'000;
}

/// Mono samples at `sample_rate` (8000 … 48000 Hz), at least 10 ms. At most `most` samples are taken out. `out` has
/// room for `in`. Returns the number of samples written: in.size() less the period, or in.size().
std::size_t shorten_by_period(std::span<const std::int16_t> in, std::uint32_t sample_rate, std::size_t most,
                              std::span<std::int16_t> out);

/// `out` has room for in.size() + period_max_samples(). Returns in.size() plus the period, or in.size().
std::size_t lengthen_by_period(std::span<const std::int16_t> in, std::uint32_t sample_rate,
                               std::span<std::int16_t> out);

}  // namespace junctor::audio
