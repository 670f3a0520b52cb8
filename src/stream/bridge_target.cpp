#include "stream/bridge_target.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/url.hpp"

namespace junctor::stream {
namespace {

constexpr std::array<std::string_view, 2> prefixes = {"voip_bridge:", "bridge:"};
constexpr std::string_view header_prefix = "_hdr_", return_prefix = "return_";
constexpr std::int64_t timeout_ms_max = 3'600'000;

std::string_view without_prefix(std::string_view target) {
  for (const std::string_view prefix : prefixes)
    if (target.starts_with(prefix)) return target.substr(prefix.size());
  return {};
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Of a query's value (application/x-www-form-urlencoded).
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    if (coded) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  constexpr std::array<std::string_view, 3> ours = {"host", "connection", "upgrade"};
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return !name.empty() && name.find_first_not_of(letters) == std::string_view::npos &&
         std::ranges::find(ours, lower) == ours.end() && !lower.starts_with("sec-websocket-") &&
         std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

/// Nothing: it was for us, and is taken. The error is one line.
Result<bool, std::string> take(BridgeTarget& out, std::string_view name, const std::string& value) {
  if (name == "samplerate") {
    auto format = make_format("L16", number(value).value_or(0), 1, out.format.ptime_ms);
    if (!format) return fail("samplerate: " + format.error());
    out.format = *format;
  } else if (name == "codec") {
    if (value != "pcm") return fail(std::string("codec is pcm"));
  } else if (name == "timeout_ms") {
    const auto ms = number(value);
    if (!ms || *ms < 1 || *ms > timeout_ms_max) return fail(std::string("timeout_ms is 1 to 3600000"));
    out.timeout = milliseconds(*ms);
  } else if (name.starts_with(header_prefix)) {
    name.remove_prefix(header_prefix.size());
    if (!is_header(name, value)) return fail("not a header that may be given: '" + std::string(name) + "'");
    out.request.headers.emplace_back(name, value);
  } else if (name.starts_with(return_prefix)) {
    out.returns.emplace(name.substr(return_prefix.size()), value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool BridgeTarget::is_one(std::string_view target) {
  return !without_prefix(target).empty();
}

Result<BridgeTarget, std::string> BridgeTarget::parse(std::string_view target) {
  const std::string_view whole = without_prefix(target);
  if (!whole.starts_with("ws://") && !whole.starts_with("wss://"))
    return fail(std::string("a bridge is voip_bridge:ws://… or voip_bridge:wss://…"));
  BridgeTarget out;
  const std::size_t question = whole.find('?');
  out.request.url = whole.substr(0, question);
  std::string_view query = question == std::string_view::npos ? std::string_view() : whole.substr(question + 1);
  char separator = '?';
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    const std::string value = equals == std::string_view::npos ? std::string() : decoded(one.substr(equals + 1));
    const auto taken = take(out, one.substr(0, equals), value);
    if (!taken) return fail(taken.error());
    if (*taken || one.empty()) continue;
    out.request.url += std::exchange(separator, '&');
    out.request.url += one;
  }
  if (auto url = Url::parse(out.request.url); !url) return fail(url.error());
  return out;
}

}  // namespace junctor::stream
