#include "sip/uri.hpp"

#include "sip/read.hpp"
#include "sip/text.hpp"

namespace junctor::sip {
namespace {

using namespace text;

bool parse_password(std::string_view text, Uri& uri) {
  uri.password = text;
  return span_escaped(text, user_char) == text.size() && text.find_first_of(";?/") == std::string_view::npos;
}

// '@' stands nowhere in a SIP URI but behind the userinfo.
bool take_userinfo(std::string_view& rest, Uri& uri) {
  const std::size_t user = span_escaped(rest, user_char);
  if (user == rest.size()) return true;
  if (rest[user] == '@') {
    uri.user = take(rest, user);
  } else {
    const std::size_t at = rest.find('@', user);
    if (at == std::string_view::npos) return true;
    if (rest[user] != ':' || !parse_password(rest.substr(user + 1, at - user - 1), uri)) return false;
    uri.user = rest.substr(0, user);
    rest.remove_prefix(at);
  }
  rest.remove_prefix(1);
  return !uri.user.empty();
}

bool parse_sip(std::string_view rest, Uri& uri) {
  if (!take_userinfo(rest, uri)) return false;
  HostPort where;
  if (!take_host_port(rest, Spaces::refused, where)) return false;
  uri.host = where.host;
  uri.port = where.port;
  if (rest.empty()) return true;
  const auto params = scan_params(rest, ParamSyntax::uri);
  if (!params) return false;
  uri.params.text = take(rest, *params);
  if (rest.empty()) return true;
  if (!take_char(rest, '?') || rest.empty()) return false;
  uri.headers = rest;
  return span_escaped(rest, query_char) == rest.size();
}

// RFC 3966 §3: digits and visual separators, "+" first if global.
bool parse_tel(std::string_view rest, Uri& uri) {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  uri.user = take(rest, end);
  std::string_view digits = uri.user;
  take_char(digits, '+');
  if (digits.empty() || digits.find_first_not_of("0123456789abcdefABCDEF*#-.()") != std::string_view::npos)
    return false;
  uri.params.text = rest;
  return scan_params(rest, ParamSyntax::uri) == rest.size();
}

bool parse_opaque(std::string_view rest, Uri& uri) {
  uri.opaque = rest;
  for (const char c : rest) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u == 0x7f || c == '<' || c == '>' || c == '"') return false;
  }
  return !rest.empty();
}

bool valid_scheme(std::string_view scheme) {
  if (scheme.empty() || !is(scheme.front(), host_char) || is_digit(scheme.front())) return false;
  return scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") ==
         std::string_view::npos;
}

}  // namespace

bool Uri::is_sips() const {
  return iequals(scheme, "sips");
}
bool Uri::is_sip() const {
  return iequals(scheme, "sip") || is_sips();
}
bool Uri::is_tel() const {
  return iequals(scheme, "tel");
}
std::uint16_t Uri::port_or_default() const {
  return port != 0 ? port : is_sips() ? 5061 : 5060;
}

bool read(std::string_view text, Uri& uri) {
  if (text.starts_with("sip:")) {  // by far the most, and quickly told
    uri.scheme = {text.data(), 3};
    return parse_sip({text.data() + 4, text.size() - 4}, uri);
  }
  const std::size_t colon = find_char(text, ':');
  if (colon == text.size()) return false;
  uri.scheme = {text.data(), colon};
  const std::string_view rest(text.data() + colon + 1, text.size() - colon - 1);
  if (uri.is_sip()) return parse_sip(rest, uri);
  if (uri.is_tel()) return parse_tel(rest, uri);
  return valid_scheme(uri.scheme) && parse_opaque(rest, uri);
}

std::optional<Uri> Uri::parse(std::string_view text) {
  return read_optional<Uri>(text);
}

namespace {

struct QueryField {
  std::string_view name, value;
};

// Takes "name=value" and the '&' behind it.
QueryField take_query_field(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('&'), rest.size());
  const std::string_view field = take(rest, end);
  take_char(rest, '&');
  const std::size_t equals = std::min(field.find('='), field.size());
  return {field.substr(0, equals), equals < field.size() ? field.substr(equals + 1) : std::string_view()};
}

}  // namespace

std::optional<std::string_view> Uri::header(std::string_view name) const {
  for (std::string_view rest = headers; !rest.empty();) {
    const QueryField field = take_query_field(rest);
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string to_string(const Uri& uri) {
  std::string out;
  out.reserve(uri.scheme.size() + uri.user.size() + uri.password.size() + uri.host.size() + uri.params.text.size() +
              uri.headers.size() + uri.opaque.size() + 12);
  out += uri.scheme;
  out += ':';
  out += uri.user;
  if (!uri.password.empty()) {
    out += ':';
    out += uri.password;
  }
  if (!uri.user.empty() && !uri.is_tel()) out += '@';
  out += uri.host;
  if (uri.port != 0) {
    out += ':';
    append_number(out, uri.port);
  }
  out += uri.params.text;
  if (!uri.headers.empty()) {
    out += '?';
    out += uri.headers;
  }
  out += uri.opaque;
  return out;
}

namespace {

int hex_value(char c) {
  return is_digit(c) ? c - '0' : lower(c) - 'a' + 10;
}

// The character at the front of `s`, its escape resolved, taken off. Characters that must be escaped anyway (RFC 2396
// "reserved") are told apart from their escapes: "%3B" is not ";" (§19.1.4).
int take_unescaped(std::string_view& s) {
  if (s.size() >= 3 && s.front() == '%' && is(s[1], hex_char) && is(s[2], hex_char)) {
    const int c = hex_value(s[1]) * 16 + hex_value(s[2]);
    s.remove_prefix(3);
    return std::string_view(";/?:@&=+$,").find(static_cast<char>(c)) == std::string_view::npos ? c : c + 256;
  }
  const int c = static_cast<unsigned char>(s.front());
  s.remove_prefix(1);
  return c;
}

enum class Case { sensitive, insensitive };

bool same_text(std::string_view a, std::string_view b, Case how) {
  while (!a.empty() && !b.empty()) {
    int x = take_unescaped(a), y = take_unescaped(b);
    if (how == Case::insensitive && x < 128 && y < 128) {
      x = lower(static_cast<char>(x));
      y = lower(static_cast<char>(y));
    }
    if (x != y) return false;
  }
  return a.empty() && b.empty();
}

std::optional<Param> find_param(Params params, std::string_view name) {
  for (const Param& p : params) {
    if (same_text(p.name, name, Case::insensitive)) return p;
  }
  return std::nullopt;
}

// A parameter of one side only matters if it is one of those that §19.1.4 names.
bool must_be_on_both(std::string_view name) {
  return iequals(name, "user") || iequals(name, "ttl") || iequals(name, "method") || iequals(name, "maddr") ||
         iequals(name, "transport");
}

bool params_match(Params a, Params b) {
  for (const Param& p : a) {
    const auto other = find_param(b, p.name);
    if (other ? !same_text(p.value, other->value, Case::insensitive) : must_be_on_both(p.name)) return false;
  }
  return true;
}

bool headers_match(std::string_view a, const Uri& b) {
  for (std::string_view rest = a; !rest.empty();) {
    const QueryField field = take_query_field(rest);
    const auto other = b.header(field.name);
    if (!other || !same_text(field.value, *other, Case::sensitive)) return false;
  }
  return true;
}

std::string tel_digits(std::string_view number) {
  std::string out;
  for (const char c : number) {
    if (c != '-' && c != '.' && c != '(' && c != ')') out += lower(c);
  }
  return out;
}

}  // namespace

bool equivalent(const Uri& a, const Uri& b) {
  if (a == b) return true;  // also with a parameter that stands there twice, against the rule
  if (!iequals(a.scheme, b.scheme)) return false;
  if (a.is_tel())
    return tel_digits(a.user) == tel_digits(b.user) && params_match(a.params, b.params) &&
           params_match(b.params, a.params);
  if (!a.is_sip()) return a.opaque == b.opaque;
  return same_text(a.user, b.user, Case::sensitive) && same_text(a.password, b.password, Case::sensitive) &&
         iequals(a.host, b.host) && a.port == b.port && params_match(a.params, b.params) &&
         params_match(b.params, a.params) && headers_match(a.headers, b) && headers_match(b.headers, a);
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && is(text[i + 1], hex_char) && is(text[i + 2], hex_char)) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

namespace {

std::string escape(std::string_view text, int allowed, std::string_view but) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is(c, allowed) && but.find(c) == std::string_view::npos) {
      out += c;
    } else {
      const auto u = static_cast<unsigned char>(c);
      out += '%';
      out += digits[u >> 4];
      out += digits[u & 15];
    }
  }
  return out;
}

}  // namespace

std::string escape_user(std::string_view text) {
  return escape(text, user_char, ";?");
}
std::string escape_param(std::string_view text) {
  return escape(text, param_char, "");
}
std::string escape_header(std::string_view text) {
  return escape(text, query_char, "=&");
}

}  // namespace junctor::sip
