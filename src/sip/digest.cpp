#include "sip/digest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sip/text.hpp"

namespace junctor::sip::digest {
namespace {

using text::iequals;

struct NamedAlgorithm {
  std::string_view name;
  Algorithm algorithm;
};
constexpr std::array algorithms = {
    NamedAlgorithm{"MD5", {HashName::md5, false}},
    NamedAlgorithm{"MD5-sess", {HashName::md5, true}},
    NamedAlgorithm{"SHA-256", {HashName::sha256, false}},
    NamedAlgorithm{"SHA-256-sess", {HashName::sha256, true}},
    NamedAlgorithm{"SHA-512-256", {HashName::sha512_256, false}},
    NamedAlgorithm{"SHA-512-256-sess", {HashName::sha512_256, true}},
};

/// An absent algorithm is MD5 (RFC 7616 §3.3).
std::optional<Algorithm> algorithm_or_md5(std::string_view written) {
  return written.empty() ? Algorithm() : parse_algorithm(written);
}

// What a character may not do, by character.
constexpr std::uint8_t control = 1, needs_quotes = 2, needs_escape = 4;
constexpr auto kinds = [] {
  std::array<std::uint8_t, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = control;
  out[0x7f] = control;
  out['\t'] = needs_quotes;
  for (const unsigned c : {0x0du, 0x0au, 0x20u, 0x2cu}) out[c] |= needs_quotes;  // CR, LF, space, comma
  for (const unsigned c : {0x22u, 0x5cu}) out[c] = needs_quotes | needs_escape;  // quote, backslash
  return out;
}();
bool is_control(char c) {
  return (kinds[static_cast<unsigned char>(c)] & control) != 0;
}
bool has_any(std::string_view text, unsigned kind) {
  unsigned seen = 0;
  for (const char c : text) seen |= kinds[static_cast<unsigned char>(c)];
  return (seen & kind) != 0;
}

// -- reading

/// Where the quoted string ends that opens at `at`: its closing quote, or the end of the text.
std::size_t closing_quote(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); at += 2) {
    at = text::find_either(text.data(), at, text.size(), '"', '\\');
    if (at == text.size() || text[at] == '"') return at;
  }
  return text.size();
}

/// Takes the next comma-separated element off `rest`; a comma inside quotes is none. False when a quote stays open.
bool next_element(std::string_view& rest, std::string_view& element) {
  std::size_t at = 0;
  for (;; ++at) {
    at = text::find_either(rest.data(), at, rest.size(), '"', ',');
    if (at == rest.size() || rest[at] == ',') break;
    at = closing_quote(rest, at);
    if (at == rest.size()) return false;
  }
  element = text::trim(rest.substr(0, at));
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return true;
}

/// A parameter as it stands in the text: without quotes, with escapes.
struct Written {
  std::string_view name, value;
  bool quoted = false;
};

std::string text_of(const Written& p) {
  if (!p.quoted || p.value.find('\\') == std::string_view::npos) return std::string(p.value);
  std::string out;
  out.reserve(p.value.size());
  for (std::size_t at = 0; at < p.value.size(); ++at) {
    if (p.value[at] == '\\') ++at;
    out += p.value[at];
  }
  return out;
}

std::optional<Written> parse_parameter(std::string_view element) {
  const auto equals = element.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = text::trim(element.substr(0, equals));
  const auto value = text::trim(element.substr(equals + 1));
  if (!text::is_token(name) || has_any(value, control)) return std::nullopt;
  if (value.starts_with('"')) {
    if (closing_quote(value, 0) + 1 != value.size()) return std::nullopt;
    return Written{name, value.substr(1, value.size() - 2), true};
  }
  if (has_any(value, needs_quotes)) return std::nullopt;
  return Written{name, value, false};
}

struct Scheme {
  bool is_digest = false;
  std::vector<Written> parameters;
};

constexpr std::size_t typical_parameters = 12;  // room is made for so many at once

/// Splits a header value into schemes with their parameters. An element that is "word parameter" begins a scheme, one
/// that is "parameter" continues it.
Result<std::vector<Scheme>, Error> parse_schemes(std::string_view rest) {
  std::vector<Scheme> schemes;
  std::string_view element;
  while (!rest.empty()) {
    if (!next_element(rest, element)) return fail(Error{"a quote stays open"});
    if (element.empty()) continue;
    const auto word = element.substr(0, text::span(element, text::token_char));
    const auto after = text::trim(element.substr(word.size()));
    if (word.empty()) return fail(Error{"a parameter without a name"});
    if (!after.starts_with('=')) {
      if (schemes.size() == max_challenges) return fail(Error{"too many challenges"});
      schemes.push_back({iequals(word, "Digest"), {}});
      schemes.back().parameters.reserve(typical_parameters);
      element = after;
      if (element.empty()) continue;
    }
    if (schemes.empty()) return fail(Error{"no scheme"});
    Scheme& scheme = schemes.back();
    if (!scheme.is_digest) continue;
    if (scheme.parameters.size() == max_parameters) return fail(Error{"too many parameters"});
    const auto parameter = parse_parameter(element);
    if (!parameter) return fail(Error{"bad parameter"});
    scheme.parameters.push_back(*parameter);
  }
  return schemes;
}

/// Takes the parameters of one scheme by name; a name may be there once.
class Fields {
 public:
  explicit Fields(std::vector<Written> parameters) : parameters_(std::move(parameters)) {}

  std::optional<std::string> take(std::string_view name) {
    const auto named = [name](const Written& p) { return iequals(p.name, name); };
    const auto at = std::ranges::find_if(parameters_, named);
    if (at == parameters_.end()) return std::nullopt;
    twice_ = twice_ || std::any_of(at + 1, parameters_.end(), named);
    at->name = {};  // taken: no parameter is without a name
    return text_of(*at);
  }
  std::string take_text(std::string_view name) { return take(name).value_or(std::string()); }
  bool take_flag(std::string_view name) { return iequals(take_text(name), "true"); }

  bool twice() const { return twice_; }
  std::vector<Parameter> rest() const {
    std::vector<Parameter> out;
    for (const Written& p : parameters_)
      if (!p.name.empty()) out.push_back({std::string(p.name), text_of(p), p.quoted});
    return out;
  }

 private:
  std::vector<Written> parameters_;
  bool twice_ = false;
};

Result<Challenge, Error> read_challenge(Scheme scheme) {
  Fields fields(std::move(scheme.parameters));
  auto realm = fields.take("realm");
  auto nonce = fields.take("nonce");
  if (!realm || !nonce) return fail(Error{"a challenge without realm or nonce"});
  Challenge out;
  out.realm = std::move(*realm);
  out.nonce = std::move(*nonce);
  out.opaque = fields.take("opaque");
  out.algorithm = fields.take_text("algorithm");
  out.qop = fields.take_text("qop");
  out.stale = fields.take_flag("stale");
  out.userhash = fields.take_flag("userhash");
  if (fields.twice()) return fail(Error{"a parameter twice"});
  out.other = fields.rest();
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = text::lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

constexpr std::string_view extended_prefix = "UTF-8''";

/// ext-value of RFC 5987, in UTF-8 only (RFC 7616 §3.4.4).
std::optional<std::string> decode_extended(std::string_view value) {
  if (!iequals(value.substr(0, extended_prefix.size()), extended_prefix)) return std::nullopt;
  value.remove_prefix(extended_prefix.size());
  std::string out;
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] != '%') {
      out += value[at];
      continue;
    }
    const int high = at + 2 < value.size() ? hex_value(value[at + 1]) : -1;
    const int low = at + 2 < value.size() ? hex_value(value[at + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (std::ranges::any_of(out, is_control)) return std::nullopt;
  return out;
}

std::optional<std::uint32_t> parse_nc(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 8 || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void, Error> read_username(Fields& fields, Credentials& into) {
  auto plain = fields.take("username");
  const auto extended = fields.take("username*");
  if (plain.has_value() == extended.has_value()) return fail(Error{"not exactly one username"});
  auto username = plain ? std::move(plain) : decode_extended(*extended);
  if (!username) return fail(Error{"bad username*"});
  into.username = std::move(*username);
  into.username_extended = extended.has_value();
  return {};
}

Result<Credentials, Error> read_credentials(Scheme scheme) {
  Fields fields(std::move(scheme.parameters));
  Credentials out;
  if (auto username = read_username(fields, out); !username) return fail(username.error());
  auto realm = fields.take("realm");
  auto nonce = fields.take("nonce");
  auto uri = fields.take("uri");
  auto response = fields.take("response");
  if (!realm || !nonce || !uri || !response) return fail(Error{"no realm, nonce, uri or response"});
  out.realm = std::move(*realm);
  out.nonce = std::move(*nonce);
  out.uri = std::move(*uri);
  out.response = std::move(*response);
  out.algorithm = fields.take_text("algorithm");
  out.opaque = fields.take("opaque");
  out.qop = fields.take_text("qop");
  out.cnonce = fields.take_text("cnonce");
  out.userhash = fields.take_flag("userhash");
  if (const auto nc = fields.take("nc")) {
    out.nc = parse_nc(*nc);
    if (!out.nc) return fail(Error{"bad nc"});
  }
  if (fields.twice()) return fail(Error{"a parameter twice"});
  out.other = fields.rest();
  return out;
}

// -- writing

class Writer {
 public:
  Writer& quoted(std::string_view name, std::string_view value) {
    begin(name) += '"';
    if (!has_any(value, control | needs_escape)) {
      out_ += value;
    } else {
      for (const char c : value) {
        if (is_control(c)) continue;
        if (c == '"' || c == '\\') out_ += '\\';
        out_ += c;
      }
    }
    out_ += '"';
    return *this;
  }
  /// Without quotes where the value allows it.
  Writer& plain(std::string_view name, std::string_view value) {
    if (has_any(value, control | needs_quotes)) return quoted(name, value);
    begin(name) += value;
    return *this;
  }
  Writer& quoted_unless_empty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : quoted(name, value);
  }
  Writer& plain_unless_empty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : plain(name, value);
  }
  Writer& flag(std::string_view name, bool value) { return value ? plain(name, "true") : *this; }
  Writer& others(const std::vector<Parameter>& parameters) {
    for (const auto& p : parameters) p.quoted ? quoted(p.name, p.value) : plain(p.name, p.value);
    return *this;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string& begin(std::string_view name) {
    if (!first_) out_ += ", ";
    first_ = false;
    return (out_ += name) += '=';
  }

  static std::string opening() {
    std::string out;
    out.reserve(typical_length);
    return out += "Digest ";
  }

  static constexpr std::size_t typical_length = 256;
  std::string out_ = opening();
  bool first_ = true;
};

std::string encode_extended(std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unescaped = "!#$&+-.^_`|~";
  std::string out(extended_prefix);
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_control(c)) continue;
    const char small = text::lower(c);
    if (text::is_digit(c) || (small >= 'a' && small <= 'z') || unescaped.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::string nc_text(std::uint32_t nc) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(8, '0');
  for (std::size_t at = 8; at-- > 0; nc >>= 4) out[at] = digits[nc & 15];
  return out;
}

// -- computing

template <class... Parts>
std::string join(std::string_view first, const Parts&... parts) {
  std::string out(first);
  ((out.append(":").append(parts)), ...);
  return out;
}

/// RFC 7616 §3.4.1; `credentials` has everything but the response.
std::string compute_response(Hash hash, bool session, const Credentials& credentials, std::string_view ha1,
                             std::string_view method, std::string_view body) {
  const std::string session_ha1 = session ? hash(join(ha1, credentials.nonce, credentials.cnonce)) : std::string(ha1);
  const bool integrity = iequals(credentials.qop, "auth-int");
  const std::string ha2 = hash(integrity ? join(method, credentials.uri, hash(body)) : join(method, credentials.uri));
  if (credentials.qop.empty()) return hash(join(session_ha1, credentials.nonce, ha2));
  return hash(join(session_ha1, credentials.nonce, nc_text(credentials.nc.value_or(0)), credentials.cnonce,
                   credentials.qop, ha2));
}

/// In time that does not depend on where the texts differ. The received one may be in capitals.
bool same_response(std::string_view computed, std::string_view received) {
  if (computed.size() != received.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < computed.size(); ++i) {
    const char small = text::lower(received[i]);
    difference |= unsigned{static_cast<unsigned char>(computed[i])} ^ unsigned { static_cast<unsigned char>(small) };
  }
  return difference == 0;
}

/// The qop that a client takes, empty for none; nothing when it can do none of those offered.
std::optional<std::string_view> choose_qop(const Challenge& challenge) {
  if (text::trim(challenge.qop).empty()) return std::string_view();
  if (challenge.offers("auth")) return "auth";
  if (challenge.offers("auth-int")) return "auth-int";
  return std::nullopt;
}

}  // namespace

Hash HashFunctions::get(HashName name) const {
  switch (name) {
    case HashName::md5:
      return md5;
    case HashName::sha256:
      return sha256;
    case HashName::sha512_256:
      break;
  }
  return sha512_256;
}

std::string_view to_string(Algorithm algorithm) {
  return std::ranges::find(algorithms, algorithm, &NamedAlgorithm::algorithm)->name;
}

std::optional<Algorithm> parse_algorithm(std::string_view text) {
  const auto at = std::ranges::find_if(algorithms, [text](const NamedAlgorithm& a) { return iequals(a.name, text); });
  return at == algorithms.end() ? std::nullopt : std::optional(at->algorithm);
}

bool Challenge::offers(std::string_view qop_value) const {
  std::string_view rest = qop;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    if (iequals(text::trim(rest.substr(0, end)), qop_value)) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

Result<std::vector<Challenge>, Error> parse_challenges(std::string_view header_value) {
  auto schemes = parse_schemes(header_value);
  if (!schemes) return fail(schemes.error());
  std::vector<Challenge> out;
  for (auto& scheme : *schemes) {
    if (!scheme.is_digest) continue;
    auto challenge = read_challenge(std::move(scheme));
    if (!challenge) return fail(challenge.error());
    out.push_back(std::move(*challenge));
  }
  return out;
}

Result<Credentials, Error> parse_credentials(std::string_view header_value) {
  auto schemes = parse_schemes(header_value);
  if (!schemes) return fail(schemes.error());
  if (schemes->size() != 1 || !schemes->front().is_digest) return fail(Error{"not one set of Digest credentials"});
  return read_credentials(std::move(schemes->front()));
}

std::string to_string(const Challenge& challenge) {
  Writer out;
  out.quoted("realm", challenge.realm).quoted("nonce", challenge.nonce);
  if (challenge.opaque) out.quoted("opaque", *challenge.opaque);
  out.flag("stale", challenge.stale).plain_unless_empty("algorithm", challenge.algorithm);
  out.quoted_unless_empty("qop", challenge.qop).flag("userhash", challenge.userhash);
  return out.others(challenge.other).take();
}

std::string to_string(const Credentials& credentials) {
  Writer out;
  if (credentials.username_extended) {
    out.plain("username*", encode_extended(credentials.username));
  } else {
    out.quoted("username", credentials.username);
  }
  out.quoted("realm", credentials.realm).quoted("nonce", credentials.nonce).quoted("uri", credentials.uri);
  out.quoted("response", credentials.response).plain_unless_empty("algorithm", credentials.algorithm);
  out.quoted_unless_empty("cnonce", credentials.cnonce);
  if (credentials.opaque) out.quoted("opaque", *credentials.opaque);
  out.plain_unless_empty("qop", credentials.qop);
  if (credentials.nc) out.plain("nc", nc_text(*credentials.nc));
  return out.flag("userhash", credentials.userhash).others(credentials.other).take();
}

std::string make_ha1(Hash hash, std::string_view username, std::string_view realm, std::string_view password) {
  return hash(join(username, realm, password));
}

std::string make_userhash(Hash hash, std::string_view username, std::string_view realm) {
  return hash(join(username, realm));
}

Verdict verify(const Credentials& credentials, std::string_view ha1, std::string_view method, std::string_view body,
               const HashFunctions& hashes) {
  const auto algorithm = algorithm_or_md5(credentials.algorithm);
  const Hash hash = algorithm ? hashes.get(algorithm->hash) : nullptr;
  if (hash == nullptr) return Verdict::unsupported_algorithm;
  if (algorithm->session && credentials.cnonce.empty()) return Verdict::malformed;
  if (!credentials.qop.empty()) {
    const bool known = iequals(credentials.qop, "auth") || iequals(credentials.qop, "auth-int");
    if (!known || !credentials.nc || credentials.cnonce.empty()) return Verdict::malformed;
  }
  const std::string expected = compute_response(hash, algorithm->session, credentials, ha1, method, body);
  return same_response(expected, credentials.response) ? Verdict::ok : Verdict::wrong_response;
}

const Challenge* choose(std::span<const Challenge> challenges, const Account& account, const HashFunctions& hashes) {
  for (const auto& challenge : challenges) {
    const auto algorithm = algorithm_or_md5(challenge.algorithm);
    if (!algorithm || hashes.get(algorithm->hash) == nullptr || !choose_qop(challenge)) continue;
    if (account.ha1.empty() || account.ha1_hash == algorithm->hash) return &challenge;
  }
  return nullptr;
}

std::optional<Credentials> respond(std::span<const Challenge> challenges, const Account& account,
                                   const Request& request, const HashFunctions& hashes) {
  const Challenge* challenge = choose(challenges, account, hashes);
  if (challenge == nullptr) return std::nullopt;
  const Algorithm algorithm = *algorithm_or_md5(challenge->algorithm);
  const Hash hash = hashes.get(algorithm.hash);
  Credentials out;
  out.userhash = challenge->userhash;
  out.username = out.userhash ? make_userhash(hash, account.username, challenge->realm) : account.username;
  out.realm = challenge->realm;
  out.nonce = challenge->nonce;
  out.uri = request.uri;
  out.algorithm = challenge->algorithm;
  out.opaque = challenge->opaque;
  out.qop = *choose_qop(*challenge);
  if (!out.qop.empty()) out.nc = request.nc;
  if (!out.qop.empty() || algorithm.session) out.cnonce = request.cnonce;
  const std::string ha1 =
      account.ha1.empty() ? make_ha1(hash, account.username, challenge->realm, account.password) : account.ha1;
  out.response = compute_response(hash, algorithm.session, out, ha1, request.method, request.body);
  return out;
}

}  // namespace junctor::sip::digest
