#include "audio/goertzel.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

constexpr double floor_peak = 1e-3;  // what counts as silence: far below one step of 16 bits

double level(double peak) {
  return 20.0 * std::log10(std::max(peak, floor_peak) / peak_0dbm0);
}

}  // namespace

double tone_level_dbm0(std::span<const std::int16_t> samples, double hz, double sample_rate) {
  if (samples.empty()) return level(0);
  const double n = static_cast<double>(samples.size());
  const double coefficient = 2.0 * std::cos(2.0 * std::numbers::pi * hz / sample_rate);
  double before = 0, last = 0, window_sum = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double window = 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * (static_cast<double>(i) + 0.5) / n);
    const double next = window * samples[i] + coefficient * last - before;
    window_sum += window;
    before = last;
    last = next;
  }
  const double power = last * last + before * before - coefficient * last * before;
  return level(2.0 * std::sqrt(std::max(power, 0.0)) / window_sum);
}

double total_level_dbm0(std::span<const std::int16_t> samples) {
  if (samples.empty()) return level(0);
  double sum = 0;
  for (const double s : samples) sum += s * s;
  return level(std::sqrt(2.0 * sum / static_cast<double>(samples.size())));
}

}  // namespace junctor::audio
