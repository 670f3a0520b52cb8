#pragma once
// Binary frames to and from samples.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audio/codec.hpp"
#include "stream/stream.hpp"

namespace junctor::stream {

class FrameEncoder {
 public:
  explicit FrameEncoder(const Format& format);

  /// Of one frame, of all channels together.
  std::size_t frame_samples() const { return frame_samples_; }
  /// `samples` is exactly one frame, interleaved.
  std::string encode(std::span<const std::int16_t> samples);

 private:
  const Format format_;
  const std::size_t frame_samples_;
  std::unique_ptr<audio::Encoder> opus_;
};

class FrameDecoder {
 public:
  explicit FrameDecoder(const Format& format);

  /// Appends what the frame says, as one voice. A frame may end in the middle of a sample, whose rest the next one
  /// brings. False: it is no Opus packet, and nothing was appended.
  bool decode(std::string_view frame, std::vector<std::int16_t>& out);

 private:
  std::int16_t sample(const char* bytes) const;

  const Format format_;
  const std::size_t sample_bytes_, group_bytes_;  // of one channel, of all
  std::string rest_;
  std::unique_ptr<audio::Decoder> opus_;
};

}  // namespace junctor::stream
