#pragma once
// Negotiated formats as our coders know them.
#include <cstdint>
#include <memory>
#include <optional>

#include "audio/codec.hpp"
#include "media/media.hpp"

namespace junctor::media {

/// The tick of every mixer.
constexpr Duration tick_span = std::chrono::milliseconds(20);
constexpr std::uint32_t ticks_per_second = 50;
/// A tick at the highest rate, samples.
constexpr std::size_t tick_samples_max = 48000 / ticks_per_second;

/// The coder of a format for a mixer at `rate`, with the PCM rate that needs no resampling if there is one; nothing
/// when we have none, or the format is no audio.
std::optional<audio::CodecSettings> codec_settings(const Payload& payload, std::uint32_t rate);

/// With the far end's wishes as far as the codec can; null when there is no such coder.
std::unique_ptr<audio::Encoder> make_encoder_for(audio::CodecSettings codec, const EncoderSettings& wishes);

/// RTP clock units of so many samples at `pcm_rate`.
constexpr std::uint32_t units_of(std::size_t samples, int pcm_rate, std::uint32_t clock_rate) {
  return static_cast<std::uint32_t>(samples * clock_rate / static_cast<std::uint32_t>(pcm_rate));
}

}  // namespace junctor::media
