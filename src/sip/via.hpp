#pragma once
// Via (RFC 3261 §20.42, rport: RFC 3581). A view into the parsed text.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/params.hpp"

namespace junctor::sip {

/// Branches that begin so identify a transaction by themselves (§8.1.1.7).
constexpr std::string_view branch_cookie = "z9hG4bK";

struct Via {
  std::string_view transport;  ///< as written: "UDP", "TCP", "TLS", "WS", "WSS", …
  std::string_view host;       ///< sent-by; an IPv6 address with its brackets
  std::uint16_t port = 0;      ///< sent-by; 0: none given
  Params params;

  /// One via-parm ("SIP/2.0/UDP host:port;params"), and nothing after it.
  static std::optional<Via> parse(std::string_view text);

  std::string_view branch() const { return params.get("branch").value_or(std::string_view()); }
  std::optional<std::string_view> received() const { return params.get("received"); }
  /// The flag is there (with or without a value): the sender wants a symmetric response.
  bool wants_rport() const { return params.has("rport"); }
  /// The value of rport; 0 if there is none.
  std::uint16_t rport() const;
  /// sent-by's port, else 5061 for TLS and WSS, 5060 otherwise.
  std::uint16_t port_or_default() const;
  bool operator==(const Via&) const = default;
};

std::string to_string(const Via& via);

}  // namespace junctor::sip
