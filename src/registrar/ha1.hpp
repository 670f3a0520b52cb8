#pragma once
// H(username:realm:password) (RFC 7616 §3.4.2), of which a hub keeps three per user: as bytes, half of what hexadecimal
// takes, and within the user.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::registrar {

template <std::size_t Bytes>
class Ha1 {
 public:
  /// Not there.
  Ha1() = default;
  /// Lower-case hexadecimal; whatever is not that is not there.
  explicit Ha1(std::string_view hex) {
    if (hex.size() != 2 * Bytes || hex.find_first_not_of(digits) != std::string_view::npos) return;
    for (std::size_t i = 0; i < Bytes; ++i)
      bytes_[i] = static_cast<std::uint8_t>(digits.find(hex[2 * i]) << 4 | digits.find(hex[2 * i + 1]));
    there_ = true;
  }

  bool empty() const { return !there_; }
  /// Empty when it is not there.
  std::string hex() const {
    std::string out;
    if (!there_) return out;
    out.reserve(2 * Bytes);
    for (const std::uint8_t byte : bytes_) out += {digits[byte >> 4], digits[byte & 15]};
    return out;
  }
  bool operator==(const Ha1&) const = default;

 private:
  static constexpr std::string_view digits = "0123456789abcdef";

  std::array<std::uint8_t, Bytes> bytes_{};
  bool there_ = false;
};

}  // namespace junctor::registrar
