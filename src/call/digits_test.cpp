#include "call/digits.hpp"

#include <gtest/gtest.h>

namespace junctor::call {
namespace {

constexpr TimePoint start{hours(1)};

TEST(DigitSource, takes_the_same_key_again_and_again_from_one_way) {
  for (const DigitKind kind : {DigitKind::in_band, DigitKind::info, DigitKind::event}) {
    DigitSource source;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(source.is_new(kind, '5', start + i * milliseconds(90)));
  }
}

TEST(DigitSource, leaves_a_worse_way_for_good_once_there_was_a_better_one) {
  DigitSource source;
  EXPECT_TRUE(source.is_new(DigitKind::event, '1', start));
  EXPECT_FALSE(source.is_new(DigitKind::info, '1', start + milliseconds(200)));
  EXPECT_FALSE(source.is_new(DigitKind::in_band, '2', start + hours(1)));
  EXPECT_TRUE(source.is_new(DigitKind::event, '2', start + hours(1)));
}

TEST(DigitSource, knows_the_press_that_first_came_by_a_worse_way) {
  DigitSource source;
  EXPECT_TRUE(source.is_new(DigitKind::in_band, '1', start));
  EXPECT_FALSE(source.is_new(DigitKind::info, '1', start + milliseconds(300)));
  EXPECT_FALSE(source.is_new(DigitKind::event, '1', start + milliseconds(500)));
  EXPECT_TRUE(source.is_new(DigitKind::event, '1', start + milliseconds(600)));
}

TEST(DigitSource, takes_another_key_or_a_later_one_of_a_better_way) {
  DigitSource another, later;
  EXPECT_TRUE(another.is_new(DigitKind::info, '1', start));
  EXPECT_TRUE(another.is_new(DigitKind::event, '2', start + milliseconds(300)));
  EXPECT_TRUE(later.is_new(DigitKind::info, '1', start));
  EXPECT_TRUE(later.is_new(DigitKind::event, '1', start + DigitSource::same_press + milliseconds(1)));
}

}  // namespace
}  // namespace junctor::call
