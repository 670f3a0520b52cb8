#include "audio/codec.hpp"

#include "audio/codec_makers.hpp"

namespace junctor::audio {
namespace {

bool has_rate(const CodecSettings& s) {
  switch (s.format) {
    case Format::pcmu:
    case Format::pcma:
      return s.pcm_rate == 8000;
    case Format::g722:
      return s.pcm_rate == 8000 || s.pcm_rate == 16'000;
    case Format::opus:
      if (s.pcm_rate == 24'000) return true;
      [[fallthrough]];
    case Format::l16:
      return s.pcm_rate == 8000 || s.pcm_rate == 16'000 || s.pcm_rate == 48'000;
  }
  return false;
}

bool has_channels(const CodecSettings& s) {
  return s.channels == 1 || (s.channels == 2 && (s.format == Format::l16 || s.format == Format::opus));
}

bool has_ptime(const CodecSettings& s) {
  if (s.format == Format::opus) return s.ptime_ms == 10 || s.ptime_ms == 20 || s.ptime_ms == 40 || s.ptime_ms == 60;
  return s.ptime_ms >= 10 && s.ptime_ms <= 60;
}

bool fits_packet(const CodecSettings& s) {
  return s.format != Format::l16 || l16_bytes(s, packet_samples(s)) <= payload_bytes_max;
}

}  // namespace

std::unique_ptr<Encoder> make_encoder(const CodecSettings& settings) {
  if (!has_rate(settings) || !has_channels(settings) || !has_ptime(settings) || !fits_packet(settings)) return nullptr;
  switch (settings.format) {
    case Format::pcmu:
    case Format::pcma:
      return make_g711_encoder(settings);
    case Format::g722:
      return make_g722_encoder(settings);
    case Format::opus:
      return make_opus_encoder(settings);
    case Format::l16:
      return make_l16_encoder(settings);
  }
  return nullptr;
}

std::unique_ptr<Decoder> make_decoder(const CodecSettings& settings) {
  if (!has_rate(settings) || !has_channels(settings)) return nullptr;
  switch (settings.format) {
    case Format::pcmu:
    case Format::pcma:
      return make_g711_decoder(settings);
    case Format::g722:
      return make_g722_decoder(settings);
    case Format::opus:
      return make_opus_decoder(settings);
    case Format::l16:
      return make_l16_decoder(settings);
  }
  return nullptr;
}

}  // namespace junctor::audio
