#include "transaction/hop.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace junctor::transaction {
namespace {

constexpr std::array<std::string_view, 5> names{"UDP", "TCP", "TLS", "WS", "WSS"};

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

std::string_view to_string(Protocol protocol) {
  return names[static_cast<std::size_t>(protocol)];
}

std::optional<Protocol> parse_protocol(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::ranges::equal(text, names[i], {}, upper)) return static_cast<Protocol>(i);
  }
  return std::nullopt;
}

}  // namespace junctor::transaction
