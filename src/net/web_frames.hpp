#pragma once
// What we say to those who connected, as bytes: WebSocket frames of the server's side (RFC 6455 §5.2, never masked, so
// the same for all receivers) and pieces of event streams (RFC 9112 §7.1, chunked).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/web.hpp"

namespace junctor::net {

enum class Opcode : std::uint8_t { text = 0x1, binary = 0x2, close = 0x8, ping = 0x9 };

/// One whole message.
SharedText frame_of(Opcode opcode, std::string_view payload);
/// What is too long of `reason` is left out, at a character's end.
SharedText close_frame(std::uint16_t code, std::string_view reason);
SharedText ping_frame();

/// Bytes that frame_of() puts before a payload of that size; about as many go around a chunk.
std::size_t frame_header_bytes(std::size_t payload);

SharedText chunk_of(std::string_view payload);
/// The chunk that ends them.
SharedText last_chunk();

/// One text for many receivers, in the forms that they want it in, each made once.
class WebMessage {
 public:
  explicit WebMessage(SharedText text) : text_(std::move(text)) {}

  const SharedText& plain() const { return text_; }
  const SharedText& frame() {
    if (!frame_) frame_ = frame_of(Opcode::text, *text_);
    return frame_;
  }
  const SharedText& chunk() {
    if (!chunk_) chunk_ = chunk_of(*text_);
    return chunk_;
  }

 private:
  SharedText text_, frame_, chunk_;
};

/// Status line and headers. `length` is that of the body; nothing: an event stream, in chunks if `chunked`.
std::string response_head(const WebResponse& response, std::optional<std::size_t> length, bool chunked,
                          bool keep_alive);

}  // namespace junctor::net
