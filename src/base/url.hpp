#pragma once
// Where a service is that we ask over HTTP or WebSocket (RFC 3986; http, https, ws, wss).
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace junctor {

struct Url {
  std::string scheme;  ///< "http", "https", "ws" or "wss"
  std::string host;    ///< a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query as they were, from the first '/' on; "/" at least

  bool secure() const { return scheme == "https" || scheme == "wss"; }
  /// As the Host header has it: without the scheme's own port.
  std::string authority() const;

  static constexpr std::size_t bytes_max = 4096;
  /// The error is one line. User names, fragments, spaces and control characters are refused.
  static Result<Url, std::string> parse(std::string_view text);
};

/// For a query's value: everything but letters, digits and "-._~" becomes %XX.
std::string percent_encoded(std::string_view text);

}  // namespace junctor
