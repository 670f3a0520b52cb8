#pragma once
// Nonces that expire and count. Nothing is kept until a nonce is used; then its highest nc is, in two generations of a
// bounded table. A generation that is dropped leaves behind the time of its youngest nonce: whatever is not younger is
// stale from then on, so that forgetting never allows a replay.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

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
  std::size_t used() const { return young_.size() + old_.size(); }

 private:
  struct Used {
    std::uint64_t made = 0;  // nanoseconds of the monotonic clock
    std::uint32_t nc = 0;
  };
  using Table = std::unordered_map<std::uint64_t, Used>;  // key: the random part, which is ours

  std::uint32_t* find(std::uint64_t key);
  void turn_over(TimePoint now);

  Duration life_;
  std::size_t generation_max_;
  Mac mac_;
  Random& random_;
  std::string key_;
  Table young_, old_;
  TimePoint young_since_{};
  std::uint64_t youngest_in_young_ = 0, youngest_in_old_ = 0;
  std::uint64_t floor_ = 0;  // nonces made until then are stale
};

}  // namespace junctor::registrar
