#include "base/ids.hpp"

#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <string_view>

namespace junctor {

std::string to_string(const CallId& id) {
  std::array<char, 64> text{};
  const int n =
      std::snprintf(text.data(), text.size(), "n%" PRIu32 "-%08" PRIx32 "-%" PRIu64, id.node, id.epoch, id.counter);
  return std::string(text.data(), static_cast<std::size_t>(n));
}

CallId parse_call_id(std::string_view text) {
  CallId id;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  if (at == end || *at++ != 'n') return {};
  auto r = std::from_chars(at, end, id.node);
  if (r.ec != std::errc{} || r.ptr == end || *r.ptr != '-') return {};
  r = std::from_chars(r.ptr + 1, end, id.epoch, 16);
  if (r.ec != std::errc{} || r.ptr == end || *r.ptr != '-') return {};
  r = std::from_chars(r.ptr + 1, end, id.counter);
  if (r.ec != std::errc{} || r.ptr != end) return {};
  return id;
}

}  // namespace junctor
