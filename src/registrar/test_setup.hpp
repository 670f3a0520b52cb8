#pragma once
// What the tests of this room share: hashes that are quick and reproducible (not secure), random numbers from a seed,
// and REGISTER requests.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "registrar/nonces.hpp"
#include "sip/digest.hpp"
#include "sip/message.hpp"

namespace junctor::registrar {

inline std::uint64_t fnv(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash ^= hash >> 33, hash *= 0xff51afd7ed558ccdu, hash ^= hash >> 33;  // the last bytes reach all bits
  return hash;
}

inline std::string test_hash(std::string_view text, std::uint64_t seed, std::size_t words) {
  std::string out;
  for (std::uint64_t i = 0; i < words; ++i) {
    const std::uint64_t value = fnv(text, seed + i);
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
  }
  return out;
}

inline sip::digest::HashFunctions test_hashes() {
  return {[](std::string_view text) { return test_hash(text, 100, 2); },
          [](std::string_view text) { return test_hash(text, 200, 4); },
          [](std::string_view text) { return test_hash(text, 300, 4); }};
}

inline std::array<std::uint8_t, 32> test_mac(std::string_view key, std::string_view data) {
  std::array<std::uint8_t, 32> out{};
  const std::string all = std::string(key) + "|" + std::string(data);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(fnv(all, i) >> 32);
  return out;
}

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next() override {  // xorshift64*
    state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Du;
  }

 private:
  std::uint64_t state_;
};

/// A phone as far as REGISTER goes.
struct TestPhone {
  std::string user = "1001";
  std::string password = "secret";
  std::string call_id = "reg-1001";
  std::string uri = "sip:junctor.example";
  std::uint32_t cseq = 0;
  std::uint32_t nc = 0;
  std::string method = "REGISTER";
  std::vector<sip::digest::Challenge> challenges;

  /// `headers` are whole lines without CRLF.
  sip::Message request(const std::vector<std::string>& headers = {}) {
    std::string text = method + " " + uri + " SIP/2.0\r\n";
    text += "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK" + call_id + std::to_string(++cseq) + "\r\n";
    text += "Max-Forwards: 70\r\n";
    text += "From: <sip:" + user + "@junctor.example>;tag=f\r\n";
    text += "To: <sip:" + user + "@junctor.example>\r\n";
    text += "Call-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n";
    for (const std::string& line : headers) text += line + "\r\n";
    text += "Content-Length: 0\r\n\r\n";
    auto message = sip::Message::parse(std::move(text));
    return message ? std::move(*message) : sip::Message();
  }

  /// Adds credentials for the challenges it has, with the next nc.
  void sign(sip::Message& message, sip::HeaderId header = sip::HeaderId::authorization) {
    const sip::digest::Account account{user, password, "", {}};
    const auto credentials = sip::digest::respond(
        challenges, account, {message.method_name(), message.request_uri(), message.body(), ++nc, "cnonce"},
        test_hashes());
    if (credentials) message.set(header, to_string(*credentials));
  }

  void take_challenge(const sip::Message& response, sip::HeaderId header = sip::HeaderId::www_authenticate) {
    challenges.clear();
    nc = 0;
    for (const auto field : response.headers(header)) {
      if (auto parsed = sip::digest::parse_challenges(field.value)) {
        for (auto& challenge : *parsed) challenges.push_back(std::move(challenge));
      }
    }
  }
};

}  // namespace junctor::registrar
