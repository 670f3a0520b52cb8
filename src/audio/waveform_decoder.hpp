#pragma once
// For the codec files themselves: what the decoders of G.711, G.722 and L16 share. They have no concealment and no
// copies of earlier frames of their own.
#include "audio/codec.hpp"
#include "audio/concealer.hpp"

namespace junctor::audio {

class WaveformDecoder : public Decoder {
 public:
  Result<std::size_t, PayloadError> samples(std::span<const std::uint8_t> payload) const final;
  Result<std::size_t, PayloadError> decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> pcm) final;
  void conceal(std::span<std::int16_t> pcm) final;
  bool decode_fec(std::span<const std::uint8_t> next, std::span<std::int16_t> pcm) final;

 protected:
  /// `bytes_in` hold `samples_out`.
  WaveformDecoder(int pcm_rate, std::size_t bytes_in, std::size_t samples_out);
  /// `pcm` has the size that samples() gave.
  virtual void expand(std::span<const std::uint8_t> payload, std::span<std::int16_t> pcm) = 0;

 private:
  std::size_t bytes_in_, samples_out_, samples_max_;
  Concealer concealer_;
};

}  // namespace junctor::audio
