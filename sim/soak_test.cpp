// The soak finds nothing in a hub that is in order, and every planted fault in one that is not.
#include "sim/soak.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "sim/faults.hpp"

namespace junctor::sim {
namespace {

TEST(SoakTest, NothingIsLeftOver) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const SoakReport report = soak_round(Seed{seed}, calls_per_round, "");
    EXPECT_THAT(report.problems, ::testing::IsEmpty()) << "seed " << seed;
    EXPECT_GT(report.finals.at(200), 50u);
  }
}

TEST(SoakTest, ASeedReplays) {
  const SoakReport first = soak_round(Seed{5}, 60, ""), second = soak_round(Seed{5}, 60, "");
  EXPECT_EQ(first.messages, second.messages);
  EXPECT_EQ(first.packets, second.packets);
  EXPECT_EQ(first.finals, second.finals);
}

class PlantedFault : public ::testing::TestWithParam<FaultInfo> {};

TEST_P(PlantedFault, IsFound) {
  constexpr int rounds = 10'000 / calls_per_round;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    if (!soak_round(Seed{seed}, calls_per_round, std::string(GetParam().name)).problems.empty()) return;
  }
  FAIL() << "not found: " << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedFault, ::testing::ValuesIn(all_faults().begin(), all_faults().end()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace junctor::sim
