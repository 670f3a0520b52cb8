#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace junctor {
namespace {

TEST(CallId, text_round_trip) {
  const CallId id{3, 0x6745ab12, 42};
  EXPECT_EQ(to_string(id), "n3-6745ab12-42");
  EXPECT_EQ(parse_call_id("n3-6745ab12-42"), id);
}

TEST(CallId, other_text_is_none) {
  for (const char* text : {"", "n", "3-1-1", "n3-zz-1", "n3-1-", "n3-1-2x", "n3-1"})
    EXPECT_FALSE(parse_call_id(text)) << text;
}

}  // namespace
}  // namespace junctor
