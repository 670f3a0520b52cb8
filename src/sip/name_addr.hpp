#pragma once
// name-addr and addr-spec with header parameters (RFC 3261 §20.10, §25.1): From, To, Contact, Route, Record-Route,
// Path, Service-Route, Refer-To, Referred-By, P-Asserted-Identity, Reply-To. A view into the parsed text.
#include <optional>
#include <string>
#include <string_view>

#include "sip/params.hpp"
#include "sip/uri.hpp"

namespace junctor::sip {

struct NameAddr {
  std::string_view display;  ///< between the quotes with its escapes, or the bare tokens. Empty: none
  Uri uri;
  Params params;  ///< header parameters; an addr-spec without <> leaves its parameters here too (§20)

  /// One name-addr or addr-spec, and nothing after it.
  static std::optional<NameAddr> parse(std::string_view text);

  /// The display name for people: escapes resolved.
  std::string display_name() const;
  std::string_view tag() const { return params.get("tag").value_or(std::string_view()); }
  bool operator==(const NameAddr&) const = default;
};

/// Always with <>; the display name, if any, quoted.
std::string to_string(const NameAddr& address);

/// `text` fit to stand between quotes: backslash and quote escaped, line breaks and other controls replaced by spaces.
std::string escape_quoted(std::string_view text);
/// The inverse, of what stands between the quotes.
std::string unescape_quoted(std::string_view text);

}  // namespace junctor::sip
