#pragma once
// HMAC-SHA1 (RFC 2104) for packets.
#include <array>
#include <cstdint>
#include <span>

namespace junctor::srtp {

class HmacSha1 {
 public:
  explicit HmacSha1(std::span<const std::uint8_t, 20> key);
  /// Of `message` and then `trailer`.
  std::array<std::uint8_t, 20> operator()(std::span<const std::uint8_t> message,
                                          std::span<const std::uint8_t> trailer) const;

 private:
  using Chaining = std::array<std::uint32_t, 5>;  // what SHA-1 knows after the key's block
  Chaining inner_, outer_;
};

}  // namespace junctor::srtp
