#include "sip/codec.hpp"

#include <gtest/gtest.h>

namespace junctor::sip::sdp {
namespace {

const Codec pcmu{0, "PCMU", 8000, 1, ""};
const Codec pcma{8, "PCMA", 8000, 1, ""};
const Codec opus{111, "opus", 48000, 2, ""};
const Codec events{101, "telephone-event", 8000, 1, "0-16"};
const Codec wide_events{110, "telephone-event", 48000, 1, "0-16"};

std::vector<int> numbers(const std::vector<Codec>& codecs) {
  std::vector<int> out;
  for (const auto& codec : codecs) out.push_back(codec.payload_type);
  return out;
}

TEST(Codec, IdentityIsNameRateAndChannels) {
  EXPECT_TRUE(same_codec(pcmu, {96, "pcmu", 8000, 1, ""}));
  EXPECT_FALSE(same_codec(pcmu, {0, "PCMU", 16000, 1, ""}));
  EXPECT_FALSE(same_codec(opus, {111, "opus", 48000, 1, ""}));
  EXPECT_FALSE(same_codec(Codec{96}, Codec{96}));  // no rtpmap: nobody knows what it is
}

TEST(Codec, OnlyParametersThatChangeTheBitsCount) {
  const auto with = [](std::string_view name, std::string_view fmtp) {
    return Codec{96, std::string(name), 8000, 1, std::string(fmtp)};
  };
  EXPECT_TRUE(same_codec(with("opus", "stereo=1"), with("opus", "useinbandfec=1")));
  EXPECT_TRUE(same_codec(with("G729", "annexb=no"), with("G729", "")));
  EXPECT_FALSE(same_codec(with("AMR", "octet-align=1"), with("AMR", "")));
  EXPECT_TRUE(same_codec(with("AMR", "mode-set=7; octet-align=0"), with("AMR", "")));
  EXPECT_FALSE(same_codec(with("iLBC", "mode=20"), with("iLBC", "")));
  EXPECT_TRUE(same_codec(with("iLBC", "mode=30"), with("iLBC", "")));
  EXPECT_FALSE(same_codec(with("x-new", "a=1"), with("x-new", "a=2")));
  EXPECT_TRUE(same_codec(with("x-new", "a=1"), with("X-NEW", "A=1")));
}

TEST(Codec, FmtpValues) {
  EXPECT_EQ(fmtp_value("a=1; Octet-Align = 1;b", "octet-align"), "1");
  EXPECT_EQ(fmtp_value("a=1;b", "b"), "");
  EXPECT_EQ(fmtp_value("a=1;b", "c"), std::nullopt);
  EXPECT_EQ(fmtp_value("", "c"), std::nullopt);
}

TEST(Codec, CommonHasOrderAndNumbersOfTheFirst) {
  const std::vector<Codec> a = {opus, pcma, pcmu, events};
  const std::vector<Codec> b = {{0, "PCMU", 8000, 1, ""}, {8, "PCMA", 8000, 1, ""}, {96, "telephone-event", 8000}};
  EXPECT_EQ(numbers(common(a, b)), (std::vector<int>{8, 0, 101}));
  EXPECT_EQ(numbers(common(b, a)), (std::vector<int>{0, 8, 96}));
}

TEST(Codec, TelephoneEventStaysByClockRate) {
  const std::vector<Codec> all = {opus, pcma, wide_events, events};
  EXPECT_EQ(numbers(common(all, all)), (std::vector<int>{111, 8, 110, 101}));
  EXPECT_EQ(numbers(common(all, std::vector{pcma, events, wide_events})), (std::vector<int>{8, 101}));
  EXPECT_EQ(numbers(common(all, std::vector{opus, events, wide_events})), (std::vector<int>{111, 110}));
  // What phones do that know the 8000 Hz events only.
  EXPECT_EQ(numbers(common(all, std::vector{opus, events})), (std::vector<int>{111, 101}));
  EXPECT_TRUE(common(all, std::vector{events}).empty());
}

TEST(Codec, ComfortNoiseGoesWithItsRate) {
  const Codec noise{13, "CN", 8000, 1, ""};
  const std::vector<Codec> all = {opus, pcma, noise};
  EXPECT_EQ(numbers(common(all, all)), (std::vector<int>{111, 8, 13}));
  EXPECT_EQ(numbers(common(all, std::vector{opus, noise})), (std::vector<int>{111}));
}

TEST(Codec, NumbersAreKeptThenOwnThenFree) {
  std::vector<Codec> codecs = {opus, {no_payload_type, "AMR", 8000}, pcma, {111, "speex", 16000}, events};
  number_codecs(codecs);
  EXPECT_EQ(numbers(codecs), (std::vector<int>{111, 96, 8, 97, 101}));

  codecs = {pcma, {111, "speex", 16000}, {101, "opus", 48000, 2}};
  number_codecs(codecs, std::vector{opus, events});
  EXPECT_EQ(numbers(codecs), (std::vector<int>{8, 96, 111}));  // 111 stays Opus', 101 stays telephone-event's
}

TEST(Codec, WhenNumbersRunOutCodecsAreLeftOut) {
  std::vector<Codec> codecs;
  for (unsigned i = 0; i < 70; ++i) codecs.push_back({no_payload_type, "x" + std::to_string(i), 8000});
  number_codecs(codecs);
  ASSERT_EQ(codecs.size(), 61u);
  EXPECT_EQ(codecs[31].payload_type, 127);
  EXPECT_EQ(codecs[32].payload_type, 35);
  EXPECT_EQ(codecs[60].payload_type, 63);
}

TEST(Codec, PayloadMapPairsNumbers) {
  const std::vector<Codec> ours = {opus, pcma, events};
  const std::vector<Codec> theirs = {{8, "PCMA", 8000}, {96, "telephone-event", 8000}, {107, "opus", 48000, 2}};
  EXPECT_EQ(payload_map(ours, theirs), (std::vector<PayloadPair>{{opus, 111, 107}, {pcma, 8, 8}, {events, 101, 96}}));
}

TEST(Codec, KnownByNumberAndByName) {
  EXPECT_EQ(static_codec(9), (Codec{9, "G722", 8000, 1, ""}));
  EXPECT_EQ(static_codec(10)->channels, 2);
  EXPECT_EQ(static_codec(96), std::nullopt);
  EXPECT_EQ(static_codec(1), std::nullopt);
  EXPECT_EQ(codec_by_name("pcma"), pcma);
  EXPECT_EQ(codec_by_name("OPUS"), opus);
  EXPECT_EQ(codec_by_name("telephone-event"), events);
  EXPECT_EQ(codec_by_name("mp3"), std::nullopt);
}

}  // namespace
}  // namespace junctor::sip::sdp
