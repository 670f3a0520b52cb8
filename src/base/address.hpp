#pragma once
// IP addresses as values, both families alike. No system headers: net translates to and from sockaddr.
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace junctor {

enum class Family : std::uint8_t { v4, v6 };

/// An IPv4 or IPv6 address, bytes in network order. An IPv4 address uses the first four bytes, the others are zero.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  Family family = Family::v4;

  auto operator<=>(const IpAddress&) const = default;
  bool is_any() const { return bytes == std::array<std::uint8_t, 16>{}; }
  bool is_loopback() const;

  /// "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nothing for anything else (names included).
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {{a, b, c, d}, Family::v4};
  }
};

/// Without brackets; RFC 5952 form for IPv6.
std::string to_string(const IpAddress& address);

/// An address and a port (host order). `Address` rather than `Endpoint`, which is a SIP word here.
struct Address {
  IpAddress ip;
  std::uint16_t port = 0;

  auto operator<=>(const Address&) const = default;
  explicit operator bool() const { return port != 0; }

  /// "192.0.2.1:5060" or "[::1]:5060"; the port is required.
  static std::optional<Address> parse(std::string_view text);
};

/// "192.0.2.1:5060", "[2001:db8::1]:5060".
std::string to_string(const Address& address);

/// A CIDR block such as 10.0.0.0/8.
struct Network {
  IpAddress ip;
  std::uint8_t prefix = 0;

  bool operator==(const Network&) const = default;
  bool contains(const IpAddress& address) const;
  /// "10.0.0.0/8", "fc00::/7", or a bare address (a full-length prefix).
  static std::optional<Network> parse(std::string_view text);
};

}  // namespace junctor

template <>
struct std::hash<junctor::IpAddress> {
  std::size_t operator()(const junctor::IpAddress& a) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(a.bytes.data()), a.bytes.size()});
  }
};

template <>
struct std::hash<junctor::Address> {
  std::size_t operator()(const junctor::Address& a) const noexcept {
    return std::hash<junctor::IpAddress>{}(a.ip) * 31 + a.port;
  }
};
