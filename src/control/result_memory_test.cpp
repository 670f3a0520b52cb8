#include "control/result_memory.hpp"

#include <gtest/gtest.h>

namespace junctor::control {
namespace {

constexpr TimePoint start{hours(1)};

TEST(ResultMemory, KnowsWhatWasGivenAndWhatBecameOfIt) {
  ResultMemory memory;
  EXPECT_EQ(memory.begin("a", 7, start), nullptr);
  const auto* const under_way = memory.begin("a", 8, start);
  ASSERT_NE(under_way, nullptr);
  EXPECT_EQ(under_way->body, 7u);
  EXPECT_FALSE(under_way->outcome);
  memory.finish("a", {"c1", {}, "{}"});
  const auto* const over = memory.begin("a", 7, start + ResultMemory::kept);
  ASSERT_TRUE(over != nullptr && over->outcome);
  EXPECT_EQ(over->outcome->call_id, "c1");
  EXPECT_EQ(memory.begin("a", 7, start + ResultMemory::kept + milliseconds(1)), nullptr);
}

TEST(ResultMemory, TheOldestGoButWhatIsUnderWay) {
  ResultMemory memory;
  const std::string large(ResultMemory::data_bytes_max / 4, 'x');
  ASSERT_EQ(memory.begin("slow", 1, start), nullptr);
  for (int i = 0; i < 6; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_EQ(memory.begin(id, 1, start), nullptr);
    memory.finish(id, {{}, {}, large});
  }
  ASSERT_EQ(memory.begin("next", 1, start), nullptr);
  EXPECT_EQ(memory.begin("0", 1, start), nullptr);
  EXPECT_NE(memory.begin("5", 1, start), nullptr);
  for (std::size_t i = 0; i < ResultMemory::entries_max; ++i) {
    const std::string id = "many" + std::to_string(i);
    ASSERT_EQ(memory.begin(id, 1, start), nullptr);
    memory.finish(id, {});
  }
  EXPECT_EQ(memory.begin("5", 1, start), nullptr);
  const auto* const slow = memory.begin("slow", 1, start);
  ASSERT_NE(slow, nullptr);
  EXPECT_FALSE(slow->outcome);
}

}  // namespace
}  // namespace junctor::control
