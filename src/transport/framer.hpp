#pragma once
// Cuts a TCP or TLS byte stream into SIP messages by Content-Length (RFC 3261 §18.3), on the edge thread.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/io.hpp"

namespace junctor::transport {

struct FramerBounds {
  std::size_t header_bytes = 16 * 1024;  ///< start line and headers together
  std::size_t body_bytes = 64 * 1024;
};

/// A message is handed on whole. A keep-alive ping (CRLF CRLF between messages, RFC 5626 §3.5.1) is handed on as the
/// four bytes "\r\n\r\n", which Endpoint answers with a pong; single CRLFs (pongs, padding) are skipped. The split of
/// the stream into calls never changes what comes out. After an error every further call gives the same error.
class SipFramer final : public StreamFramer {
 public:
  explicit SipFramer(FramerBounds bounds = {});

  /// Errors: "header too large", "body too large", "no Content-Length", "bad Content-Length", "not SIP" (a start that
  /// cannot be one of a SIP message).
  const char* on_bytes(std::string_view bytes, const std::function<void(std::string&&)>& message) override;
  bool partial() const override { return state_ == State::header || state_ == State::body; }

 private:
  enum class State : std::uint8_t { between, header, body, broken };

  using Taker = std::function<void(std::string&&)>;

  void take_between(std::string_view& bytes, const Taker& message);
  void take_header(std::string_view& bytes, const Taker& message);
  void take_body(std::string_view& bytes, const Taker& message);
  void hand_on(const Taker& message);
  void break_off(const char* error);

  FramerBounds bounds_;
  State state_ = State::between;
  std::string buffer_;
  std::size_t missing_ = 0;    // body: bytes still to come
  std::uint8_t newlines_ = 0;  // between: bytes of CRLF CRLF seen in a row
  const char* error_ = nullptr;
};

}  // namespace junctor::transport
