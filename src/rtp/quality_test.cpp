#include "rtp/quality.hpp"

#include <gtest/gtest.h>

namespace junctor::rtp {
namespace {

TEST(Mos, clean_g711_is_as_good_as_it_gets) {
  EXPECT_NEAR(r_factor(Codec::pcma, 0, 0), 93.2, 0.01);
  EXPECT_NEAR(mos(Codec::pcma, 0, 0), 4.41, 0.01);
  EXPECT_NEAR(mos(Codec::pcmu, 0, 50), 4.38, 0.01);
}

TEST(Mos, loss_and_delay_cost) {
  EXPECT_NEAR(r_factor(Codec::pcma, 0.01, 0), 93.2 - 95.0 / 26.1, 0.01);
  EXPECT_NEAR(r_factor(Codec::pcma, 0, 277.3), 93.2 - 0.024 * 277.3 - 11.0, 0.01);
  double last = 5;
  for (int percent = 0; percent <= 100; ++percent) {
    const double m = mos(Codec::g729, percent / 100.0, 100);
    ASSERT_LE(m, last);
    ASSERT_GE(m, 1.0);
    last = m;
  }
  EXPECT_LT(mos(Codec::pcma, 0.05, 100), 4.1);
  EXPECT_LT(mos(Codec::pcma, 0.05, 100, 2.0), mos(Codec::pcma, 0.05, 100));
  EXPECT_NEAR(mos(Codec::g729, 0, 0), 4.1, 0.05);
  EXPECT_DOUBLE_EQ(mos(Codec::pcma, 1.0, 5000), 1.0);
}

TEST(Codecs, are_found_by_name_without_case) {
  EXPECT_EQ(codec_by_name("pcma"), Codec::pcma);
  EXPECT_EQ(codec_by_name("Telephone-Event"), Codec::telephone_event);
  EXPECT_EQ(codec_by_name("x-unknown"), Codec::other);
  EXPECT_EQ(codec_name(Codec::ilbc), "iLBC");
  EXPECT_EQ(codec_name(Codec::none), "");
}

}  // namespace
}  // namespace junctor::rtp
