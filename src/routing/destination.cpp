#include "routing/destination.hpp"

#include <charconv>
#include <utility>

#include "sip/uri.hpp"

namespace junctor::routing {
namespace {

using Kind = Destination::Kind;

/// The one list of words and kinds; `reject`, `ring` and `dial` have a grammar of their own behind the colon.
constexpr std::pair<std::string_view, Kind> words[] = {
    {"user", Kind::user},           {"ring", Kind::ring}, {"dial", Kind::dial},
    {"queue", Kind::queue},         {"ivr", Kind::ivr},   {"conference", Kind::conference},
    {"voicemail", Kind::voicemail}, {"rwi", Kind::rwi},   {"reject", Kind::reject},
    {"browsers", Kind::browsers},
};

constexpr int reject_code_min = 300;
constexpr int reject_code_max = 699;

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

Result<Destination, std::string> parse_dial(std::string_view uri) {
  const auto parsed = sip::Uri::parse(uri);
  if (!parsed || !parsed->is_sip() || parsed->user.empty()) {
    return fail(quoted(uri) + " is not a SIP URI such as sip:1001@example.org");
  }
  return Destination{Kind::dial, {std::string(uri)}, 0};
}

Result<Destination, std::string> parse_ring(std::string_view users) {
  Destination out{Kind::ring, {}, 0};
  while (true) {
    const std::size_t comma = users.find(',');
    const std::string_view user = users.substr(0, comma);
    if (user.empty()) return fail(std::string("a user is missing: write ring:1001,1002"));
    out.names.emplace_back(user);
    if (comma == std::string_view::npos) return out;
    users.remove_prefix(comma + 1);
  }
}

Result<Destination, std::string> parse_reject(std::string_view text) {
  int code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc() || end != text.data() + text.size() || code < reject_code_min || code > reject_code_max) {
    return fail(quoted(text) + " is not a status to reject with: 300 to 699");
  }
  return Destination{Kind::reject, {}, code};
}

}  // namespace

Result<Destination, std::string> Destination::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  if (word == "sip" || word == "sips") return parse_dial(text);
  for (const auto& [name, kind] : words) {
    if (name != word) continue;
    if (kind == Kind::browsers) {
      if (colon != std::string_view::npos) break;
      return Destination{kind, {}, 0};
    }
    const std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    if (rest.empty()) return fail(quoted(text) + " lacks what follows the colon");
    if (kind == Kind::dial) return parse_dial(rest);
    if (kind == Kind::ring) return parse_ring(rest);
    if (kind == Kind::reject) return parse_reject(rest);
    return Destination{kind, {std::string(rest)}, 0};
  }
  return fail(
      quoted(text) +
      " is not a destination: user:, ring:, dial:, queue:, ivr:, conference:, voicemail:, rwi:, reject:, browsers");
}

std::string to_string(const Destination& destination) {
  std::string out;
  for (const auto& [name, kind] : words) {
    if (kind == destination.kind) out = name;
  }
  if (destination.kind == Kind::browsers) return out;
  out += ':';
  if (destination.kind == Kind::reject) return out + std::to_string(destination.code);
  for (std::size_t i = 0; i < destination.names.size(); ++i) out += (i == 0 ? "" : ",") + destination.names[i];
  return out;
}

}  // namespace junctor::routing
