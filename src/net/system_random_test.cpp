#include "net/system_random.hpp"

#include <bit>
#include <gtest/gtest.h>
#include <set>

namespace junctor::net {
namespace {

TEST(SystemRandom, NumbersDifferAcrossBlocksAndInstances) {
  SystemRandom a, b;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) {
    seen.insert(a.next());
    seen.insert(b.next());
  }
  EXPECT_EQ(seen.size(), 2'000u);
}

TEST(SystemRandom, EveryBitIsOnAboutHalfOfTheTime) {
  SystemRandom random;
  std::array<int, 64> ones{};
  for (int i = 0; i < 4'000; ++i) {
    const std::uint64_t bits = random.next();
    for (std::size_t bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>(bits >> bit & 1);
  }
  for (const int count : ones) {
    EXPECT_GT(count, 1'700);  // nine standard deviations
    EXPECT_LT(count, 2'300);
  }
}

}  // namespace
}  // namespace junctor::net
