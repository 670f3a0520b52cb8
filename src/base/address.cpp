#include "base/address.hpp"

#include <charconv>

namespace junctor {
namespace {

std::optional<IpAddress> parse_v4(std::string_view text) {
  IpAddress ip;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(r.ptr - text.data());
    if (r.ec != std::errc{} || value > 255 || digits > 3) return std::nullopt;
    ip.bytes[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(digits);
  }
  if (!text.empty()) return std::nullopt;
  return ip;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (count == 8) return std::nullopt;
    if (text.find('.') != std::string_view::npos && text.find(':') == std::string_view::npos) {
      const auto tail = parse_v4(text);  // RFC 4291 §2.2 form 3
      if (!tail || count > 6) return std::nullopt;
      groups[count++] = static_cast<std::uint16_t>(tail->bytes[0] << 8 | tail->bytes[1]);
      groups[count++] = static_cast<std::uint16_t>(tail->bytes[2] << 8 | tail->bytes[3]);
      text = {};
      break;
    }
    std::uint16_t value = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    const auto digits = static_cast<std::size_t>(r.ptr - text.data());
    if (r.ec != std::errc{} || digits > 4) return std::nullopt;
    groups[count++] = value;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (gap) return std::nullopt;
      gap = count;
      text.remove_prefix(2);
    } else if (text.front() == ':' && text.size() > 1) {
      text.remove_prefix(1);
    } else {
      return std::nullopt;
    }
  }
  if (gap ? count > 7 : count != 8) return std::nullopt;
  IpAddress ip;
  ip.family = Family::v6;
  const std::size_t head = gap.value_or(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = i < head ? i : 8 - (count - i);
    ip.bytes[at * 2] = static_cast<std::uint8_t>(groups[i] >> 8);
    ip.bytes[at * 2 + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return ip;
}

void append_hex(std::string& out, unsigned value) {
  std::array<char, 8> text{};
  const auto r = std::to_chars(text.data(), text.data() + text.size(), value, 16);
  out.append(text.data(), r.ptr);
}

}  // namespace

bool IpAddress::is_loopback() const {
  if (family == Family::v4) return bytes[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  return bytes == one;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') return parse_v6(text.substr(1, text.size() - 2));
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

std::string to_string(const IpAddress& address) {
  if (address.family == Family::v4) {
    std::array<char, 16> text;  // each message that is sent or received has some of these: no printf
    char* at = text.data();
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != 0) *at++ = '.';
      at = std::to_chars(at, text.data() + text.size(), address.bytes[i]).ptr;
    }
    return std::string(text.data(), at);
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = unsigned{address.bytes[i * 2]} << 8 | address.bytes[i * 2 + 1];
  std::size_t best = 8,
              best_length = 1;  // RFC 5952 §4.2: the longest run of at least two zero groups, the first of equals
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_length) best = i, best_length = end - i;
    i = end + 1;
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    append_hex(out, groups[i]);
  }
  return out;
}

std::optional<Address> Address::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !host.starts_with('[')) return std::nullopt;
  const auto ip = IpAddress::parse(host);
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!ip || digits.empty() || r.ec != std::errc{} || r.ptr != digits.data() + digits.size()) return std::nullopt;
  return Address{*ip, port};
}

std::string to_string(const Address& address) {
  const std::string ip = to_string(address.ip);
  return (address.ip.family == Family::v6 ? '[' + ip + ']' : ip) + ':' + std::to_string(address.port);
}

bool Network::contains(const IpAddress& address) const {
  if (address.family != ip.family) return false;
  for (std::size_t bit = 0; bit < prefix; bit += 8) {
    const unsigned mask = prefix - bit >= 8 ? 0xffu : 0xffu & ~(0xffu >> (prefix - bit));
    if ((address.bytes[bit / 8] & mask) != (ip.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto ip = IpAddress::parse(text.substr(0, slash));
  if (!ip) return std::nullopt;
  const unsigned longest = ip->family == Family::v4 ? 32 : 128;
  unsigned prefix = longest;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (digits.empty() || r.ec != std::errc{} || r.ptr != digits.data() + digits.size() || prefix > longest)
      return std::nullopt;
  }
  return Network{*ip, static_cast<std::uint8_t>(prefix)};
}

}  // namespace junctor
