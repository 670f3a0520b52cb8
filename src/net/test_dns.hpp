#pragma once
// For tests: builds DNS messages in wire format (RFC 1035 §4.1).
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::net::test_dns {

inline std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}
inline std::string u32(unsigned value) {
  return u16(value >> 16) + u16(value & 0xFFFF);
}

inline std::string name(std::string_view dotted) {
  std::string out;
  while (!dotted.empty()) {
    const std::string_view label = dotted.substr(0, dotted.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    dotted.remove_prefix(std::min(dotted.size(), label.size() + 1));
  }
  return out += '\0';
}

inline std::string text(std::string_view value) {
  return static_cast<char>(value.size()) + std::string(value);
}

inline std::string question(std::string_view of, unsigned type) {
  return name(of) + u16(type) + u16(1);
}

inline std::string record(std::string_view owner, unsigned type, unsigned ttl, std::string_view data) {
  return name(owner) + u16(type) + u16(1) + u32(ttl) + u16(static_cast<unsigned>(data.size())) + std::string(data);
}

inline std::string srv(unsigned priority, unsigned weight, unsigned port, std::string_view target) {
  return u16(priority) + u16(weight) + u16(port) + std::string(target);
}

inline std::string naptr(unsigned order, unsigned preference, std::string_view flags, std::string_view service,
                         std::string_view regexp, std::string_view replacement) {
  return u16(order) + u16(preference) + text(flags) + text(service) + text(regexp) + name(replacement);
}

/// A whole answer with id 0; `code` is the response code.
inline std::string answer(std::string_view asked, const std::vector<std::string>& records, unsigned code = 0) {
  std::string out = u16(0) + u16(0x8180 | code) + u16(1) + u16(static_cast<unsigned>(records.size())) + u32(0);
  out += asked;
  for (const std::string& one : records) out += one;
  return out;
}

}  // namespace junctor::net::test_dns
