#pragma once
// For the codec files themselves: one maker per coder, called by the factories with settings that are possible. They
// give null only when the library has no memory.
#include "audio/codec.hpp"

namespace junctor::audio {

inline std::size_t packet_samples(const CodecSettings& s) {
  return static_cast<std::size_t>(s.pcm_rate / 1000 * s.ptime_ms);
}
inline std::size_t l16_bytes(const CodecSettings& s, std::size_t samples) {
  return samples * 2 * static_cast<std::size_t>(s.channels);
}

std::unique_ptr<Encoder> make_g711_encoder(const CodecSettings& settings);
std::unique_ptr<Decoder> make_g711_decoder(const CodecSettings& settings);
std::unique_ptr<Encoder> make_g722_encoder(const CodecSettings& settings);
std::unique_ptr<Decoder> make_g722_decoder(const CodecSettings& settings);
std::unique_ptr<Encoder> make_opus_encoder(const CodecSettings& settings);
std::unique_ptr<Decoder> make_opus_decoder(const CodecSettings& settings);
std::unique_ptr<Encoder> make_l16_encoder(const CodecSettings& settings);
std::unique_ptr<Decoder> make_l16_decoder(const CodecSettings& settings);

}  // namespace junctor::audio
