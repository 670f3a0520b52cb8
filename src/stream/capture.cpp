#include "stream/capture.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace junctor::stream {
namespace {

constexpr std::uint32_t ticks_per_second = seconds(1) / Capture::tick_length;

}  // namespace

Capture::Capture(const Format& format) : format_(format), encoder_(format) {}

void Capture::change_ring() {
  ring_ = std::exchange(next_ring_, nullptr);
  for (std::size_t channel = 0; channel < format_.channels; ++channel) {
    resamplers_[channel].reset();
    if (ring_->rate() != format_.rate)
      resamplers_[channel] =
          std::make_unique<audio::Resampler>(static_cast<int>(ring_->rate()), static_cast<int>(format_.rate));
  }
}

void Capture::skip() {
  if (next_ring_) change_ring();
  while (ring_ && ring_->next()) continue;
  last_tick_.reset();
  samples_.clear();
}

void Capture::drain(std::vector<std::string>& frames) {
  for (;;) {
    while (ring_) {
      const auto tick = ring_->next();
      if (!tick) break;
      hear(*tick);
      cut(frames);
    }
    if (!next_ring_) return;
    change_ring();
  }
}

void Capture::hear(const media::TapTick& tick) {
  std::array<Tick, channels_max> channels{};
  if (last_tick_) {
    const Duration gap = std::min(tick.time - *last_tick_ - tick_length, gap_max);
    for (Duration missing = gap; missing > tick_length / 2; missing -= tick_length) add_tick(channels);
  }
  last_tick_ = tick.time;
  for (const media::TapTick::Part& part : tick.parts) {
    Tick& sum = channels[format_.channels == 2 && part.source != caller_ ? 1 : 0];
    for (std::size_t i = 0; i < part.samples.size(); ++i) {
      constexpr int lowest = std::numeric_limits<std::int16_t>::min(),
                    highest = std::numeric_limits<std::int16_t>::max();
      sum[i] = static_cast<std::int16_t>(std::clamp(sum[i] + part.samples[i], lowest, highest));
    }
  }
  add_tick(channels);
}

void Capture::add_tick(const std::array<Tick, channels_max>& channels) {
  const std::size_t count = ring_->rate() / ticks_per_second;
  std::array<std::span<const std::int16_t>, channels_max> said;
  for (std::size_t channel = 0; channel < format_.channels; ++channel) {
    said[channel] = std::span(channels[channel]).first(count);
    if (!resamplers_[channel]) continue;
    resampled_[channel].resize(resamplers_[channel]->samples_out(count));
    resamplers_[channel]->process(said[channel], resampled_[channel]);
    said[channel] = resampled_[channel];
  }
  if (format_.channels == 1) {
    samples_.insert(samples_.end(), said[0].begin(), said[0].end());
    return;
  }
  for (std::size_t i = 0; i < said[0].size(); ++i) samples_.insert(samples_.end(), {said[0][i], said[1][i]});
}

void Capture::cut(std::vector<std::string>& frames) {
  const std::size_t size = encoder_.frame_samples();
  std::size_t at = 0;
  for (; samples_.size() - at >= size; at += size)
    frames.push_back(encoder_.encode(std::span(samples_).subspan(at, size)));
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace junctor::stream
