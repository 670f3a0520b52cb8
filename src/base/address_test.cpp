#include "base/address.hpp"

#include <gtest/gtest.h>

namespace junctor {
namespace {

TEST(IpAddress, text_round_trip) {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1:0:0:1",
                           "1:2:3:4:5:6:7:8", "2001:0:0:1::1", "1::"}) {
    const auto ip = IpAddress::parse(text);
    ASSERT_TRUE(ip) << text;
    EXPECT_EQ(to_string(*ip), text);
  }
}

TEST(IpAddress, shortest_form_of_rfc5952) {
  EXPECT_EQ(to_string(*IpAddress::parse("2001:DB8:0:0:0:0:0:1")), "2001:db8::1");
  EXPECT_EQ(to_string(*IpAddress::parse("1:0:0:2:0:0:0:3")), "1:0:0:2::3");
  EXPECT_EQ(to_string(*IpAddress::parse("1:0:2:3:4:5:6:7")), "1:0:2:3:4:5:6:7");
  EXPECT_EQ(*IpAddress::parse("::ffff:192.0.2.1"), *IpAddress::parse("::ffff:c000:201"));
}

TEST(IpAddress, refuses_what_is_none) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "a.b.c.d", "1.2.3.4 ", ":", ":::", "1::2::3",
                           "1:2:3:4:5:6:7:8:9", "12345::", "host", "0001.2.3.4", "1:2:3:4:5:6:7:8::", "1:"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(Address, both_families) {
  EXPECT_EQ(to_string(*Address::parse("127.0.0.1:5060")), "127.0.0.1:5060");
  EXPECT_EQ(to_string(*Address::parse("[::1]:5060")), "[::1]:5060");
  for (const char* text : {"::1:5060", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "x:5060"})
    EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(Network, contains) {
  EXPECT_TRUE(Network::parse("10.0.0.0/8")->contains(*IpAddress::parse("10.200.3.4")));
  EXPECT_FALSE(Network::parse("172.16.0.0/12")->contains(*IpAddress::parse("172.32.0.1")));
  EXPECT_TRUE(Network::parse("172.16.0.0/12")->contains(*IpAddress::parse("172.31.255.1")));
  EXPECT_TRUE(Network::parse("fc00::/7")->contains(*IpAddress::parse("fd12::1")));
  EXPECT_FALSE(Network::parse("fc00::/7")->contains(*IpAddress::parse("10.0.0.1")));
  EXPECT_TRUE(Network::parse("0.0.0.0/0")->contains(*IpAddress::parse("8.8.8.8")));
  EXPECT_FALSE(Network::parse("10.0.0.0/33"));
  EXPECT_EQ(Network::parse("192.0.2.7")->prefix, 32);
}

}  // namespace
}  // namespace junctor
