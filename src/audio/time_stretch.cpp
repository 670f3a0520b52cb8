#include "audio/time_stretch.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace junctor::audio {
namespace {

/// Over how long the two places are faded into each other, and compared.
constexpr std::size_t overlap_us = 5000;
/// The two places resemble each other enough (normalised correlation) …
constexpr double similar_enough = 0.3;
/// … or are so quiet that it does not matter (mean square; about -53 dB below full scale).
constexpr double quiet_mean_square = 5000;
/// Candidates are compared by about this rate at first, then around the best by every sample.
constexpr std::uint32_t coarse_rate = 8000;

struct Match {
  std::size_t period = 0;  // 0: none
  double similarity = -1;
};

/// How alike `count` samples at the start and at `lag` are, -1 … 1, looking at every `stride`th.
double similarity(std::span<const std::int16_t> in, std::size_t lag, std::size_t count, std::size_t stride) {
  double product = 0, here = 1, there = 1;  // 1: silence resembles nothing, without a division by zero
  for (std::size_t i = 0; i < count; i += stride) {
    const double a = in[i], b = in[lag + i];
    product += a * b, here += a * a, there += b * b;
  }
  return product / std::sqrt(here * there);
}

Match best_of(std::span<const std::int16_t> in, std::size_t first, std::size_t last, std::size_t overlap,
              std::size_t stride) {
  Match best;
  for (std::size_t lag = first; lag <= last; lag += stride) {
    const double s = similarity(in, lag, overlap, stride);
    if (s > best.similarity) best = {lag, s};
  }
  return best;
}

bool quiet(std::span<const std::int16_t> in) {
  double sum = 0;
  for (const double s : in) sum += s * s;
  return sum < quiet_mean_square * static_cast<double>(in.size());
}

Match find_period(std::span<const std::int16_t> in, std::uint32_t sample_rate, std::size_t most, std::size_t overlap) {
  const std::size_t shortest = sample_rate * period_min_us / 1'000'000;
  if (in.size() < shortest + overlap) return {};
  const std::size_t longest = std::min(most, in.size() - overlap);
  if (longest < shortest) return {};
  const std::size_t stride = std::max<std::size_t>(1, sample_rate / coarse_rate);
  Match best = best_of(in, shortest, longest, overlap, stride);
  if (stride > 1) {
    const std::size_t first = std::max(shortest, best.period - std::min(best.period, stride));
    best = best_of(in, first, std::min(longest, best.period + stride), overlap, 1);
  }
  if (best.similarity >= similar_enough || quiet(in)) return best;
  return {};
}

/// The fade from `a` to `b` at position 0 … 1. Like signals keep their level when the two factors add up to one, unlike
/// ones when their squares do.
std::int16_t fade(std::int16_t a, std::int16_t b, double position, double likeness) {
  const double out = 1 - position;
  const double power = out * out + position * position + 2 * std::max(likeness, 0.0) * out * position;
  const double sample = (out * a + position * b) / std::sqrt(power);
  return static_cast<std::int16_t>(std::lround(std::clamp(sample, -32768.0, 32767.0)));
}

/// Writes `in` up to `leave`, fades there to what is at `enter`, and goes on from it to the end.
std::size_t splice(std::span<const std::int16_t> in, std::size_t leave, std::size_t enter, std::size_t overlap,
                   double likeness, std::span<std::int16_t> out) {
  auto place = std::ranges::copy(in.first(leave), out.begin()).out;
  for (std::size_t i = 0; i < overlap; ++i) {
    const double position = static_cast<double>(i) / static_cast<double>(overlap);
    *place++ = fade(in[leave + i], in[enter + i], position, likeness);
  }
  place = std::ranges::copy(in.subspan(enter + overlap), place).out;
  return static_cast<std::size_t>(place - out.begin());
}

}  // namespace

std::size_t shorten_by_period(std::span<const std::int16_t> in, std::uint32_t sample_rate, std::size_t most,
                              std::span<std::int16_t> out) {
  JUNCTOR_CHECK(out.size() >= in.size());
  const std::size_t overlap = sample_rate * overlap_us / 1'000'000;
  const Match match = find_period(in, sample_rate, std::min(most, period_max_samples(sample_rate)), overlap);
  if (match.period == 0) return splice(in, in.size(), in.size(), 0, 1, out);
  return splice(in, 0, match.period, overlap, match.similarity, out);
}

std::size_t lengthen_by_period(std::span<const std::int16_t> in, std::uint32_t sample_rate,
                               std::span<std::int16_t> out) {
  JUNCTOR_CHECK(out.size() >= in.size() + period_max_samples(sample_rate));
  const std::size_t overlap = sample_rate * overlap_us / 1'000'000;
  const Match match = find_period(in, sample_rate, period_max_samples(sample_rate), overlap);
  if (match.period == 0) return splice(in, in.size(), in.size(), 0, 1, out);
  return splice(in, match.period, 0, overlap, match.similarity, out);
}

}  // namespace junctor::audio
