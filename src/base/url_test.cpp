#include "base/url.hpp"

#include <gtest/gtest.h>

namespace junctor {
namespace {

TEST(Url, HasItsParts) {
  const auto url = Url::parse("wss://api.example.org/v1/listen?model=a&x=%20b");
  ASSERT_TRUE(url) << url.error();
  EXPECT_EQ(url->host, "api.example.org");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/v1/listen?model=a&x=%20b");
  EXPECT_EQ(url->authority(), "api.example.org");
  EXPECT_TRUE(url->secure());
}

TEST(Url, PortsAddressesAndMissingPaths) {
  const auto plain = Url::parse("ws://127.0.0.1:2700");
  ASSERT_TRUE(plain) << plain.error();
  EXPECT_EQ(plain->authority(), "127.0.0.1:2700");
  EXPECT_EQ(plain->target, "/");
  const auto v6 = Url::parse("http://[::1]:80?q=1");
  ASSERT_TRUE(v6) << v6.error();
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->authority(), "[::1]");
  EXPECT_EQ(v6->target, "/?q=1");
}

TEST(Url, RefusesWhatItIsNot) {
  for (const char* text :
       {"", "example.org", "ftp://a/", "ws://", "ws:///x", "ws://a:0/", "ws://a:70000/", "ws://a:b/", "ws://a b/",
        "ws://a/\r\nX: y", "ws://u:p@a/", "ws://a/#f", "ws://[::1/", "ws://[]/", "ws://[::1]x/"})
    EXPECT_FALSE(Url::parse(text)) << text;
  EXPECT_FALSE(Url::parse("ws://a/" + std::string(Url::bytes_max, 'x')));
}

TEST(Url, EncodesValues) {
  EXPECT_EQ(percent_encoded("a b&c/é"), "a%20b%26c%2F%C3%A9");
}

}  // namespace
}  // namespace junctor
