#pragma once
// The kernel's random numbers, fetched in blocks so that one tag does not cost one system call.
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/random.hpp"

namespace junctor::net {

/// Cryptographically strong. One instance per thread.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 128> block_{};
  std::size_t used_ = block_.size();
};

}  // namespace junctor::net
