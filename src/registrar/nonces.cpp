#include "registrar/nonces.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace junctor::registrar {
namespace {

constexpr std::size_t number_digits = 16;               // 64 bits in hexadecimal
constexpr std::size_t head_digits = 2 * number_digits;  // time, then random
constexpr std::size_t mac_bytes = 16;                   // of the 32 that SHA-256 gives
constexpr std::size_t nonce_digits = head_digits + 2 * mac_bytes;
constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& out, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) out += digits[value >> shift & 15];
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const bool number = c >= '0' && c <= '9';
    if (!number && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(number ? c - '0' : c - 'a' + 10);
  }
  return value;
}

std::string mac_hex(Mac mac, std::string_view key, std::string_view data) {
  const auto bytes = mac(key, data);
  std::string out;
  out.reserve(2 * mac_bytes);
  for (std::size_t i = 0; i < mac_bytes; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

/// Takes equally long wherever the difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

std::uint64_t number(TimePoint t) {
  return static_cast<std::uint64_t>(t.time_since_epoch().count());
}

}  // namespace

Nonces::Nonces(Duration life, std::size_t used_max, Mac mac, Random& random)
    : life_(life), generation_max_(std::max<std::size_t>(used_max / 2, 1)), mac_(mac), random_(random) {
  for (Table* table : {&young_, &old_}) table->nc.reserve(generation_max_);
  constexpr int key_words = 4;
  for (int i = 0; i < key_words; ++i) append_hex(key_, random_.next());
}

std::string Nonces::make(TimePoint now) {
  std::string nonce;
  nonce.reserve(nonce_digits);
  append_hex(nonce, number(now));
  append_hex(nonce, random_.next());
  nonce += mac_hex(mac_, key_, nonce);
  return nonce;
}

std::uint32_t* Nonces::find(std::uint64_t key) {
  for (Table* table : {&young_, &old_}) {
    if (const auto at = table->nc.find(key); at != table->nc.end()) return &at->second;
  }
  return nullptr;
}

void Nonces::turn_over(TimePoint now) {
  floor_ = std::max(floor_, old_.youngest);
  std::swap(young_, old_);
  young_.nc.clear();
  young_.youngest = 0;
  young_since_ = now;
}

NonceResult Nonces::use(std::string_view nonce, std::uint32_t nc, TimePoint now) {
  if (nonce.size() != nonce_digits) return NonceResult::foreign;
  const std::string_view head = nonce.substr(0, head_digits);
  if (!equal_in_constant_time(mac_hex(mac_, key_, head), nonce.substr(head_digits))) return NonceResult::foreign;
  const auto made = read_hex(head.substr(0, number_digits));
  const auto key = read_hex(head.substr(number_digits));
  if (!made || !key) return NonceResult::foreign;

  if (number(now) - *made > static_cast<std::uint64_t>(life_.count())) return NonceResult::stale;
  if (std::uint32_t* highest = find(*key)) {
    if (nc <= *highest) return NonceResult::replayed;
    *highest = nc;
    return NonceResult::fresh;
  }
  if (*made <= floor_) return NonceResult::stale;
  if (young_.nc.size() >= generation_max_ || now - young_since_ > life_) {
    turn_over(now);
    if (*made <= floor_) return NonceResult::stale;
  }
  young_.nc.emplace(*key, nc);
  young_.youngest = std::max(young_.youngest, *made);
  return NonceResult::fresh;
}

}  // namespace junctor::registrar
