#include "stream/media_frame.hpp"

namespace junctor::stream {
namespace {

constexpr std::size_t header_bytes = 16, id_bytes = 8;

std::uint32_t number(std::string_view bytes) {
  std::uint32_t out = 0;
  for (const char byte : bytes) out = out << 8 | static_cast<std::uint8_t>(byte);
  return out;
}

}  // namespace

std::optional<MediaFrame> parse_media_frame(std::string_view frame) {
  if (frame.size() < header_bytes || frame.size() % 2 != 0) return std::nullopt;
  MediaFrame out;
  out.id = frame.substr(0, id_bytes);
  const std::size_t end = out.id.find_last_not_of(std::string_view("\0 ", 2));
  if (end == std::string_view::npos) return std::nullopt;
  out.id = out.id.substr(0, end + 1);
  out.timestamp_ms = number(frame.substr(8, 4));
  out.rate = static_cast<std::uint16_t>(number(frame.substr(12, 2)));
  out.last = (number(frame.substr(14, 2)) & 1) != 0;
  out.samples = frame.substr(header_bytes);
  return out;
}

}  // namespace junctor::stream
