#pragma once
// Characters and small scans shared by the parsers of this room (RFC 3261 §25.1).
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace junctor::sip::text {

/// Classes of characters; a byte may be in several.
enum Class : std::uint16_t {
  token_char = 1,
  host_char = 2,    // hostname, with the underscore that real networks use
  user_char = 4,    // unreserved and user-unreserved
  param_char = 8,   // of a URI parameter
  query_char = 16,  // of the headers of a URI, '=' and '&' among them
  value_char = 32,  // of an unquoted header parameter value: more than the grammar has, nothing that ends it
  hex_char = 64,
  lws_char = 128,   // white space, line breaks of a fold included
  name_end = 256,   // what ends the name of a parameter
  param_end = 512,  // what ends its unquoted value
};

constexpr std::array<std::uint16_t, 256> classes = [] {
  std::array<std::uint16_t, 256> t{};
  const auto mark = [&t](std::string_view chars, int c) {
    for (const char ch : chars) t[static_cast<unsigned char>(ch)] |= static_cast<std::uint16_t>(c);
  };
  constexpr std::string_view alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::string_view unreserved = "-_.!~*'()";
  mark(alnum, token_char | host_char | user_char | param_char | query_char);
  mark(unreserved, user_char | param_char | query_char);
  mark("-.!%*_+`'~", token_char);
  mark("-._", host_char);
  mark("&=+$,;?/", user_char);
  mark("[]/:&+$", param_char);
  mark("[]/?:+$=&", query_char);
  mark("0123456789abcdefABCDEF", hex_char);
  mark(" \t\r\n", lws_char | name_end | param_end);
  mark(";", name_end | param_end);
  mark("=", name_end);
  for (unsigned c = 0x21; c < 256; ++c) {
    if (c != '"' && c != ';' && c != ',' && c != '<' && c != '>' && c != '=' && c != '\\' && c != 0x7f) {
      t[c] |= value_char;
    }
  }
  return t;
}();

inline bool is(char c, int which) {
  return (classes[static_cast<unsigned char>(c)] & which) != 0;
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// White space, line breaks of a fold included.
inline bool is_lws(char c) {
  return static_cast<unsigned char>(c) <= ' ' && is(c, lws_char);  // one comparison for nearly every character
}
inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

inline bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

inline std::string_view trim_left(std::string_view s) {
  const char *begin = s.data(), *end = begin + s.size();
  while (begin != end && is_lws(*begin)) ++begin;
  return {begin, static_cast<std::size_t>(end - begin)};
}
inline std::string_view trim(std::string_view s) {
  const char *begin = s.data(), *end = begin + s.size();
  while (begin != end && is_lws(*begin)) ++begin;
  while (begin != end && is_lws(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

/// Where the first `a` or `b` stands in [at, end); `end` if there is none. For short distances: no call, 16 bytes a
/// step.
inline std::size_t find_either(const char* data, std::size_t at, std::size_t end, char a, char b) {
#ifdef __SSE2__
  const __m128i first = _mm_set1_epi8(a), second = _mm_set1_epi8(b);
  for (; at + 16 <= end; at += 16) {
    __m128i bytes;
    std::memcpy(&bytes, data + at, sizeof bytes);
    const int hits = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, first), _mm_cmpeq_epi8(bytes, second)));
    if (hits != 0) return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(hits)));
  }
#endif
  while (at < end && data[at] != a && data[at] != b) ++at;
  return at;
}
inline std::size_t find_char(std::string_view s, char c) {
  return find_either(s.data(), 0, s.size(), c, c);
}

/// How many characters at the start of `s` are of that class.
inline std::size_t span(std::string_view s, int which) {
  std::size_t n = 0;
  while (n < s.size() && is(s[n], which)) ++n;
  return n;
}
/// How many are not.
inline std::size_t span_not(std::string_view s, int which) {
  std::size_t n = 0;
  while (n < s.size() && !is(s[n], which)) ++n;
  return n;
}
inline bool all(std::string_view s, int which) {
  return span(s, which) == s.size();
}
inline bool is_token(std::string_view s) {
  return !s.empty() && all(s, token_char);
}

/// Like span(), where "%" with two hexadecimal digits also counts; a lone "%" ends it.
inline std::size_t span_escaped(std::string_view s, int which) {
  std::size_t n = 0;
  while (n < s.size()) {
    if (is(s[n], which)) {
      ++n;
    } else if (s[n] == '%' && n + 2 < s.size() && is(s[n + 1], hex_char) && is(s[n + 2], hex_char)) {
      n += 3;
    } else {
      break;
    }
  }
  return n;
}

/// Takes `count` characters, which must be there, off the front of `s`.
inline std::string_view take(std::string_view& s, std::size_t count) {
  const std::string_view head(s.data(), count);
  s.remove_prefix(count);
  return head;
}
inline std::string_view take_token(std::string_view& s) {
  return take(s, span(s, token_char));
}
inline bool take_char(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}
/// Takes white space, `c`, white space; leaves `s` alone if `c` is not there.
inline bool take_separator(std::string_view& s, char c) {
  std::string_view rest = trim_left(s);
  if (!take_char(rest, c)) return false;
  s = trim_left(rest);
  return true;
}

/// The length of the quoted string at the start of `s`, its quotes included; 0 if there is none or it does not end.
std::size_t quoted_length(std::string_view s);
/// Takes a quoted string and gives what is between the quotes, escapes kept.
inline std::optional<std::string_view> take_quoted(std::string_view& s) {
  const std::size_t length = quoted_length(s);
  if (length == 0) return std::nullopt;
  const std::string_view quoted = take(s, length);
  return std::string_view(quoted.data() + 1, length - 2);
}

/// Where the first value of a comma-separated list ends: at a comma outside of quotes and <>, or at the end.
std::size_t value_end_with_commas(std::string_view s);
inline std::size_t value_end(std::string_view s) {
  return find_char(s, ',') == s.size() ? s.size() : value_end_with_commas(s);
}

/// All of `s` as a decimal number of at most `max`; nothing otherwise.
inline std::optional<std::uint32_t> number(std::string_view s, std::uint32_t max = 0xffffffffu) {
  if (s.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : s) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit > 9) return std::nullopt;
    value = value * 10 + digit;
    if (value > max) return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}
/// Takes digits; a number past `max` counts as `max`. Nothing if there is no digit.
std::optional<std::uint32_t> take_clamped(std::string_view& s, std::uint32_t max = 0xffffffffu);

/// Takes host [":" port]: a name, an IPv4 address or an IPv6 reference. White space around the colon is allowed only if
/// `spaces` is. A port is 1 to 65535, 0 when none is given.
struct HostPort {
  std::string_view host;
  std::uint16_t port = 0;
};
enum class Spaces { refused, allowed };
/// How long the IPv6 reference is that `s` begins with; 0 if it is malformed.
std::size_t reference_length(std::string_view s);
/// Takes a port's digits. Text goes by value and what is left comes back: in registers, where a reference to it would
/// keep the text of every parser that calls this in memory.
inline std::string_view take_port(std::string_view s, std::uint16_t& port) {
  std::size_t digits = 0;
  while (digits < s.size() && is_digit(s[digits])) ++digits;
  port = static_cast<std::uint16_t>(number(take(s, digits), 65535).value_or(0));
  return s;
}
/// False if there is none, or it is malformed.
inline bool take_host_port(std::string_view& s, Spaces spaces, HostPort& out) {
  out.host = take(s, !s.empty() && s.front() == '[' ? reference_length(s) : span(s, host_char));
  if (out.host.empty()) return false;
  if (s.empty() || (spaces == Spaces::allowed ? !take_separator(s, ':') : !take_char(s, ':'))) return true;
  s = take_port(s, out.port);
  return out.port != 0;
}

inline void append_number(std::string& out, std::uint32_t value) {
  std::array<char, 12> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace junctor::sip::text
