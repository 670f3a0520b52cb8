#include "base/saved_state.hpp"

#include <gtest/gtest.h>

namespace junctor {
namespace {

enum class Colour : std::uint8_t { red, green };

struct Inner {
  std::uint16_t number = 0;
  std::optional<std::string> text;
  bool operator==(const Inner&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.number, self.text);
  }
};

struct Outer {
  std::int64_t negative = 0;
  double real = 0;
  float small = 0;
  bool flag = false;
  Colour colour = Colour::red;
  TimePoint time{}, unset{}, never = TimePoint::max();
  Duration span{};
  WallTime wall{};
  Address address;
  std::vector<Inner> list;
  std::array<std::uint32_t, 3> three{};
  bool operator==(const Outer&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.negative, self.real, self.small, self.flag, self.colour, self.time, self.unset, self.never, self.span,
            self.wall, self.address, self.list, self.three);
  }
};

const TimePoint now{seconds(500)};

Outer sample() {
  return {.negative = -5,
          .real = 0.1,
          .small = 2.5f,
          .flag = true,
          .colour = Colour::green,
          .time = now - milliseconds(20),
          .span = -seconds(3),
          .wall = WallTime(milliseconds(1'700'000'000'123)),
          .address = *Address::parse("[2001:db8::1]:5060"),
          .list = {{7, "seven"}, {8, std::nullopt}, {9, std::string("\0\n", 2)}},
          .three = {1, 2, 0xffffffffu}};
}

TEST(SavedState, IsTheSameAfterSaveAndLoad) {
  const Outer value = sample();
  Outer loaded;
  ASSERT_TRUE(load_value(3, save_value(3, value, now), loaded, now));
  EXPECT_EQ(loaded, value);
}

TEST(SavedState, TimesKeepTheirDistanceFromNow) {
  Outer loaded;
  ASSERT_TRUE(load_value(3, save_value(3, sample(), now), loaded, now + hours(1)));
  EXPECT_EQ(loaded.time, now + hours(1) - milliseconds(20));
  EXPECT_EQ(loaded.unset, TimePoint{});
  EXPECT_EQ(loaded.never, TimePoint::max());
}

TEST(SavedState, WhatIsCutOrDamagedOrOfAnotherLayoutIsNotLoaded) {
  const std::string saved = save_value(3, sample(), now);
  Outer loaded;
  for (std::size_t cut = 0; cut < saved.size(); ++cut)
    EXPECT_FALSE(load_value(3, saved.substr(0, cut), loaded, now)) << cut;
  EXPECT_FALSE(load_value(3, saved + "x", loaded, now));
  for (std::size_t at = 0; at < saved.size(); ++at) {
    std::string damaged = saved;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(load_value(3, damaged, loaded, now)) << at;
  }
  EXPECT_FALSE(load_value(4, saved, loaded, now));
}

}  // namespace
}  // namespace junctor
