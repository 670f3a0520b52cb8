#pragma once
// Random numbers come in by the same door as time: net gives a cryptographic source, sim a seeded one.
#include <cstdint>
#include <string>
#include <string_view>

namespace junctor {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound); 0 if bound is 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

  /// `length` characters of [a-z2-7], five random bits each: safe as SIP token, tag, branch and file name.
  std::string token(std::size_t length) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string out;
    out.reserve(length);
    for (std::uint64_t bits = 0, left = 0; out.size() < length; bits >>= 5, --left) {
      if (left == 0) bits = next(), left = 12;
      out += alphabet[bits & 31];
    }
    return out;
  }
};

}  // namespace junctor
