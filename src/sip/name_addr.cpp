#include "sip/name_addr.hpp"

#include "sip/read.hpp"
#include "sip/text.hpp"

namespace junctor::sip {
namespace {

using namespace text;

// Tokens and white space (§25.1), and the UTF-8 that phones send without quotes.
bool valid_bare_display(std::string_view display) {
  for (const char c : display) {
    if (!is(c, token_char) && !is_lws(c) && static_cast<unsigned char>(c) < 0x80) return false;
  }
  return true;
}

// What stands between '<' and '>', taken off with them.
bool take_bracketed(std::string_view& rest, std::string_view& inside) {
  if (!take_char(rest, '<')) return false;
  const std::size_t close = find_char(rest, '>');
  if (close == rest.size()) return false;
  inside = take(rest, close);
  rest.remove_prefix(1);
  return true;
}

// Takes the URI, and the display name in front of it.
bool take_address(std::string_view& rest, NameAddr& out, std::string_view& uri) {
  if (!rest.empty() && rest.front() == '<') return take_bracketed(rest, uri);
  if (!rest.empty() && rest.front() == '"') {
    const auto quoted = take_quoted(rest);
    if (!quoted) return false;
    out.display = *quoted;
    rest = trim_left(rest);
    return take_bracketed(rest, uri);
  }
  if (const std::size_t open = find_char(rest, '<'); open != rest.size()) {
    out.display = trim(take(rest, open));
    return take_bracketed(rest, uri) && valid_bare_display(out.display);
  }
  // addr-spec: ';' begins header parameters; ',' and '?' would need <> (§20.10).
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != ';' && !is_lws(rest[end])) ++end;
  uri = take(rest, end);
  return uri.find_first_of("?,") == std::string_view::npos;
}

}  // namespace

bool read(std::string_view text, NameAddr& out, WantedParam* wanted) {
  std::string_view rest = trim(text), address;
  if (!take_address(rest, out, address) || !read(address, out.uri)) return false;
  if (rest.empty()) return true;
  out.params.text = trim_left(rest);
  return scan_params(rest, ParamSyntax::header, wanted) == rest.size();
}

std::optional<NameAddr> NameAddr::parse(std::string_view text) {
  return read_optional<NameAddr>(text);
}

std::string NameAddr::display_name() const {
  return unescape_quoted(display);
}

std::string to_string(const NameAddr& address) {
  std::string out;
  if (!address.display.empty()) {
    out += '"';
    out += address.display;
    out += "\" ";
  }
  out += '<';
  out += to_string(address.uri);
  out += '>';
  out += address.params.text;
  return out;
}

std::string escape_quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return out;
}

std::string unescape_quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace junctor::sip
