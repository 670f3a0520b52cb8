// G.722 at 64 kbit/s by spandsp: one byte for 125 µs, so for two samples at 16 kHz or one at 8 kHz. The only file that
// knows that library.
#include <cstdint>
#include <spandsp/telephony.h>
// It needs those above.
#include <spandsp/g722.h>

#include "audio/codec_makers.hpp"
#include "audio/waveform_decoder.hpp"
#include "base/check.hpp"

namespace junctor::audio {
namespace {

constexpr int bit_rate = 64'000;

struct Free {
  void operator()(g722_encode_state_t* state) const { g722_encode_free(state); }
  void operator()(g722_decode_state_t* state) const { g722_decode_free(state); }
};
using EncoderState = std::unique_ptr<g722_encode_state_t, Free>;
using DecoderState = std::unique_ptr<g722_decode_state_t, Free>;

int options_for(const CodecSettings& settings) {
  return settings.pcm_rate == 8000 ? static_cast<int>(G722_SAMPLE_RATE_8000) : 0;
}

class G722Encoder final : public Encoder {
 public:
  G722Encoder(const CodecSettings& settings, EncoderState state)
      : Encoder(audio::packet_samples(settings)), state_(std::move(state)) {}

  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) override {
    JUNCTOR_CHECK(pcm.size() == packet_samples() && payload.size() >= payload_bytes_max);
    return static_cast<std::size_t>(
        g722_encode(state_.get(), payload.data(), pcm.data(), static_cast<int>(pcm.size())));
  }
  void expect_loss(int) override {}

 private:
  EncoderState state_;
};

class G722Decoder final : public WaveformDecoder {
 public:
  G722Decoder(const CodecSettings& settings, DecoderState state)
      : WaveformDecoder(settings.pcm_rate, 1, settings.pcm_rate == 8000 ? 1 : 2), state_(std::move(state)) {}

 private:
  void expand(std::span<const std::uint8_t> payload, std::span<std::int16_t> pcm) override {
    const int got = g722_decode(state_.get(), pcm.data(), payload.data(), static_cast<int>(payload.size()));
    JUNCTOR_CHECK(got == static_cast<int>(pcm.size()));
  }

  DecoderState state_;
};

}  // namespace

std::unique_ptr<Encoder> make_g722_encoder(const CodecSettings& settings) {
  EncoderState state(g722_encode_init(nullptr, bit_rate, options_for(settings)));
  return state == nullptr ? nullptr : std::make_unique<G722Encoder>(settings, std::move(state));
}
std::unique_ptr<Decoder> make_g722_decoder(const CodecSettings& settings) {
  DecoderState state(g722_decode_init(nullptr, bit_rate, options_for(settings)));
  return state == nullptr ? nullptr : std::make_unique<G722Decoder>(settings, std::move(state));
}

}  // namespace junctor::audio
