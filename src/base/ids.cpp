#include "base/ids.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace junctor {

std::string to_string(const CallId& id) {
  constexpr int epoch_bits = 32, bits_per_digit = 4;
  std::array<char, 64> text{'n'};
  char* const end = text.data() + text.size();
  char* at = std::to_chars(text.data() + 1, end, id.node).ptr;
  *at++ = '-';
  for (int shift = epoch_bits - bits_per_digit; shift >= 0; shift -= bits_per_digit)
    *at++ = "0123456789abcdef"[id.epoch >> shift & 0xf];
  *at++ = '-';
  at = std::to_chars(at, end, id.counter).ptr;
  return std::string(text.data(), at);
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
