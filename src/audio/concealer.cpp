#include "audio/concealer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace junctor::audio {
namespace {

constexpr double pitch_ms_min = 2.5;  // 400 Hz
constexpr double pitch_ms_max = 15;   // 67 Hz
constexpr double window_ms = 20;      // compared with its past
constexpr double seam_ms = 2;
constexpr int search_rate = 4000;  // of the coarse search
constexpr std::size_t search_samples = static_cast<std::size_t>((pitch_ms_max + window_ms) * search_rate / 1000);
constexpr float voiced_min =
    0.4F;  // below this likeness it is noise: then the longest period, so that it does not buzz

/// How alike the last `window` samples and those `lag` earlier are: 1 equal, 0 not at all.
template <class T>
float likeness(std::span<const T> history, std::size_t lag, std::size_t window) {
  const T* const now = history.data() + history.size() - window;
  const T* const then = now - lag;
  float product = 0, energy_now = 1, energy_then = 1;
  for (std::size_t i = 0; i < window; ++i) {
    const auto a = static_cast<float>(now[i]), b = static_cast<float>(then[i]);
    product += a * b;
    energy_now += a * a;
    energy_then += b * b;
  }
  return product / std::sqrt(energy_now * energy_then);
}

std::int16_t rounded(float sample) {
  return static_cast<std::int16_t>(std::lrint(std::clamp(sample, -32768.0F, 32767.0F)));
}

}  // namespace

Concealer::Concealer(int rate)
    : rate_(rate),
      lag_min_(samples(pitch_ms_min)),
      lag_max_(samples(pitch_ms_max)),
      history_(samples(pitch_ms_max + window_ms)),
      period_(lag_max_) {}

std::size_t Concealer::samples(double ms) const {
  return static_cast<std::size_t>(ms * rate_ / 1000);
}

void Concealer::heard(std::span<std::int16_t> pcm) {
  if (losing_) {
    const std::size_t lost_ms = concealed_ * 1000 / static_cast<std::size_t>(rate_);
    const std::size_t wanted = period_size_ / 4 + samples(4) * (lost_ms / 10);
    const std::size_t blended = std::min({wanted, samples(blend_ms), pcm.size()});
    const float step = 1.0F / static_cast<float>(blended + 1);
    for (std::size_t i = 0; i < blended; ++i) {
      const float weight = static_cast<float>(i + 1) * step;
      pcm[i] = rounded((1 - weight) * continued() + weight * static_cast<float>(pcm[i]));
    }
    losing_ = false;
  }
  remember(pcm);
}

void Concealer::conceal(std::span<std::int16_t> out) {
  if (!losing_) begin_loss();
  for (std::int16_t& sample : out) sample = rounded(continued());
  remember(out);
}

void Concealer::begin_loss() {
  keep_period(pitch());
  losing_ = true;
  concealed_ = 0;
  position_ = 0;
}

std::size_t Concealer::pitch() const {
  const std::size_t step = static_cast<std::size_t>(rate_ / search_rate);
  std::array<float, search_samples> coarse;
  const std::int16_t* from = history_.data() + history_.size() - coarse.size() * step;
  for (float& sample : coarse) {
    sample = 0;
    for (std::size_t i = 0; i < step; ++i) sample += static_cast<float>(*from++);
  }
  const auto best_of = [](std::size_t first, std::size_t last, auto&& like) {
    std::pair<float, std::size_t> best{-2.0F, first};
    for (std::size_t lag = first; lag <= last; ++lag) best = std::max(best, {like(lag), lag});
    return best;
  };
  const std::size_t window = search_samples - lag_max_ / step;
  const auto [_, rough] =
      best_of(lag_min_ / step, lag_max_ / step, [&](std::size_t lag) { return likeness<float>(coarse, lag, window); });
  const std::size_t middle = rough * step;
  const auto [like, lag] =
      best_of(std::max(middle - step, lag_min_), std::min(middle + step, lag_max_),
              [&](std::size_t at) { return likeness<std::int16_t>(history_, at, samples(window_ms)); });
  return like < voiced_min ? lag_max_ : lag;
}

void Concealer::keep_period(std::size_t lag) {
  period_size_ = lag;
  const std::int16_t* const end = history_.data() + history_.size();
  std::copy(end - lag, end, period_.begin());
  // Its last quarter turns into what came before its first sample, which is what comes next when it goes round.
  const std::size_t quarter = lag / 4;
  for (std::size_t i = 0; i < quarter; ++i) {
    const float weight = static_cast<float>(i + 1) / static_cast<float>(quarter);
    float& sample = period_[lag - quarter + i];
    const auto earlier = static_cast<float>(*(end - lag - quarter + i));
    sample += weight * (earlier - sample);
  }
  seam_ = static_cast<float>(end[-1]) - static_cast<float>(*(end - lag - 1));
}

float Concealer::continued() {
  const std::size_t seam = samples(seam_ms), fade_begins = samples(fade_begins_ms), fade_ends = samples(fade_ms);
  const std::size_t at = concealed_;
  if (at >= fade_ends) return 0;
  ++concealed_;
  float sample = period_[position_];
  if (++position_ == period_size_) position_ = 0;
  if (at < seam) sample += seam_ * static_cast<float>(seam - at) / static_cast<float>(seam);
  if (at > fade_begins) sample *= static_cast<float>(fade_ends - at) / static_cast<float>(fade_ends - fade_begins);
  return sample;
}

void Concealer::remember(std::span<const std::int16_t> pcm) {
  if (pcm.size() >= history_.size()) {
    std::ranges::copy(pcm.last(history_.size()), history_.begin());
    return;
  }
  const auto kept =
      std::copy(history_.begin() + static_cast<std::ptrdiff_t>(pcm.size()), history_.end(), history_.begin());
  std::ranges::copy(pcm, kept);
}

}  // namespace junctor::audio
