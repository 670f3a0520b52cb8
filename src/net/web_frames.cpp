#include "net/web_frames.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "net/clock.hpp"

namespace junctor::net {
namespace {

constexpr std::uint8_t fin = 0x80;
constexpr std::size_t control_payload_max = 125;

void put_header(std::string& out, Opcode opcode, std::size_t size) {
  out += static_cast<char>(fin | static_cast<std::uint8_t>(opcode));
  const auto put_length = [&](int marker, int bytes) {
    out += static_cast<char>(marker);
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xff);
  };
  if (size < 126) {
    out += static_cast<char>(size);
  } else if (size < 65'536) {
    put_length(126, 2);
  } else {
    put_length(127, 8);
  }
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::string_view phrase(int status) {
  static constexpr std::pair<int, std::string_view> phrases[] = {{100, "Continue"},
                                                                 {101, "Switching Protocols"},
                                                                 {200, "OK"},
                                                                 {201, "Created"},
                                                                 {202, "Accepted"},
                                                                 {204, "No Content"},
                                                                 {206, "Partial Content"},
                                                                 {301, "Moved Permanently"},
                                                                 {302, "Found"},
                                                                 {304, "Not Modified"},
                                                                 {307, "Temporary Redirect"},
                                                                 {400, "Bad Request"},
                                                                 {401, "Unauthorized"},
                                                                 {403, "Forbidden"},
                                                                 {404, "Not Found"},
                                                                 {405, "Method Not Allowed"},
                                                                 {408, "Request Timeout"},
                                                                 {409, "Conflict"},
                                                                 {413, "Content Too Large"},
                                                                 {415, "Unsupported Media Type"},
                                                                 {416, "Range Not Satisfiable"},
                                                                 {422, "Unprocessable Content"},
                                                                 {426, "Upgrade Required"},
                                                                 {429, "Too Many Requests"},
                                                                 {431, "Request Header Fields Too Large"},
                                                                 {500, "Internal Server Error"},
                                                                 {501, "Not Implemented"},
                                                                 {503, "Service Unavailable"},
                                                                 {504, "Gateway Timeout"}};
  for (const auto& [code, words] : phrases)
    if (code == status) return words;
  return "";
}

/// RFC 9110 §5.6.7.
std::string http_date() {
  const std::time_t now = std::chrono::system_clock::to_time_t(wall_now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 64> text;
  const int length =
      std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
                    months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// A line break in a value would begin another header.
void put_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  out += "\r\n";
}

}  // namespace

std::size_t frame_header_bytes(std::size_t payload) {
  return payload < 126 ? 2 : payload < 65'536 ? 4 : 10;
}

SharedText frame_of(Opcode opcode, std::string_view payload) {
  std::string out;
  out.reserve(frame_header_bytes(payload.size()) + payload.size());
  put_header(out, opcode, payload.size());
  out += payload;
  return std::make_shared<const std::string>(std::move(out));
}

SharedText close_frame(std::uint16_t code, std::string_view reason) {
  std::size_t length = std::min(reason.size(), control_payload_max - 2);
  if (length < reason.size())
    while (length > 0 && is_continuation(reason[length])) --length;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason.substr(0, length);
  return frame_of(Opcode::close, payload);
}

SharedText ping_frame() {
  static const SharedText frame = frame_of(Opcode::ping, {});
  return frame;
}

SharedText chunk_of(std::string_view payload) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), payload.size(), 16).ptr;
  std::string out(digits.data(), end);
  out += "\r\n";
  out += payload;
  out += "\r\n";
  return std::make_shared<const std::string>(std::move(out));
}

SharedText last_chunk() {
  static const SharedText chunk = chunk_of({});
  return chunk;
}

std::string response_head(const WebResponse& response, std::optional<std::size_t> length, bool chunked,
                          bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out.append(phrase(response.status)).append("\r\n");
  put_field(out, "Date", http_date());
  put_field(out, "Server", "junctor");
  if (!response.content_type.empty()) put_field(out, "Content-Type", response.content_type);
  // RFC 9110 §8.6: not with these.
  if (length && response.status != 204 && response.status != 304)
    put_field(out, "Content-Length", std::to_string(*length));
  if (!length && chunked) put_field(out, "Transfer-Encoding", "chunked");
  if (!keep_alive) put_field(out, "Connection", "close");
  for (const auto& [name, value] : response.headers) put_field(out, name, value);
  return out += "\r\n";
}

}  // namespace junctor::net
