#include "sip/offer_answer.hpp"

#include <gtest/gtest.h>

namespace junctor::sip::sdp {
namespace {

const Address ours = *Address::parse("198.51.100.1:20000");
const Origin origin = make_origin(7, ours.ip);

Session parsed(std::string_view text) {
  auto session = parse(text);
  EXPECT_TRUE(session) << to_string(session.error());
  return session ? *session : Session();
}

std::vector<Codec> named(std::initializer_list<std::string_view> names) {
  std::vector<Codec> out;
  for (const auto name : names) out.push_back(*codec_by_name(name));
  return out;
}

LocalAudio audio(std::initializer_list<std::string_view> names) {
  return {.rtp = ours, .codecs = named(names)};
}

std::vector<int> numbers(const std::vector<Codec>& codecs) {
  std::vector<int> out;
  for (const auto& codec : codecs) out.push_back(codec.payload_type);
  return out;
}

/// What a phone offers: `section` follows the head.
Session phone(std::string_view section) {
  return parsed("v=0\r\no=- 5 6 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n" + std::string(section));
}

constexpr std::string_view rich =
    "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    "m=audio 4000 RTP/AVP 96 8 0 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 "
    "0-15\r\n"
    "a=ptime:30\r\na=rtcp-mux\r\n"
    "m=image 6000 udptl t38\r\n"
    "m=audio 4100 RTP/AVP 0\r\n";

TEST(OfferAnswer, Offer) {
  LocalAudio want = audio({"opus", "pcma", "telephone-event"});
  want.ptime = 20;
  EXPECT_EQ(serialize(make_offer(origin, want)),
            "v=0\r\no=- 7 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
            "m=audio 20000 RTP/AVP 111 8 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n");
}

TEST(OfferAnswer, AnswerTakesTheOfferersNumbersAndRejectsTheRest) {
  const Session offer = phone(rich);
  const auto answer = make_answer(offer, origin, audio({"pcmu", "pcma", "opus", "telephone-event"}));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->media.size(), 4u);
  EXPECT_EQ(answer->media[0].port, 0);
  EXPECT_EQ(answer->media[0].type, "video");
  EXPECT_EQ(answer->media[2].port, 0);
  EXPECT_EQ(answer->media[2].formats, std::vector<std::string>{"t38"});
  EXPECT_EQ(answer->media[3].port, 0);
  const Media& chosen = answer->media[1];
  EXPECT_EQ(chosen.port, 20000);
  EXPECT_EQ(numbers(chosen.codecs), (std::vector<int>{96, 8, 0, 97}));
  EXPECT_EQ(chosen.direction, Direction::sendrecv);
  EXPECT_EQ(chosen.ptime, 30);
  EXPECT_FALSE(chosen.rtcp_mux);
  EXPECT_EQ(check_answer(offer, *answer), std::nullopt);
}

TEST(OfferAnswer, OurOrderWhenWeWantIt) {
  LocalAudio want = audio({"telephone-event", "pcmu", "opus"});
  want.preference = Preference::ours;
  want.rtcp_mux = true;
  const auto answer = make_answer(phone(rich), origin, want);
  ASSERT_TRUE(answer);
  EXPECT_EQ(numbers(answer->media[1].codecs), (std::vector<int>{97, 0, 96}));
  EXPECT_TRUE(answer->media[1].rtcp_mux);
}

TEST(OfferAnswer, ReasonsForNoAnswer) {
  EXPECT_EQ(make_answer(phone(rich), origin, audio({"g722", "telephone-event"})).error(),
            NegotiationError::no_common_codec);
  EXPECT_EQ(make_answer(phone("m=image 6000 udptl t38\r\n"), origin, audio({"pcma"})).error(),
            NegotiationError::no_audio);
  EXPECT_EQ(make_answer(phone("m=audio 0 RTP/AVP 8\r\n"), origin, audio({"pcma"})).error(), NegotiationError::no_audio);
  EXPECT_EQ(make_answer(phone("m=audio 4000 RTP/SAVP 8\r\n"), origin, audio({"pcma"})).error(),
            NegotiationError::no_audio);
}

TEST(OfferAnswer, FeedbackProfileIsAnsweredAsOffered) {
  const auto answer = make_answer(phone("m=audio 4000 RTP/AVPF 8\r\n"), origin, audio({"pcma"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->media[0].protocol, "RTP/AVPF");
}

TEST(OfferAnswer, AnnexBNeedsBothSides) {
  const auto fmtp = [](std::string_view offered, std::string_view wanted) {
    LocalAudio want = audio({"g729"});
    want.codecs[0].fmtp = wanted;
    const auto answer = make_answer(phone("m=audio 4000 RTP/AVP 18\r\n" + std::string(offered)), origin, want);
    return answer ? answer->media[0].codecs.at(0).fmtp : "no answer";
  };
  EXPECT_EQ(fmtp("a=fmtp:18 annexb=no\r\n", ""), "annexb=no");
  EXPECT_EQ(fmtp("", "annexb=no"), "annexb=no");
  EXPECT_EQ(fmtp("", ""), "");
}

TEST(OfferAnswer, DirectionsOfAnAnswer) {
  using enum Direction;
  EXPECT_EQ(answer_direction(sendrecv, sendrecv), sendrecv);
  EXPECT_EQ(answer_direction(sendonly, sendrecv), recvonly);
  EXPECT_EQ(answer_direction(recvonly, sendrecv), sendonly);
  EXPECT_EQ(answer_direction(inactive, sendrecv), inactive);
  EXPECT_EQ(answer_direction(sendonly, sendonly), inactive);
  EXPECT_EQ(answer_direction(sendrecv, recvonly), recvonly);
}

TEST(OfferAnswer, HoldOfRfc2543IsAnsweredRecvonly) {
  const Session offer = phone("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n");
  const auto answer = make_answer(offer, origin, audio({"pcma"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->media[0].direction, Direction::recvonly);
  const auto agreed = negotiated_audio(*answer, offer);
  ASSERT_TRUE(agreed);
  EXPECT_FALSE(agreed->send);
  EXPECT_TRUE(agreed->receive);
  EXPECT_EQ(agreed->remote_rtp, std::nullopt);
}

TEST(OfferAnswer, ReofferKeepsPlacesNumbersAndVersion) {
  LocalAudio want = audio({"pcma", "opus", "telephone-event"});
  const auto answer = make_answer(phone(rich), origin, want);
  ASSERT_TRUE(answer);
  want.codecs.push_back(*codec_by_name("g722"));
  const Session offer = make_reoffer(*answer, want);
  ASSERT_EQ(offer.media.size(), 4u);
  EXPECT_EQ(offer.media[0].port, 0);
  EXPECT_EQ(numbers(offer.media[1].codecs), (std::vector<int>{8, 96, 97, 9}));
  EXPECT_EQ(offer.origin.session_id, "7");
  EXPECT_EQ(offer.origin.session_version, "2");

  const Session same = make_reoffer(offer, want);
  EXPECT_EQ(same, offer);
  EXPECT_TRUE(same_session_version(same, offer));

  want.direction = Direction::sendonly;
  const Session hold = make_reoffer(offer, want);
  EXPECT_EQ(hold.origin.session_version, "3");
  EXPECT_FALSE(same_session_version(hold, offer));
}

TEST(OfferAnswer, LaterAnswerBumpsTheVersionOnlyWhenItDiffers) {
  const Session offer = phone("m=audio 4000 RTP/AVP 8 0\r\n");
  const auto first = make_answer(offer, origin, audio({"pcma", "pcmu"}));
  ASSERT_TRUE(first);
  const auto again = make_later_answer(offer, *first, audio({"pcma", "pcmu"}));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first);
  const auto held =
      make_later_answer(phone("m=audio 4000 RTP/AVP 8 0\r\na=sendonly\r\n"), *again, audio({"pcma", "pcmu"}));
  ASSERT_TRUE(held);
  EXPECT_EQ(held->origin.session_version, "2");
}

TEST(OfferAnswer, AnswersThatDoNotFit) {
  const Session offer = make_offer(origin, audio({"opus", "pcma"}));
  EXPECT_EQ(check_answer(offer, phone("m=audio 4000 RTP/AVP 8\r\n")), std::nullopt);
  EXPECT_EQ(check_answer(offer, phone("m=audio 4000 RTP/AVP 8 0\r\n")), std::nullopt);  // more is allowed
  EXPECT_EQ(check_answer(offer, phone("m=audio 0 RTP/AVP 8\r\n")), std::nullopt);
  EXPECT_EQ(check_answer(offer, phone("m=audio 4000 RTP/AVP 0\r\n")), (AnswerFault{0, "none of the offered formats"}));
  EXPECT_EQ(check_answer(offer, phone("m=video 4000 RTP/AVP 8\r\n")),
            (AnswerFault{0, "another media type than the offer"}));
  EXPECT_EQ(check_answer(offer, phone("m=audio 4000 RTP/SAVP 8\r\n")),
            (AnswerFault{0, "another protocol than the offer"}));
  EXPECT_EQ(check_answer(offer, phone("")), (AnswerFault{0, "another number of m= than the offer"}));
  EXPECT_EQ(check_answer(offer, phone(rich)).value_or(AnswerFault()).media, 1u);
  const Session partly = phone("m=audio 4000 RTP/AVP 8\r\nm=video 0 RTP/AVP 34\r\n");
  EXPECT_EQ(check_answer(partly, phone("m=audio 4000 RTP/AVP 8\r\nm=video 5000 RTP/AVP 34\r\n")),
            (AnswerFault{1, "accepts what was not offered"}));
}

TEST(OfferAnswer, NegotiatedWithOtherNumbersOnEachSide) {
  const Session offer = make_offer(origin, audio({"opus", "pcma", "telephone-event"}));
  const Session answer = phone(
      "m=audio 4000 RTP/AVP 8 120 121\r\na=rtpmap:120 opus/48000/2\r\na=rtpmap:121 telephone-event/8000\r\n"
      "a=ptime:40\r\n");
  const auto agreed = negotiated_audio(offer, answer);
  ASSERT_TRUE(agreed);
  EXPECT_EQ(numbers(agreed->send_codecs), (std::vector<int>{8, 120, 121}));
  EXPECT_EQ(numbers(agreed->receive_codecs), (std::vector<int>{8, 111, 101}));
  EXPECT_EQ(agreed->remote_rtp, Address::parse("192.0.2.7:4000"));
  EXPECT_EQ(agreed->remote_rtcp, Address::parse("192.0.2.7:4001"));
  EXPECT_TRUE(agreed->send && agreed->receive);
  EXPECT_EQ(agreed->ptime, 40);
}

TEST(OfferAnswer, NegotiatedErrors) {
  const Session offer = make_offer(origin, audio({"pcma"}));
  EXPECT_EQ(negotiated_audio(offer, phone("m=audio 4000 RTP/AVP 0\r\n")).error(), NegotiationError::no_common_codec);
  EXPECT_EQ(negotiated_audio(offer, phone("m=audio 0 RTP/AVP 8\r\n")).error(), NegotiationError::no_audio);
  EXPECT_EQ(negotiated_audio(offer, phone("")).error(), NegotiationError::no_audio);
  EXPECT_EQ(negotiated_audio(offer, phone("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 host.example\r\n")).error(),
            NegotiationError::no_address);
}

TEST(OfferAnswer, ARelayedCallMapsPayloadTypesBothWays) {
  // A offers; we offer A's codecs on to B by our own numbers; B answers; we answer A with what B took.
  const Session from_a = phone(rich);
  const Session to_b =
      make_offer(make_origin(9, ours.ip), {.rtp = ours, .codecs = named({"opus", "pcma", "telephone-event"})});
  const Session from_b = phone(
      "m=audio 9000 RTP/AVP 8 111 101\r\na=rtpmap:111 opus/48000/2\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n");
  ASSERT_EQ(check_answer(to_b, from_b), std::nullopt);
  const auto b = negotiated_audio(to_b, from_b);
  ASSERT_TRUE(b);
  const auto to_a =
      make_answer(from_a, origin, {.rtp = ours, .codecs = b->send_codecs, .preference = Preference::ours});
  ASSERT_TRUE(to_a);
  EXPECT_EQ(numbers(to_a->media[1].codecs), (std::vector<int>{8, 96, 97}));
  const auto a = negotiated_audio(*to_a, from_a);
  ASSERT_TRUE(a);
  const auto pairs = payload_map(a->receive_codecs, b->send_codecs);
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].codec.name, "opus");
  EXPECT_EQ(pairs[0].from, 96);
  EXPECT_EQ(pairs[0].to, 111);
  EXPECT_EQ(payload_map(b->receive_codecs, a->send_codecs).size(), 3u);
}

}  // namespace
}  // namespace junctor::sip::sdp
