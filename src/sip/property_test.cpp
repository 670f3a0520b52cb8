// The fuzzers' property on seeded random messages: well-formed ones put together at random, and those after random
// damage.
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <string_view>

#include "sip/round_trip.hpp"
#include "sip/test_messages.hpp"

namespace junctor::sip {
namespace {

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_); }
  template <std::size_t N>
  std::string one_of(const std::string_view (&choices)[N]) {
    return std::string(choices[below(N)]);
  }
  std::string chars(std::string_view alphabet, std::size_t most) {
    std::string out;
    for (std::size_t n = 1 + below(most); n > 0; --n) out += alphabet[below(alphabet.size())];
    return out;
  }

  std::string space() { return one_of({"", "", "", " ", "\t ", "\r\n "}); }
  std::string host() { return one_of({"h", "hub.example", "192.0.2.7", "[2001:db8::9]", "a_b-c.example."}); }
  std::string uri() {
    std::string out = one_of({"sip:", "sips:", "SIP:"});
    if (below(3) != 0) out += chars("abc0123-_.!~*'()&=+$,;?/", 12) + one_of({"", "%20x", ":pw", ":"}) + "@";
    out += host();
    if (below(3) == 0) out += ":" + std::to_string(1 + below(65535));
    if (below(2) == 0) out += one_of({";lr", ";transport=tcp;x", ";maddr=[::1]", ";a=%41"});
    return out;
  }
  std::string address() {
    if (below(4) == 0) return chars("xyz", 3) + space() + "<" + uri() + ">";
    return one_of({"", "\"Q \\\" , ; <\" ", "Bare Name ", "\"\"", "\xd0\xb6 "}) + space() + "<" + uri() + ">" +
           header_params();
  }
  std::string header_params() {
    std::string out;
    for (std::size_t n = below(3); n > 0; --n) {
      out += space() + ";" + space() + chars("abcdef-.", 5);
      if (below(2) == 0) out += space() + "=" + space() + one_of({"v", "\"q;,<\\\"\"", "[::1]:5", "1.5"});
    }
    return out;
  }
  std::string via() {
    return "SIP/2.0/UDP " + host() + space() + header_params() + ";branch=z9hG4bK" + chars("abc", 9);
  }
  std::string line(std::string_view name, std::string_view value) {
    return std::string(name) + one_of({":", ": ", " :", ":\t"}) + space() + std::string(value) + space() +
           one_of({"\r\n", "\r\n", "\r\n", "\n"});
  }

  std::string message() {
    std::string lines[] = {line(one_of({"Via", "v", "VIA"}), via() + (below(2) == 0 ? " , " + via() : "")),
                           line(one_of({"From", "f"}), address()),
                           line(one_of({"To", "t"}), address()),
                           line(one_of({"Call-ID", "i"}), chars("abc@.<>", 20)),
                           line("CSeq", std::to_string(below(1000)) + space() + " INVITE"),
                           line(one_of({"Contact", "m"}), below(9) == 0 ? "*" : address() + "," + address()),
                           line("Route", address() + space() + "," + address()),
                           line(chars("X-abc!'", 8), chars("abc \t,;<>\"\\:\x01\xff", 30)),
                           line("Max-Forwards", std::to_string(below(256))),
                           line("Session-Expires", "90;refresher=uac")};
    std::shuffle(std::begin(lines), std::end(lines), engine_);
    std::string out = below(3) == 0 ? "SIP/2.0 200 O K\r\n" : "INVITE " + uri() + " SIP/2.0\r\n";
    for (const std::string& l : lines) out += l;
    const std::string body = chars("v=0\r\n", 40);
    if (below(2) == 0) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out + "\r\n" + body;
  }

  void damage(std::string& text) {
    for (std::size_t n = 1 + below(6); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, 1 + below(20));
          break;
        case 2:
          text.insert(at, one_of({"\r\n", "\n", "\r", " ", ",", ";", "<", ">", "\"", "\\", ":", "%", "@", "[", "]"}));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(40)));
          break;
      }
    }
  }

 private:
  std::mt19937 engine_;
};

constexpr std::uint32_t seeds = 3000;

TEST(Property, RandomMessagesComeBackTheSame) {
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE(seed);
    Generator random(seed);
    const std::string text = random.message();
    const auto m = Message::parse(text);
    // A bare '<' in an address without a quoted name can make it malformed; nothing else here is.
    ASSERT_TRUE(m || m.error() == ParseError::bad_from || m.error() == ParseError::bad_to ||
                m.error() == ParseError::bad_contact || m.error() == ParseError::bad_request_uri)
        << info(m.error()).name << '\n'
        << text;
    check_round_trip(text);
  }
}

TEST(Property, DamagedMessagesDoNoHarm) {
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    Generator random(seed);
    std::string text = seed % 2 == 0 ? random.message() : test::invite;
    random.damage(text);
    check_round_trip(text);
  }
}

TEST(Property, RandomUris) {
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    Generator random(seed);
    std::string text = random.uri();
    check_uri_round_trip(text);
    random.damage(text);
    check_uri_round_trip(text);
  }
}

}  // namespace
}  // namespace junctor::sip
