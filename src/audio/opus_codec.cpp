// Opus by libopus, which decodes and encodes at 8, 16, 24 and 48 kHz itself and mixes stereo down.
#include <algorithm>
#include <opus.h>

#include "audio/codec_makers.hpp"
#include "base/check.hpp"

namespace junctor::audio {
namespace {

struct Free {
  void operator()(OpusEncoder* state) const { opus_encoder_destroy(state); }
  void operator()(OpusDecoder* state) const { opus_decoder_destroy(state); }
};
using EncoderState = std::unique_ptr<OpusEncoder, Free>;
using DecoderState = std::unique_ptr<OpusDecoder, Free>;

constexpr int mono = 1;
constexpr int bitrate_min = 6000;  // RFC 7587 §6.1, maxaveragebitrate
constexpr int bitrate_max = 510'000;
// Until reports come in. Copies are made for nobody who loses nothing, so none would be made at 0.
constexpr int expected_loss_percent = 5;

int bitrate_of(const CodecSettings& s) {
  int wanted = s.bitrate;
  if (wanted == 0) wanted = s.channels * (s.pcm_rate == 8000 ? 16'000 : s.pcm_rate == 16'000 ? 24'000 : 32'000);
  if (s.max_average_bitrate > 0) wanted = std::min(wanted, s.max_average_bitrate);
  return std::clamp(wanted, bitrate_min, bitrate_max);
}

class OpusPacketEncoder final : public Encoder {
 public:
  OpusPacketEncoder(const CodecSettings& settings, EncoderState state)
      : Encoder(audio::packet_samples(settings) * static_cast<std::size_t>(settings.channels)),
        channels_(settings.channels),
        state_(std::move(state)) {
    set(OPUS_SET_BITRATE(bitrate_of(settings)));
    set(OPUS_SET_COMPLEXITY(std::clamp(settings.complexity, 0, 10)));
    set(OPUS_SET_INBAND_FEC(settings.use_inband_fec ? 1 : 0));
    set(OPUS_SET_DTX(settings.use_dtx ? 1 : 0));
    set(OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    if (settings.use_inband_fec) expect_loss(expected_loss_percent);
  }

  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) override {
    JUNCTOR_CHECK(pcm.size() == packet_samples() && payload.size() >= payload_bytes_max);
    const opus_int32 bytes = opus_encode(state_.get(), pcm.data(), static_cast<int>(pcm.size()) / channels_,
                                         payload.data(), payload_bytes_max);
    JUNCTOR_CHECK(bytes > 0);
    return static_cast<std::size_t>(bytes);
  }
  void expect_loss(int percent) override { set(OPUS_SET_PACKET_LOSS_PERC(std::clamp(percent, 0, 100))); }

 private:
  void set(int request, opus_int32 value) { JUNCTOR_CHECK(opus_encoder_ctl(state_.get(), request, value) == OPUS_OK); }

  int channels_;
  EncoderState state_;
};

/// Whether a packet carries a low-bitrate copy of the frame before it: a bit of its first SILK frame (RFC 6716 §4.2.3
/// and §4.2.4), which stands behind one bit of voice activity per 20 ms. The bits are coded with even odds, so they lie
/// open.
bool carries_copy(std::span<const std::uint8_t> packet) {
  constexpr int celt_only = 0x80;
  constexpr int samples_of_20ms = 960;
  if (packet.empty() || (packet[0] & celt_only) != 0) return false;
  const unsigned char* frames[48];
  opus_int16 sizes[48];
  if (opus_packet_parse(packet.data(), static_cast<opus_int32>(packet.size()), nullptr, frames, sizes, nullptr) <= 0 ||
      sizes[0] == 0) {
    return false;
  }
  const int silk_frames = std::max(1, opus_packet_get_samples_per_frame(packet.data(), 48'000) / samples_of_20ms);
  return (frames[0][0] >> (7 - silk_frames) & 1) != 0;
}

class OpusPacketDecoder final : public Decoder {
 public:
  OpusPacketDecoder(const CodecSettings& settings, DecoderState state)
      : pcm_rate_(settings.pcm_rate), state_(std::move(state)) {}

  Result<std::size_t, PayloadError> samples(std::span<const std::uint8_t> payload) const override {
    if (payload.empty()) return fail(PayloadError::empty);
    const auto size = static_cast<opus_int32>(std::min(payload.size(), bytes_max));
    const int count = opus_packet_get_nb_samples(payload.data(), size, pcm_rate_);
    if (count <= 0 || payload.size() > bytes_max) return fail(PayloadError::malformed);
    return static_cast<std::size_t>(count);
  }

  Result<std::size_t, PayloadError> decode(std::span<const std::uint8_t> payload,
                                           std::span<std::int16_t> pcm) override {
    const auto count = samples(payload);
    if (!count) return count;
    if (*count > pcm.size()) return fail(PayloadError::too_long);
    if (run(payload, pcm.first(*count), 0) != static_cast<int>(*count)) return fail(PayloadError::malformed);
    return count;
  }

  void conceal(std::span<std::int16_t> pcm) override {
    check(pcm);
    if (run({}, pcm, 0) != static_cast<int>(pcm.size())) std::ranges::fill(pcm, std::int16_t{0});
  }

  bool decode_fec(std::span<const std::uint8_t> next, std::span<std::int16_t> pcm) override {
    check(pcm);
    if (samples(next) && carries_copy(next) && frame_samples(next) <= pcm.size() &&
        run(next, pcm, 1) == static_cast<int>(pcm.size())) {
      return true;
    }
    conceal(pcm);
    return false;
  }

 private:
  static constexpr std::size_t bytes_max = 65'535;

  void check(std::span<std::int16_t> pcm) const {
    JUNCTOR_CHECK(pcm.size() % static_cast<std::size_t>(pcm_rate_ / 400) == 0 && !pcm.empty() &&
                  pcm.size() <= static_cast<std::size_t>(pcm_rate_ / 1000 * packet_ms_max));
  }
  std::size_t frame_samples(std::span<const std::uint8_t> payload) const {
    return static_cast<std::size_t>(opus_packet_get_samples_per_frame(payload.data(), pcm_rate_));
  }
  int run(std::span<const std::uint8_t> payload, std::span<std::int16_t> pcm, int fec) {
    return opus_decode(state_.get(), payload.empty() ? nullptr : payload.data(),
                       static_cast<opus_int32>(payload.size()), pcm.data(), static_cast<int>(pcm.size()), fec);
  }

  int pcm_rate_;
  DecoderState state_;
};

}  // namespace

std::unique_ptr<Encoder> make_opus_encoder(const CodecSettings& settings) {
  EncoderState state(opus_encoder_create(settings.pcm_rate, settings.channels, OPUS_APPLICATION_VOIP, nullptr));
  return state == nullptr ? nullptr : std::make_unique<OpusPacketEncoder>(settings, std::move(state));
}
std::unique_ptr<Decoder> make_opus_decoder(const CodecSettings& settings) {
  DecoderState state(opus_decoder_create(settings.pcm_rate, mono, nullptr));
  return state == nullptr ? nullptr : std::make_unique<OpusPacketDecoder>(settings, std::move(state));
}

}  // namespace junctor::audio
