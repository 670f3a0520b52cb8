#pragma once
// SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); any other absolute URI is kept as one opaque text. A Uri is a
// view: its parts point into the text that was parsed and are in wire form (escapes kept).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/params.hpp"

namespace junctor::sip {

struct Uri {
  std::string_view scheme;    ///< as written: "sip", "sips", "tel", "http" …
  std::string_view user;      ///< escaped; for tel: the number. Empty: none
  std::string_view password;  ///< escaped. Empty: none
  std::string_view host;      ///< sip and sips only; an IPv6 address with its brackets
  std::uint16_t port = 0;     ///< 0: none given
  Params params;              ///< sip, sips and tel
  std::string_view headers;   ///< after '?', without it. Empty: none
  std::string_view opaque;    ///< what follows the colon of any other scheme

  /// Nothing if `text` is not a URI from its first to its last byte.
  static std::optional<Uri> parse(std::string_view text);

  bool is_sip() const;  ///< sip or sips
  bool is_sips() const;
  bool is_tel() const;
  /// The port to use when SRV is not: as given, else 5061 for sips, 5060 otherwise.
  std::uint16_t port_or_default() const;
  /// The value, as written, of the header `name` of the part after '?' (case-insensitive); e.g. Replaces in a Refer-To.
  std::optional<std::string_view> header(std::string_view name) const;

  bool operator==(const Uri&) const = default;  ///< textual; see equivalent()
};

std::string to_string(const Uri& uri);

/// RFC 3261 §19.1.4; URIs of other schemes are compared as text (tel: digits without visual separators, §5 of RFC
/// 3966).
bool equivalent(const Uri& a, const Uri& b);

/// "%41" → "A". A '%' that is not followed by two hexadecimal digits stays.
std::string unescape(std::string_view text);
/// `text` as the user part of a URI: what may not stand there is escaped.
std::string escape_user(std::string_view text);
/// `text` as a URI parameter's or URI header's value.
std::string escape_param(std::string_view text);
std::string escape_header(std::string_view text);

}  // namespace junctor::sip
