#pragma once
// Sound on the control socket: binary frames with a header of 16 bytes, big-endian.
//
//   0   8   the stream's id, padded on the right with NUL or space
//   8   4   timestamp, ms
//   12  2   sample rate, Hz
//   14  2   flags; bit 0: the last frame
//   16      samples, signed 16 bits, little-endian, mono
#include <cstdint>
#include <optional>
#include <string_view>

namespace junctor::stream {

struct MediaFrame {
  std::string_view id;
  std::uint32_t timestamp_ms = 0;
  std::uint16_t rate = 0;
  bool last = false;
  std::string_view samples;
};

/// Nothing: too short, without an id, or half a sample.
std::optional<MediaFrame> parse_media_frame(std::string_view frame);

}  // namespace junctor::stream
