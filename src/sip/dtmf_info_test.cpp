#include "sip/dtmf_info.hpp"

#include <gtest/gtest.h>

namespace junctor::sip {
namespace {

TEST(DtmfInfo, relay_bodies_as_phones_write_them) {
  const auto read = [](std::string_view body) { return parse_dtmf_info(DtmfInfoType::relay, body); };
  EXPECT_EQ(read("Signal=5\r\nDuration=160\r\n"), (DtmfInfo{'5', 160}));
  EXPECT_EQ(read("Signal= *\nDuration= 250"), (DtmfInfo{'*', 250}));
  EXPECT_EQ(read("duration = 90\r signal = # \r"), (DtmfInfo{'#', 90}));
  EXPECT_EQ(read("Signal=11\r\nDuration=100\r\n"), (DtmfInfo{'#', 100}));
  EXPECT_EQ(read("Signal=d\r\n"), (DtmfInfo{'D', std::nullopt}));
  EXPECT_EQ(read("Signal=16\r\n"), (DtmfInfo{'!', std::nullopt}));
  EXPECT_EQ(read("Volume=10\r\nSignal=0\r\nDuration=99999999999\r\n"), (DtmfInfo{'0', DtmfInfo::duration_max_ms}));
}

TEST(DtmfInfo, relay_bodies_that_are_none) {
  for (const std::string_view body :
       {"", "5", "Signal=", "Signal=x", "Signal=17", "Signal=09", "Signal=55", "Duration=100", "Signal=1\r\nSignal=2",
        "Signal=1\r\nDuration=abc", "Signal=1\r\nDuration=-5", "Signal=1\r\nDuration=1 2"}) {
    EXPECT_FALSE(parse_dtmf_info(DtmfInfoType::relay, body)) << body;
  }
}

TEST(DtmfInfo, plain_bodies) {
  const auto read = [](std::string_view body) { return parse_dtmf_info(DtmfInfoType::plain, body); };
  EXPECT_EQ(read("7"), (DtmfInfo{'7', std::nullopt}));
  EXPECT_EQ(read(" 10\r\n"), (DtmfInfo{'*', std::nullopt}));
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("Signal=7"));
  EXPECT_FALSE(read("123"));
}

TEST(DtmfInfo, is_written) {
  EXPECT_EQ(to_string(DtmfInfo{'#', 160}, DtmfInfoType::relay), "Signal=#\r\nDuration=160\r\n");
  EXPECT_EQ(to_string(DtmfInfo{'#', 160}, DtmfInfoType::plain), "#");
}

TEST(DtmfInfo, content_types) {
  EXPECT_EQ(dtmf_info_type("application/dtmf-relay"), DtmfInfoType::relay);
  EXPECT_EQ(dtmf_info_type(" Application/DTMF ; charset=us-ascii"), DtmfInfoType::plain);
  EXPECT_EQ(dtmf_info_type("application/dtmf-relays"), std::nullopt);
  EXPECT_EQ(dtmf_info_type(""), std::nullopt);
}

}  // namespace
}  // namespace junctor::sip
