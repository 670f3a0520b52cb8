// Properties: parse(to_string(parse(x))) == parse(x) for challenges and credentials, parse(to_string(v)) == v for both
// built from typed fields, and what a client answers the server verifies.
#include <cstdint>

#include "base/check.hpp"
#include "sip/digest.hpp"

namespace {

using namespace junctor::sip::digest;

/// Not a hash anybody should use: it only has to be a function of its input.
std::string toy_hash(std::string_view bytes) {
  std::uint64_t value = 14695981039346656037u;
  for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211u;
  std::string out;
  for (; out.size() < 16; value >>= 4) out += "0123456789abcdef"[value & 15];
  return out;
}
constexpr HashFunctions hashes = {toy_hash, toy_hash, toy_hash};

class Source {
 public:
  explicit Source(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  bool flag() { return (byte() & 1) != 0; }
  /// Any bytes but control characters.
  std::string text() {
    std::string out;
    for (unsigned n = byte() % 12u; n > 0; --n) {
      const std::uint8_t c = byte();
      out += static_cast<char>(c < 0x20 || c == 0x7f ? '"' : c);
    }
    return out;
  }
  std::optional<std::string> maybe_text() { return flag() ? std::optional(text()) : std::nullopt; }
  /// Never the name of a known parameter.
  Parameter parameter() { return {"x-" + std::to_string(byte()), text(), true}; }

 private:
  std::string_view rest_;
};

Challenge challenge(Source& in) {
  Challenge out{in.text(), in.text(), in.maybe_text(), in.text(), in.text(), in.flag(), in.flag(), {}};
  if (in.flag()) out.other.push_back(in.parameter());
  return out;
}

Credentials credentials(Source& in) {
  Credentials out;
  out.username = in.text();
  out.username_extended = in.flag();
  out.realm = in.text();
  out.nonce = in.text();
  out.uri = in.text();
  out.response = in.text();
  out.algorithm = in.text();
  out.opaque = in.maybe_text();
  out.qop = in.text();
  out.cnonce = in.text();
  if (in.flag()) out.nc = in.byte() * 0x01010101u;
  out.userhash = in.flag();
  if (in.flag()) out.other.push_back(in.parameter());
  return out;
}

void both_sides_agree(const std::vector<Challenge>& challenges) {
  const Account account{.username = "user", .password = "secret"};
  const Request request{.method = "INVITE", .uri = "sip:x", .body = "b", .nc = 7, .cnonce = "c"};
  const auto sent = respond(challenges, account, request, hashes);
  if (!sent) return;
  const auto got = parse_credentials(to_string(*sent));
  JUNCTOR_CHECK(got && *got == *sent);
  const std::string ha1 = make_ha1(toy_hash, "user", sent->realm, "secret");
  JUNCTOR_CHECK(verify(*got, ha1, "INVITE", "b", hashes) == Verdict::ok);
}

void read_challenges(std::string_view text) {
  const auto list = parse_challenges(text);
  if (!list) return;
  std::string written;
  for (const auto& each : *list) written += (written.empty() ? "" : ", ") + to_string(each);
  JUNCTOR_CHECK(parse_challenges(written) == list);
  both_sides_agree(*list);
}

void read_credentials(std::string_view text) {
  const auto read = parse_credentials(text);
  if (!read) return;
  JUNCTOR_CHECK(parse_credentials(to_string(*read)) == read);
  verify(*read, "ha1", "INVITE", text, hashes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_challenges(text);
  read_challenges("Digest realm=\"r\", nonce=\"n\", " + text);
  read_credentials(text);
  read_credentials("Digest realm=\"r\", nonce=\"n\", uri=\"u\", response=\"0\", username" + text);
  Source in(text);
  const Challenge built = challenge(in);
  JUNCTOR_CHECK(parse_challenges(to_string(built)) == std::vector{built});
  both_sides_agree({built});
  const Credentials made = credentials(in);
  JUNCTOR_CHECK(parse_credentials(to_string(made)) == made);
  return 0;
}
