#pragma once
// Audio between a call and a program, as samples over a WebSocket: what both sides of a stream have to agree on.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace junctor::stream {

/// Eight characters of [a-z2-7], which nobody guesses.
using StreamId = std::string;
constexpr std::size_t stream_id_length = 8;

enum class Codec : std::uint8_t {
  pcmu,  ///< G.711 µ-law, a byte per sample, at any rate
  pcma,  ///< G.711 A-law, likewise
  l16,   ///< signed 16 bits, little-endian
  opus   ///< one packet (RFC 6716) per frame
};
/// "PCMU", "PCMA", "L16", "opus".
const char* to_string(Codec codec);

/// What binary frames hold.
struct Format {
  Codec codec = Codec::pcmu;
  std::uint32_t rate = 8000;  ///< Hz: 8000, 16000, 24000 or 48000
  /// From the call: 2 is interleaved, the caller left and everybody else right; 1 is all of them together. To the call:
  /// two are mixed into one voice.
  std::uint8_t channels = 1;
  std::uint8_t ptime_ms = 20;  ///< of frames from the call: 10, 20, 40 or 60; frames to the call may have any length

  bool operator==(const Format&) const = default;
  std::size_t samples_of(milliseconds time) const { return rate / 1000 * static_cast<std::size_t>(time.count()); }
};

/// `codec` also as "pcm_s16le", in any case of letters. The error is one line.
Result<Format, std::string> make_format(std::string_view codec, std::int64_t rate, std::int64_t channels,
                                        std::int64_t ptime_ms);
/// Of a frame from the call; 0: they vary (opus).
std::size_t frame_bytes(const Format& format);

/// As the program sees it.
enum class Direction : std::uint8_t {
  send,  ///< it speaks to the call
  recv,  ///< it hears the call
  sendrecv
};
const char* to_string(Direction direction);
constexpr bool speaks(Direction direction) {
  return direction != Direction::recv;
}
constexpr bool hears(Direction direction) {
  return direction != Direction::send;
}

}  // namespace junctor::stream
