#include "audio/codec_makers.hpp"
#include "audio/g711.hpp"
#include "audio/waveform_decoder.hpp"
#include "base/check.hpp"

namespace junctor::audio {
namespace {

Law law_of(const CodecSettings& settings) {
  return settings.format == Format::pcmu ? Law::mu : Law::a;
}

class G711Encoder final : public Encoder {
 public:
  explicit G711Encoder(const CodecSettings& settings)
      : Encoder(audio::packet_samples(settings)), law_(law_of(settings)) {}

  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) override {
    JUNCTOR_CHECK(pcm.size() == packet_samples() && payload.size() >= payload_bytes_max);
    audio::encode(law_, pcm, payload);
    return pcm.size();
  }
  void expect_loss(int) override {}

 private:
  Law law_;
};

class G711Decoder final : public WaveformDecoder {
 public:
  explicit G711Decoder(const CodecSettings& settings)
      : WaveformDecoder(settings.pcm_rate, 1, 1), law_(law_of(settings)) {}

 private:
  void expand(std::span<const std::uint8_t> payload, std::span<std::int16_t> pcm) override {
    audio::decode(law_, payload, pcm);
  }

  Law law_;
};

}  // namespace

std::unique_ptr<Encoder> make_g711_encoder(const CodecSettings& settings) {
  return std::make_unique<G711Encoder>(settings);
}
std::unique_ptr<Decoder> make_g711_decoder(const CodecSettings& settings) {
  return std::make_unique<G711Decoder>(settings);
}

}  // namespace junctor::audio
