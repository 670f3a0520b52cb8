#include "sip/sdp.hpp"

#include <gtest/gtest.h>

namespace junctor::sip::sdp {
namespace {

Session parsed(std::string_view text) {
  auto session = parse(text);
  EXPECT_TRUE(session) << to_string(session.error());
  return session ? *session : Session();
}

Error error_of(std::string_view text) {
  const auto session = parse(text);
  EXPECT_FALSE(session);
  return session ? Error() : session.error();
}

void expect_stable(const Session& session) {
  const auto again = parse(serialize(session));
  ASSERT_TRUE(again) << to_string(again.error()) << "\n" << serialize(session);
  EXPECT_EQ(*again, session) << serialize(session);
}

constexpr std::string_view phone =
    "v=0\r\n"
    "o=1001 8000 8001 IN IP4 192.0.2.7\r\n"
    "s=A call\r\n"
    "c=IN IP4 192.0.2.7\r\n"
    "t=0 0\r\n"
    "a=tool:phone 1\r\n"
    "m=audio 11780 RTP/AVP 111 0 8 18 101\r\n"
    "a=rtpmap:111 opus/48000/2\r\n"
    "a=fmtp:111 useinbandfec=1; maxplaybackrate=16000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\n"
    "a=ptime:20\r\n"
    "a=maxptime:40\r\n"
    "a=rtcp:11790 IN IP4 192.0.2.8\r\n"
    "a=rtcp-mux\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc\r\n"
    "a=ssrc:1234 cname:x\r\n"
    "a=sendonly\r\n"
    "m=video 0 RTP/AVP 99\r\n"
    "a=rtpmap:99 H264/90000\r\n"
    "m=image 4000 udptl t38\r\n"
    "c=IN IP6 2001:db8::7\r\n"
    "a=T38FaxVersion:0\r\n";

TEST(Sdp, ReadsWhatAPhoneSends) {
  const Session s = parsed(phone);
  EXPECT_EQ(s.origin, (Origin{"1001", "8000", "8001", Family::v4, "192.0.2.7"}));
  EXPECT_EQ(s.name, "A call");
  ASSERT_EQ(s.media.size(), 3u);
  const Media& audio = s.media[0];
  ASSERT_EQ(audio.codecs.size(), 5u);
  EXPECT_EQ(audio.codecs[0], (Codec{111, "opus", 48000, 2, "useinbandfec=1; maxplaybackrate=16000"}));
  EXPECT_EQ(audio.codecs[1], (Codec{0, "PCMU", 8000, 1, ""}));
  EXPECT_EQ(audio.codecs[2], (Codec{8, "PCMA", 8000, 1, ""}));
  EXPECT_EQ(audio.codecs[3], (Codec{18, "G729", 8000, 1, ""}));
  EXPECT_EQ(audio.codecs[4], (Codec{101, "telephone-event", 8000, 1, "0-16"}));
  EXPECT_EQ(audio.ptime, 20);
  EXPECT_EQ(audio.maxptime, 40);
  EXPECT_TRUE(audio.rtcp_mux);
  EXPECT_EQ(direction_of(s, audio), Direction::sendonly);
  ASSERT_NE(audio.find("crypto"), nullptr);
  EXPECT_EQ(audio.find("crypto")->value, "1 AES_CM_128_HMAC_SHA1_80 inline:abc");
  EXPECT_EQ(audio.find("ssrc")->value, "1234 cname:x");
  EXPECT_EQ(s.find("tool")->value, "phone 1");
  EXPECT_EQ(rtp_address(s, audio), Address::parse("192.0.2.7:11780"));
  EXPECT_EQ(rtcp_address(s, audio), Address::parse("192.0.2.8:11790"));
  EXPECT_EQ(rtp_address(s, s.media[1]), std::nullopt);
  EXPECT_EQ(s.media[2].formats, std::vector<std::string>{"t38"});
  EXPECT_EQ(rtp_address(s, s.media[2]), Address::parse("[2001:db8::7]:4000"));
  EXPECT_EQ(rtcp_address(s, s.media[2]), Address::parse("[2001:db8::7]:4001"));
  EXPECT_EQ(first_audio(s), &s.media[0]);
  expect_stable(s);
}

TEST(Sdp, IsTolerantAsPhonesNeedIt) {
  const Session s = parsed(
      "\nv=0\n"
      "o=John Smith 1 2  IN  IP4 10.0.0.1 \n"
      "x=what is this\n"
      "c=IN IP4 10.0.0.1 \r\n"
      "m=audio   4000   RTP/AVP  0  0 96 \n"
      "a= recvonly\n"
      "a=ptime:20.0\n");
  EXPECT_EQ(s.origin.username, "John Smith");
  EXPECT_EQ(s.name, "-");
  EXPECT_EQ(s.timing, "0 0");
  EXPECT_EQ(s.lines, (std::vector<Line>{{'x', "what is this"}}));
  ASSERT_EQ(s.media.size(), 1u);
  EXPECT_EQ(s.media[0].codecs.size(), 2u);
  EXPECT_EQ(s.media[0].codecs[1].name, "");
  EXPECT_EQ(s.media[0].direction, Direction::recvonly);
  EXPECT_EQ(s.media[0].ptime, std::nullopt);
  EXPECT_EQ(s.media[0].find("ptime")->value, "20.0");
  expect_stable(s);
}

TEST(Sdp, AGlanceFindsAddressAndMedia) {
  EXPECT_EQ(glance(phone).connection, "IN IP4 192.0.2.7");
  EXPECT_EQ(glance(phone).media, "audio 11780 RTP/AVP 111 0 8 18 101");
  EXPECT_EQ(glance("v=0\nc= x \n\n").connection, "x");
  EXPECT_EQ(glance("").media, "");
}

TEST(Sdp, MissingUsernameInOrigin) {
  EXPECT_EQ(parsed("v=0\no=1 2 IN IP4 10.0.0.1\n").origin.username, "-");
}

TEST(Sdp, KeepsUnknownLinesInTheirOrderAndPlace) {
  const Session s = parsed(
      "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nb=AS:64\r\ni=info\r\nt=1 2\r\nr=7d 1h 0\r\nt=3 "
      "4\r\na=one\r\na=two:2\r\n"
      "m=audio 4000 RTP/AVP 0\r\nb=TIAS:64000\r\nc=IN IP4 224.2.1.1/127\r\nc=IN IP4 224.2.1.2/127\r\n"
      "a=rtpmap:97 extra/8000\r\na=sendonly\r\na=recvonly\r\n");
  EXPECT_EQ(s.lines, (std::vector<Line>{{'i', "info"}, {'b', "AS:64"}, {'r', "7d 1h 0"}, {'t', "3 4"}}));
  EXPECT_EQ(s.attributes, (std::vector<Attribute>{{"one", ""}, {"two", "2"}}));
  const Media& audio = s.media[0];
  EXPECT_EQ(audio.lines, (std::vector<Line>{{'c', "IN IP4 224.2.1.2/127"}, {'b', "TIAS:64000"}}));
  EXPECT_EQ(audio.direction, Direction::sendonly);
  EXPECT_EQ(audio.attributes, (std::vector<Attribute>{{"rtpmap", "97 extra/8000"}, {"recvonly", ""}}));
  EXPECT_EQ(rtp_address(s, audio), std::nullopt);  // multicast
  EXPECT_EQ(serialize(s),
            "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\ni=info\r\nb=AS:64\r\nt=1 2\r\nr=7d 1h 0\r\nt=3 4\r\na=one\r\n"
            "a=two:2\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127\r\nc=IN IP4 224.2.1.2/127\r\n"
            "b=TIAS:64000\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\na=rtpmap:97 extra/8000\r\na=recvonly\r\n");
  expect_stable(s);
}

TEST(Sdp, ErrorsNameTheLine) {
  const std::string head = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n";
  EXPECT_EQ(error_of(""), (Error{0, "empty"}));
  EXPECT_EQ(error_of("o=- 1 1 IN IP4 1.2.3.4\r\n"), (Error{1, "the first line is not v=0"}));
  EXPECT_EQ(error_of("v=1\r\n").line, 1u);
  EXPECT_EQ(error_of("v=0\r\ns=-\r\n"), (Error{0, "no o="}));
  EXPECT_EQ(error_of("v=0\r\no=- 1 IN IP4\r\n"), (Error{2, "too few words in o="}));
  EXPECT_EQ(error_of("v=0\r\no=- 1 1 ATM NSAP x\r\n").line, 2u);
  EXPECT_EQ(error_of(head + "junk\r\n"), (Error{6, "not a letter and ="}));
  EXPECT_EQ(error_of(head + "m=audio 70000 RTP/AVP 0\r\n"), (Error{6, "bad port in m="}));
  EXPECT_EQ(error_of(head + "m=audio -1 RTP/AVP 0\r\n").line, 6u);
  EXPECT_EQ(error_of(head + "m=audio 4000/0 RTP/AVP 0\r\n").line, 6u);
  EXPECT_EQ(error_of(head + "m=audio 4000 RTP/AVP\r\n"), (Error{6, "no formats in m="}));
  EXPECT_EQ(error_of(head + "m=audio 4000 RTP/AVP 128\r\n"), (Error{6, "bad payload type in m="}));
  EXPECT_EQ(error_of(head + "m=audio\r\n").line, 6u);
  EXPECT_EQ(error_of(head + "m=audio 4000 RTP/AVP 96\r\n\r\na=rtpmap:96 opus\r\n"), (Error{8, "bad rtpmap"}));
  EXPECT_EQ(error_of(head + "m=audio 4000 RTP/AVP 0\r\nc=IN IP4\r\n").line, 7u);
  EXPECT_EQ(error_of(head + "i=a\rb\r\n"), (Error{6, "CR inside a line"}));
  EXPECT_EQ(error_of(head + std::string("i=\0\r\n", 5)), (Error{0, "NUL in the text"}));
  EXPECT_EQ(to_string(Error{6, "bad port in m="}), "line 6: bad port in m=");
}

TEST(Sdp, BoundsHold) {
  const std::string head = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\n";
  const auto times = [](std::size_t n, std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += text;
    return out;
  };
  EXPECT_TRUE(parse(head + times(max_media, "m=audio 0 RTP/AVP 0\r\n")));
  EXPECT_EQ(error_of(head + times(max_media + 1, "m=audio 0 RTP/AVP 0\r\n")).reason, "too many m=");
  EXPECT_TRUE(parse(head + times(max_attributes, "a=x\r\n")));
  EXPECT_EQ(error_of(head + times(max_attributes + 1, "a=x\r\n")).reason, "too many a=");
  EXPECT_EQ(error_of(head + times(max_other_lines + 1, "b=x\r\n")).reason, "too many lines");
  EXPECT_EQ(error_of(head + "m=audio 4 RTP/AVP" + times(max_formats + 1, " 0") + "\r\n").reason,
            "too many formats in m=");
  EXPECT_EQ(error_of(head + "i=" + std::string(max_bytes, 'x')).reason, "too large");
}

TEST(Sdp, HoldOfRfc2543TakesAwayReceiving) {
  const auto direction = [](std::string_view connection, std::string_view attribute) {
    const Session s = parsed("v=0\no=- 1 1 IN IP4 10.0.0.1\nc=" + std::string(connection) +
                             "\nm=audio 4000 RTP/AVP 0\n" + std::string(attribute));
    EXPECT_EQ(rtp_address(s, s.media[0]).has_value(), connection == "IN IP4 10.0.0.1");
    return direction_of(s, s.media[0]);
  };
  EXPECT_EQ(direction("IN IP4 10.0.0.1", ""), Direction::sendrecv);
  EXPECT_EQ(direction("IN IP4 0.0.0.0", ""), Direction::sendonly);
  EXPECT_EQ(direction("IN IP6 ::", ""), Direction::sendonly);
  EXPECT_EQ(direction("IN IP4 0.0.0.0", "a=recvonly\n"), Direction::inactive);
  EXPECT_EQ(direction("IN IP4 0.0.0.0", "a=inactive\n"), Direction::inactive);
}

TEST(Sdp, SessionDirectionCountsUnlessTheSectionHasOne) {
  const Session s =
      parsed("v=0\no=- 1 1 IN IP4 10.0.0.1\na=inactive\nm=audio 4000 RTP/AVP 0\nm=audio 4002 RTP/AVP 0\na=sendrecv\n");
  EXPECT_EQ(direction_of(s, s.media[0]), Direction::inactive);
  EXPECT_EQ(direction_of(s, s.media[1]), Direction::sendrecv);
  expect_stable(s);
}

TEST(Sdp, ABadRtpmapOfVideoDoesNotCostTheCall) {
  const Session s = parsed("v=0\no=- 1 1 IN IP4 10.0.0.1\nm=video 4000 RTP/AVP 96\na=rtpmap:96 H264\n");
  EXPECT_EQ(s.media[0].attributes, (std::vector<Attribute>{{"rtpmap", "96 H264"}}));
  expect_stable(s);
}

TEST(Sdp, RejectedSectionsMayBeOdd) {
  const Session s = parsed("v=0\no=- 1 1 IN IP4 10.0.0.1\nm=audio 0 RTP/AVP *\nm=video 0 RTP/AVP\nm=application 0 x\n");
  EXPECT_EQ(s.media[0].formats, std::vector<std::string>{"*"});
  EXPECT_EQ(s.media[1].codecs.size(), 1u);
  EXPECT_EQ(s.media[2].formats, std::vector<std::string>{"0"});
  expect_stable(s);
}

TEST(Sdp, BuiltFromFields) {
  Session s;
  s.origin = {"-", "42", "1", Family::v6, "2001:db8::1"};
  s.connection = Connection::of(*IpAddress::parse("2001:db8::1"));
  Media media;
  media.port = 20000;
  media.codecs = {{8, "PCMA", 8000, 1, ""}, {96, "opus", 48000, 2, "stereo=1"}};
  media.ptime = 20;
  media.direction = Direction::sendrecv;
  s.media.push_back(media);
  EXPECT_EQ(serialize(s),
            "v=0\r\no=- 42 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
            "m=audio 20000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=1\r\n"
            "a=ptime:20\r\na=sendrecv\r\n");
  expect_stable(s);
}

TEST(Sdp, BlanksAroundAnAttributeNameAreDropped) {
  const Session s = parsed("v=0\no=- 1 1 IN IP4 10.0.0.1\na=one\t:\na= two : 2\na=:3\n");
  EXPECT_EQ(s.attributes, (std::vector<Attribute>{{"one", ""}, {"two", "2"}, {"", "3"}}));
  expect_stable(s);
}

TEST(Sdp, AFieldCannotForgeALine) {
  Session s;
  s.name = "x\r\na=evil";
  EXPECT_NE(serialize(s).find("s=xa=evil\r\n"), std::string::npos);
}

}  // namespace
}  // namespace junctor::sip::sdp
