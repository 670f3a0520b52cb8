#pragma once
// Nonces that expire and count. Nothing is kept until a nonce is used; then its highest nc is, in two generations of a
// bounded table. A generation that is dropped leaves behind the time of its youngest nonce: whatever is not younger is
// stale from then on, so that forgetting never allows a replay.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/flat_map.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace junctor::registrar {

/// HMAC with SHA-256 (RFC 2104).
using Mac = std::array<std::uint8_t, 32> (*)(std::string_view key, std::string_view data);

enum class NonceResult : std::uint8_t {
  fresh,     ///< ours, in time, and this nc was not seen: now it is
  stale,     ///< expired, from before the last start, or forgotten
  foreign,   ///< not made by us
  replayed,  ///< this nc (or a higher one) was used already
};

class Nonces {
 public:
  Nonces(Duration life, std::size_t used_max, Mac mac, Random& random);

  /// 64 hexadecimal digits.
  std::string make(TimePoint now);
  /// Uses up `nc` of the nonce. Only called when the rest of the credentials is right.
  NonceResult use(std::string_view nonce, std::uint32_t nc, TimePoint now);
  /// Nonces whose nc is being kept.
  std::size_t used() const { return young_.nc.size() + old_.nc.size(); }

 private:
  /// A generation of used nonces: highest nc by the nonce's random part, which is ours.
  struct Table {
    FlatMap<std::uint64_t, std::uint32_t> nc;
    std::uint64_t youngest = 0;  // when its youngest nonce was made
  };

  std::uint32_t* find(std::uint64_t key);
  void turn_over(TimePoint now);

  Duration life_;
  std::size_t generation_max_;
  Mac mac_;
  Random& random_;
  std::string key_;
  Table young_, old_;
  TimePoint young_since_{};
  std::uint64_t floor_ = 0;  // nonces made until then, in nanoseconds of the monotonic clock, are stale unless kept
};

}  // namespace junctor::registrar
