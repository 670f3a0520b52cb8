#pragma once
// Changes the sample rate of a mono stream, frame by frame, by speexdsp at quality 3.
//
// Delay: 24 samples of the lower of the two rates (3 ms with 8 kHz, 1.5 ms between 16 and 48 kHz). Pass-band: within
// 1 dB up to 0.41 of the lower rate (3.3 kHz of 8); what lies beyond the half of it is 60 dB down at 0.6. The ratio is
// fixed: to change it by some parts per million for a drifting clock would triple the cost and click at each change.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/time.hpp"

struct SpeexResamplerState_;

namespace junctor::audio {

class Resampler {
 public:
  /// Rates in Hz: two different ones of 8000, 16000, 24000 and 48000.
  Resampler(int rate_in, int rate_out);

  /// Any number of whole milliseconds in gives as many out.
  std::size_t samples_out(std::size_t samples_in) const { return samples_in * rate_out_ / rate_in_; }
  /// `out` has room for samples_out(in.size()), which is what is written. The streams do not overlap in memory.
  void process(std::span<const std::int16_t> in, std::span<std::int16_t> out);
  /// How much later a sound comes out than it went in.
  Duration delay() const;

 private:
  struct Destroy {
    void operator()(SpeexResamplerState_* state) const;
  };
  std::size_t rate_in_, rate_out_;
  std::unique_ptr<SpeexResamplerState_, Destroy> state_;
};

}  // namespace junctor::audio
