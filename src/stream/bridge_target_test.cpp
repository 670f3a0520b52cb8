#include "stream/bridge_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stream/media_frame.hpp"

namespace junctor::stream {
namespace {

using testing::HasSubstr;

TEST(BridgeTarget, what_is_for_us_is_taken_and_the_rest_is_dialled) {
  const auto target = BridgeTarget::parse(
      "voip_bridge:wss://bot.example:8443/talk?lang=de&samplerate=16000&codec=pcm&timeout_ms=1500&_hdr_X-Key=a%20b+c"
      "&return_app=queue&return_target=sales&x=%2F");
  ASSERT_TRUE(target) << target.error();
  EXPECT_EQ(target->request.url, "wss://bot.example:8443/talk?lang=de&x=%2F");
  EXPECT_EQ(target->format, (Format{Codec::l16, 16'000, 1, 20}));
  EXPECT_EQ(target->timeout, milliseconds(1500));
  EXPECT_THAT(target->request.headers, testing::ElementsAre(testing::Pair("X-Key", "a b c")));
  EXPECT_EQ(target->returns.at("app"), "queue");
  EXPECT_EQ(target->returns.at("target"), "sales");

  const auto plain = BridgeTarget::parse("bridge:ws://127.0.0.1:9000");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->format.rate, 8000u);
  EXPECT_EQ(plain->timeout, Duration::zero());
}

TEST(BridgeTarget, what_is_none_is_refused_with_words) {
  EXPECT_FALSE(BridgeTarget::is_one("sip:1001@local"));
  EXPECT_TRUE(BridgeTarget::is_one("voip_bridge:http://x"));
  for (const auto& [target, why] : std::initializer_list<std::pair<const char*, const char*>>{
           {"voip_bridge:http://x/", "ws://"},
           {"voip_bridge:ws://", "host"},
           {"voip_bridge:ws://x/?samplerate=44100", "samplerate"},
           {"voip_bridge:ws://x/?samplerate=", "samplerate"},
           {"voip_bridge:ws://x/?codec=opus", "codec"},
           {"voip_bridge:ws://x/?timeout_ms=-1", "timeout_ms"},
           {"voip_bridge:ws://x/?_hdr_A=b%0d%0aC:d", "header"},
           {"voip_bridge:ws://x/?_hdr_Host=other", "header"},
           {"voip_bridge:ws://x/?_hdr_Sec-WebSocket-Key=1", "header"}}) {
    const auto parsed = BridgeTarget::parse(target);
    ASSERT_FALSE(parsed) << target;
    EXPECT_THAT(parsed.error(), HasSubstr(why)) << target;
  }
}

TEST(MediaFrame, has_a_header_of_16_bytes) {
  using namespace std::string_view_literals;
  const auto frame = parse_media_frame("abcdefg2\x00\x01\x02\x03\x1f\x40\x00\x01\x05\x06"sv);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->id, "abcdefg2");
  EXPECT_EQ(frame->timestamp_ms, 0x010203u);
  EXPECT_EQ(frame->rate, 8000);
  EXPECT_TRUE(frame->last);
  EXPECT_EQ(frame->samples, "\x05\x06");
  EXPECT_EQ(parse_media_frame("c1\0\0\0   \0\0\0\0\x1f\x40\0\0"sv)->id, "c1");
  EXPECT_FALSE(parse_media_frame("abcdefgh"sv));
  EXPECT_FALSE(parse_media_frame("\0\0\0\0    \0\0\0\0\x1f\x40\0\0"sv));
  EXPECT_FALSE(parse_media_frame("abcdefg2\0\0\0\0\x1f\x40\0\0\1"sv));
}

}  // namespace
}  // namespace junctor::stream
