#include "transport/framer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace junctor::transport {
namespace {

constexpr std::string_view ping = "\r\n\r\n";

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name(std::string_view text, std::string_view name) {
  return std::ranges::equal(text, name, {}, lower);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  const auto from = text.find_first_not_of(blank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

/// The start of a request or response: a letter, digit or other token character, never a control or a blank.
bool may_start(char c) {
  return c > ' ' && c < 0x7f;
}

struct Length {
  const char* error = nullptr;
  std::size_t bytes = 0;
};

/// Content-Length of a header section. Different values in one message are an attempt to hide another one.
Length content_length(std::string_view header) {
  std::optional<std::size_t> length;
  for (std::size_t at = header.find('\n'); at != std::string_view::npos;) {
    const std::size_t next = header.find('\n', at + 1);
    const std::string_view line = header.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
    at = next;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = trimmed(line.substr(0, colon));
    if (!is_name(name, "content-length") && !is_name(name, "l")) continue;
    if (line.front() == ' ' || line.front() == '\t') continue;  // a fold of another header
    const std::string_view value = trimmed(line.substr(colon + 1));
    std::size_t bytes = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), bytes);
    if (value.empty() || read.ec != std::errc{} || read.ptr != value.data() + value.size())
      return {"bad Content-Length"};
    if (length && *length != bytes) return {"bad Content-Length"};
    length = bytes;
  }
  if (!length) return {"no Content-Length"};
  return {nullptr, *length};
}

}  // namespace

SipFramer::SipFramer(FramerBounds bounds) : bounds_(bounds) {}

const char* SipFramer::on_bytes(std::string_view bytes, const std::function<void(std::string&&)>& message) {
  while (!bytes.empty() && state_ != State::broken) {
    switch (state_) {
      case State::between:
        take_between(bytes, message);
        break;
      case State::header:
        take_header(bytes, message);
        break;
      case State::body:
        take_body(bytes, message);
        break;
      case State::broken:
        break;
    }
  }
  return error_;
}

void SipFramer::take_between(std::string_view& bytes, const Taker& message) {
  const char c = bytes.front();
  if (c != '\r' && c != '\n') {
    newlines_ = 0;
    if (!may_start(c)) return break_off("not SIP");
    state_ = State::header;
    return;
  }
  bytes.remove_prefix(1);
  newlines_ = c == ping[newlines_] ? static_cast<std::uint8_t>(newlines_ + 1) : std::uint8_t{c == '\r'};
  if (newlines_ < ping.size()) return;
  newlines_ = 0;
  message(std::string(ping));
}

void SipFramer::take_header(std::string_view& bytes, const Taker& message) {
  // One byte past the bound is enough to know that it is passed, however much comes at once.
  const std::size_t taken = std::min(bytes.size(), bounds_.header_bytes + 1 - buffer_.size());
  const std::size_t before = buffer_.size();
  buffer_.append(bytes.substr(0, taken));
  const std::size_t end = buffer_.find(ping, before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    if (buffer_.size() > bounds_.header_bytes) return break_off("header too large");
    bytes.remove_prefix(taken);
    return;
  }
  const std::size_t header_bytes = end + ping.size();
  if (header_bytes > bounds_.header_bytes) return break_off("header too large");
  buffer_.resize(header_bytes);
  bytes.remove_prefix(header_bytes - before);
  const Length length = content_length(buffer_);
  if (length.error != nullptr) return break_off(length.error);
  if (length.bytes > bounds_.body_bytes) return break_off("body too large");
  missing_ = length.bytes;
  state_ = State::body;
  if (missing_ == 0) hand_on(message);
}

void SipFramer::take_body(std::string_view& bytes, const Taker& message) {
  const std::size_t taken = std::min(bytes.size(), missing_);
  buffer_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  missing_ -= taken;
  if (missing_ == 0) hand_on(message);
}

void SipFramer::hand_on(const Taker& message) {
  state_ = State::between;
  message(std::exchange(buffer_, {}));
}

void SipFramer::break_off(const char* error) {
  error_ = error;
  state_ = State::broken;
  std::string().swap(buffer_);
}

}  // namespace junctor::transport
