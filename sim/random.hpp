#pragma once
// Every choice of a simulated world comes from one seed, so that a failure replays exactly.
#include <cstdint>

#include "base/random.hpp"
#include "base/time.hpp"

namespace junctor::sim {

struct Seed {
  std::uint64_t value = 1;
};

/// splitmix64: small, well mixed, and every seed (0 included) is as good as any other.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(Seed seed) : state_(seed.value) {}

  std::uint64_t next() override {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// True with probability `p` (0..1).
  bool chance(double p) { return p > 0 && static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }

  /// Uniform in [low, high].
  Duration between(Duration low, Duration high) {
    if (high <= low) return low;
    return low + Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
  }

  /// An independent stream: what one part of the world draws does not shift what another part draws.
  SeededRandom fork() { return SeededRandom(Seed{next()}); }

 private:
  std::uint64_t state_;
};

}  // namespace junctor::sim
