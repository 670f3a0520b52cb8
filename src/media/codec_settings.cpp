#include "media/codec_settings.hpp"

namespace junctor::media {

std::optional<audio::CodecSettings> codec_settings(const Payload& payload, std::uint32_t rate) {
  const int mixer_rate = static_cast<int>(rate);
  const bool narrow = payload.clock_rate == 8000 && payload.channels == 1;
  switch (payload.codec) {
    case rtp::Codec::pcmu:
      if (!narrow) return std::nullopt;
      return audio::CodecSettings{.format = audio::Format::pcmu};
    case rtp::Codec::pcma:
      if (!narrow) return std::nullopt;
      return audio::CodecSettings{.format = audio::Format::pcma};
    case rtp::Codec::g722:
      if (!narrow) return std::nullopt;
      return audio::CodecSettings{.format = audio::Format::g722, .pcm_rate = rate == 8000 ? 8000 : 16000};
    case rtp::Codec::opus:
      if (payload.clock_rate != 48000) return std::nullopt;
      return audio::CodecSettings{.format = audio::Format::opus, .pcm_rate = mixer_rate};
    case rtp::Codec::l16: {
      const audio::CodecSettings l16{
          .format = audio::Format::l16, .pcm_rate = static_cast<int>(payload.clock_rate), .channels = payload.channels};
      if (payload.clock_rate != 8000 && payload.clock_rate != 16000 && payload.clock_rate != 48000) return std::nullopt;
      if (payload.channels != 1 && payload.channels != 2) return std::nullopt;
      return l16;
    }
    default:
      return std::nullopt;
  }
}

std::unique_ptr<audio::Encoder> make_encoder_for(audio::CodecSettings codec, const EncoderSettings& wishes) {
  codec.use_inband_fec = wishes.use_inband_fec;
  codec.use_dtx = wishes.use_dtx;
  codec.max_average_bitrate = static_cast<int>(wishes.max_average_bitrate);
  // L16 at 48 kHz has no room for 20 ms in a packet.
  for (const int ptime_ms : {int{wishes.ptime_ms}, 20, 10}) {
    codec.ptime_ms = ptime_ms;
    if (auto encoder = audio::make_encoder(codec)) return encoder;
  }
  return nullptr;
}

}  // namespace junctor::media
