#include "audio/comfort_noise.hpp"

#include <algorithm>
#include <cmath>

namespace junctor::audio {
namespace {

constexpr double full_scale = 32767;
constexpr std::uint8_t must_be_zero = 0x80;
constexpr float sqrt_3 = 1.7320508F;  // peak of evenly distributed noise over its effective value

double effective(int level_dbov) {
  return full_scale * std::pow(10.0, level_dbov / 20.0);
}

}  // namespace

std::optional<ComfortNoise> parse_comfort_noise(std::span<const std::uint8_t> payload) {
  if (payload.empty() || (payload[0] & must_be_zero) != 0) return std::nullopt;
  ComfortNoise noise;
  noise.level_dbov = -payload[0];
  noise.reflection_count = std::min(payload.size() - 1, ComfortNoise::reflections_max);
  std::ranges::copy(payload.subspan(1, noise.reflection_count), noise.reflections.begin());
  return noise;
}

std::size_t write_comfort_noise(const ComfortNoise& noise, std::span<std::uint8_t> out) {
  const std::size_t count = std::min(noise.reflection_count, ComfortNoise::reflections_max);
  if (out.size() < 1 + count) return 0;
  out[0] = static_cast<std::uint8_t>(-std::clamp(noise.level_dbov, ComfortNoise::level_min_dbov, 0));
  std::copy_n(noise.reflections.begin(), count, out.begin() + 1);
  return 1 + count;
}

int measure_dbov(std::span<const std::int16_t> pcm) {
  double energy = 0;
  for (const double sample : pcm) energy += sample * sample;
  if (energy == 0) return ComfortNoise::level_min_dbov;
  const double level = 10 * std::log10(energy / static_cast<double>(pcm.size()) / (full_scale * full_scale));
  return std::clamp(static_cast<int>(std::lround(level)), ComfortNoise::level_min_dbov, 0);
}

void NoiseGenerator::set_level(int level_dbov) {
  target_ = static_cast<float>(effective(std::clamp(level_dbov, ComfortNoise::level_min_dbov, 0))) * sqrt_3;
}

void NoiseGenerator::generate(std::span<std::int16_t> out) {
  if (out.empty()) return;
  const float step = (target_ - peak_) / static_cast<float>(out.size());
  for (std::int16_t& sample : out) {
    peak_ += step;
    state_ = state_ * 1664525U + 1013904223U;
    const float even = static_cast<float>(static_cast<std::int32_t>(state_)) / 2147483648.0F;
    sample = static_cast<std::int16_t>(std::lrint(std::clamp(even * peak_, -32768.0F, 32767.0F)));
  }
  peak_ = target_;
}

}  // namespace junctor::audio
