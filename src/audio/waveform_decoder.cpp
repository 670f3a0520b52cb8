#include "audio/waveform_decoder.hpp"

namespace junctor::audio {

WaveformDecoder::WaveformDecoder(int pcm_rate, std::size_t bytes_in, std::size_t samples_out)
    : bytes_in_(bytes_in),
      samples_out_(samples_out),
      samples_max_(static_cast<std::size_t>(pcm_rate / 1000 * packet_ms_max)),
      concealer_(pcm_rate) {}

Result<std::size_t, PayloadError> WaveformDecoder::samples(std::span<const std::uint8_t> payload) const {
  if (payload.empty()) return fail(PayloadError::empty);
  if (payload.size() % bytes_in_ != 0) return fail(PayloadError::malformed);
  const std::size_t samples = payload.size() / bytes_in_ * samples_out_;
  if (samples > samples_max_) return fail(PayloadError::too_long);
  return samples;
}

Result<std::size_t, PayloadError> WaveformDecoder::decode(std::span<const std::uint8_t> payload,
                                                          std::span<std::int16_t> pcm) {
  const auto count = samples(payload);
  if (!count) return count;
  if (*count > pcm.size()) return fail(PayloadError::too_long);
  const auto decoded = pcm.first(*count);
  expand(payload, decoded);
  concealer_.heard(decoded);
  return count;
}

void WaveformDecoder::conceal(std::span<std::int16_t> pcm) {
  concealer_.conceal(pcm);
}

bool WaveformDecoder::decode_fec(std::span<const std::uint8_t>, std::span<std::int16_t> pcm) {
  conceal(pcm);
  return false;
}

}  // namespace junctor::audio
