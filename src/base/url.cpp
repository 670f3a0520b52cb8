#include "base/url.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace junctor {
namespace {

std::uint16_t usual_port(std::string_view scheme) {
  return scheme == "https" || scheme == "wss" ? 443 : 80;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 &&
         std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_bracketed(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == ':' || c == '.'; });
}

std::unexpected<std::string> refuse(std::string_view text, std::string_view why) {
  return fail("\"" + std::string(text.substr(0, 100)) + "\" " + std::string(why));
}

}  // namespace

std::string Url::authority() const {
  const std::string shown = host.contains(':') ? '[' + host + ']' : host;
  return port == usual_port(scheme) ? shown : shown + ':' + std::to_string(port);
}

Result<Url, std::string> Url::parse(std::string_view text) {
  if (text.size() > bytes_max) return refuse(text, "is too long");
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
    return refuse(text, "holds a space or a control character");
  const std::size_t end_of_scheme = text.find("://");
  Url out;
  out.scheme = text.substr(0, end_of_scheme == std::string_view::npos ? 0 : end_of_scheme);
  if (out.scheme != "http" && out.scheme != "https" && out.scheme != "ws" && out.scheme != "wss")
    return refuse(text, "does not begin with http://, https://, ws:// or wss://");
  std::string_view rest = text.substr(end_of_scheme + 3);
  const std::size_t begin_of_target = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view target = rest.substr(begin_of_target);
  rest = rest.substr(0, begin_of_target);
  if (target.contains('#')) return refuse(text, "has a fragment");
  out.target = target.starts_with('/') ? std::string(target) : '/' + std::string(target);
  if (rest.contains('@')) return refuse(text, "has a user name: give it as a token");

  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos || !is_bracketed(rest.substr(1, close - 1))) return refuse(text, "has no host");
    out.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    out.host = rest.substr(0, colon);
    port = rest.substr(colon);
    if (!is_host(out.host)) return refuse(text, "has no host");
  }
  out.port = usual_port(out.scheme);
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), out.port);
    if (port.front() != ':' || error != std::errc() || end != port.data() + port.size() || out.port == 0)
      return refuse(text, "has no port behind its host");
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || std::string_view("-._~").contains(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

}  // namespace junctor
