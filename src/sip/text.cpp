#include "sip/text.hpp"

#include "base/address.hpp"

namespace junctor::sip::text {

std::size_t quoted_length(std::string_view s) {
  if (s.empty() || s.front() != '"') return 0;
  for (std::size_t i = 1; i < s.size(); ++i) {
    if (s[i] == '"') return i + 1;
    if (s[i] == '\\') ++i;
  }
  return 0;
}

std::size_t value_end_with_commas(std::string_view s) {
  bool bracketed = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    switch (s[i]) {
      case ',':
        if (!bracketed) return i;
        break;
      case '<':
        bracketed = true;
        break;
      case '>':
        bracketed = false;
        break;
      case '"':
        if (!bracketed) {
          const std::size_t length = quoted_length(s.substr(i));
          if (length == 0) return s.size();
          i += length - 1;
        }
        break;
      default:
        break;
    }
  }
  return s.size();
}

std::optional<std::uint32_t> take_clamped(std::string_view& s, std::uint32_t max) {
  if (s.empty() || !is_digit(s.front())) return std::nullopt;
  std::uint64_t value = 0;
  while (!s.empty() && is_digit(s.front())) {
    value = value * 10 + static_cast<std::uint64_t>(s.front() - '0');
    if (value > max) value = max;
    s.remove_prefix(1);
  }
  return static_cast<std::uint32_t>(value);
}

namespace {

// RFC 3261's grammar can give three colons before an embedded IPv4 address, and RFC 5118 §4.10 wants that tolerated.
bool is_reference(std::string_view host) {
  const auto ip = IpAddress::parse(host);
  if (ip) return ip->family == Family::v6;
  const std::size_t colons = host.find(":::");
  if (colons == std::string_view::npos || host.find('.', colons) == std::string_view::npos) return false;
  return IpAddress::parse(std::string(host).erase(colons, 1)).has_value();
}

}  // namespace

std::size_t reference_length(std::string_view s) {
  const std::size_t close = find_char(s, ']');
  return close != s.size() && is_reference(s.substr(0, close + 1)) ? close + 1 : 0;
}

}  // namespace junctor::sip::text
