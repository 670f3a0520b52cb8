// L16: samples in network byte order, channels interleaved (RFC 3551 §4.5.11).
#include "audio/codec_makers.hpp"
#include "audio/waveform_decoder.hpp"
#include "base/check.hpp"

namespace junctor::audio {
namespace {

class L16Encoder final : public Encoder {
 public:
  explicit L16Encoder(const CodecSettings& settings)
      : Encoder(audio::packet_samples(settings)), channels_(settings.channels) {}

  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) override {
    JUNCTOR_CHECK(pcm.size() == packet_samples() && payload.size() >= payload_bytes_max);
    std::size_t at = 0;
    for (const std::int16_t sample : pcm) {
      for (int channel = 0; channel < channels_; ++channel) {
        payload[at++] = static_cast<std::uint8_t>(sample >> 8 & 0xff);
        payload[at++] = static_cast<std::uint8_t>(sample & 0xff);
      }
    }
    return at;
  }
  void expect_loss(int) override {}

 private:
  int channels_;
};

class L16Decoder final : public WaveformDecoder {
 public:
  explicit L16Decoder(const CodecSettings& settings)
      : WaveformDecoder(settings.pcm_rate, l16_bytes(settings, 1), 1), channels_(settings.channels) {}

 private:
  void expand(std::span<const std::uint8_t> payload, std::span<std::int16_t> pcm) override {
    const std::uint8_t* from = payload.data();
    for (std::int16_t& sample : pcm) {
      int sum = 0;
      for (int channel = 0; channel < channels_; ++channel, from += 2) {
        sum += static_cast<std::int16_t>(static_cast<std::uint16_t>(from[0] << 8 | from[1]));
      }
      sample = static_cast<std::int16_t>(sum / channels_);
    }
  }

  int channels_;
};

}  // namespace

std::unique_ptr<Encoder> make_l16_encoder(const CodecSettings& settings) {
  return std::make_unique<L16Encoder>(settings);
}
std::unique_ptr<Decoder> make_l16_decoder(const CodecSettings& settings) {
  return std::make_unique<L16Decoder>(settings);
}

}  // namespace junctor::audio
