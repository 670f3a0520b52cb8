#include "srtp/sdes.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <openssl/evp.h>

namespace junctor::srtp {
namespace {

constexpr std::string_view key_method = "inline:";

/// The next word, taken off `rest`; empty at the end.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

/// Decimal digits and nothing else.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool begins_with_letters_of(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == b || (b >= 'A' && b <= 'Z' && a == b - 'A' + 'a');
         });
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL adds a zero
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

/// Fills `out` exactly. The padding may be missing, as some phones leave it away.
bool from_base64(std::string_view text, std::span<std::uint8_t> out) {
  const std::string_view digits = text.substr(0, text.find('='));
  if (digits.size() != (out.size() * 8 + 5) / 6) return false;
  std::string padded(digits);
  padded.resize((digits.size() + 3) / 4 * 4, '=');
  if (text != digits && text != padded) return false;

  std::array<std::uint8_t, key_size_max + salt_size_max + 2> bytes;
  const int decoded = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(padded.data()),
                                      static_cast<int>(padded.size()));
  if (decoded < static_cast<int>(out.size())) return false;
  std::copy_n(bytes.begin(), out.size(), out.begin());
  return base64(out) == padded;  // OpenSSL passes over white space, and over bits that belong to no byte
}

/// "2^20" or "1048576".
std::optional<std::uint64_t> lifetime_of(std::string_view text) {
  if (text.starts_with("2^")) {
    const auto power = number(text.substr(2));
    if (!power || *power > 48) return std::nullopt;
    return std::uint64_t{1} << *power;
  }
  const auto packets = number(text);
  if (!packets || *packets == 0 || *packets > lifetime_max) return std::nullopt;
  return packets;
}

/// key_and_salt["|" lifetime]["|" MKI ":" length]
std::optional<SdesError> read_key(std::string_view text, MasterKey& master) {
  if (text.find(';') != std::string_view::npos) return SdesError::several_keys;
  const std::size_t bar = text.find('|');
  const std::size_t key = key_size(master.suite), salt = salt_size(master.suite);
  std::array<std::uint8_t, key_size_max + salt_size_max> bytes;
  if (!from_base64(text.substr(0, bar), std::span(bytes).first(key + salt))) return SdesError::key;
  std::copy_n(bytes.begin(), key, master.key.begin());
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(key), salt, master.salt.begin());
  if (bar == std::string_view::npos) return std::nullopt;

  const std::string_view behind = text.substr(bar + 1);
  if (behind.find(':') != std::string_view::npos) return SdesError::mki;
  const auto lifetime = lifetime_of(behind);
  if (!lifetime) return SdesError::lifetime;
  master.lifetime = *lifetime;
  return std::nullopt;
}

}  // namespace

std::string_view describe(SdesError error) {
  switch (error) {
    case SdesError::syntax:
      return "it is not of the form \"tag suite inline:key\"";
    case SdesError::tag:
      return "its tag is not a number of up to nine digits";
    case SdesError::suite:
      return "the suite is not known";
    case SdesError::key:
      return "the key is not base64, or not as long as the suite needs";
    case SdesError::lifetime:
      return "the lifetime of the key is not 1 to 2^48 packets";
    case SdesError::mki:
      return "a master key identifier (MKI) is not supported";
    case SdesError::several_keys:
      return "several keys in one line are not supported";
    case SdesError::session_parameter:
      return "a session parameter that is not supported";
    case SdesError::not_offered:
      return "its tag and suite were not offered";
  }
  return {};
}

Result<Crypto, SdesError> parse_crypto(std::string_view value) {
  const std::string_view tag = take_word(value), suite = take_word(value), key = take_word(value);
  if (!begins_with_letters_of(key, key_method)) return fail(SdesError::syntax);
  const auto tag_number = number(tag);
  if (!tag_number || tag.size() > 9) return fail(SdesError::tag);
  const auto known = suite_named(suite);
  if (!known) return fail(SdesError::suite);

  Crypto crypto{.tag = static_cast<std::uint32_t>(*tag_number), .master = {.suite = *known}};
  if (const auto error = read_key(key.substr(key_method.size()), crypto.master)) return fail(*error);
  for (auto parameter = take_word(value); !parameter.empty(); parameter = take_word(value))
    if (!parameter.starts_with('-') && !begins_with_letters_of(parameter, "wsh="))
      return fail(SdesError::session_parameter);
  return crypto;
}

std::string write_crypto(const Crypto& crypto) {
  const MasterKey& master = crypto.master;
  const std::size_t key = key_size(master.suite), salt = salt_size(master.suite);
  std::array<std::uint8_t, key_size_max + salt_size_max> bytes;
  std::copy_n(master.key.begin(), key, bytes.begin());
  std::copy_n(master.salt.begin(), salt, bytes.begin() + static_cast<std::ptrdiff_t>(key));

  std::string out = std::to_string(crypto.tag) + ' ';
  out += name_of(master.suite);
  out += ' ';
  out += key_method;
  out += base64(std::span(bytes).first(key + salt));
  if (master.lifetime == lifetime_max) return out;
  if (std::has_single_bit(master.lifetime)) return out + "|2^" + std::to_string(std::countr_zero(master.lifetime));
  return out + '|' + std::to_string(master.lifetime);
}

MasterKey make_master_key(Suite suite, Random& random) {
  MasterKey master{.suite = suite};
  const auto fill = [&random](std::span<std::uint8_t> out) {
    for (std::size_t i = 0; i < out.size();) {
      std::uint64_t bits = random.next();
      for (int byte = 0; byte < 8 && i < out.size(); ++byte, bits >>= 8) out[i++] = static_cast<std::uint8_t>(bits);
    }
  };
  fill(std::span(master.key).first(key_size(suite)));
  fill(std::span(master.salt).first(salt_size(suite)));
  return master;
}

std::vector<Crypto> make_offer(std::span<const Suite> suites, Random& random) {
  std::vector<Crypto> offer;
  for (const Suite suite : suites)
    offer.push_back({static_cast<std::uint32_t>(offer.size() + 1), make_master_key(suite, random)});
  return offer;
}

std::optional<Agreement> choose(std::span<const Crypto> offered, std::span<const Suite> suites, Random& random,
                                const MasterKey* present) {
  const auto offered_with = [offered](Suite suite) {
    return std::ranges::find(offered, suite, [](const Crypto& crypto) { return crypto.master.suite; });
  };
  if (present != nullptr && std::ranges::find(suites, present->suite) != suites.end())
    if (const auto line = offered_with(present->suite); line != offered.end())
      return Agreement{{line->tag, *present}, line->master};
  for (const Crypto& line : offered)
    if (const Suite suite = line.master.suite; std::ranges::find(suites, suite) != suites.end())
      return Agreement{{line.tag, make_master_key(suite, random)}, line.master};
  return std::nullopt;
}

Result<Agreement, SdesError> match(std::span<const Crypto> offered, const Crypto& answer) {
  for (const Crypto& line : offered)
    if (line.tag == answer.tag && line.master.suite == answer.master.suite) return Agreement{line, answer.master};
  return fail(SdesError::not_offered);
}

}  // namespace junctor::srtp
