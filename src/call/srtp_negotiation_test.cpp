// Who offers and answers keys, and what two descriptions then agree on, for every pair of wishes.
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "call/negotiation.hpp"

namespace junctor::call {
namespace {

namespace sdp = sip::sdp;

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{4568};
};

struct Side {
  explicit Side(SrtpPolicy policy, Random& random, std::uint8_t host = 1) {
    media.rtp = {IpAddress::v4(192, 0, 2, host), 4000};
    media.session_id = host;
    media.srtp = {.policy = policy, .keys_allowed = true, .settled = false, .present = {}, .random = &random};
  }
  /// Both descriptions are known.
  void settle(const sdp::Session& ours, const sdp::Session& theirs) {
    media.srtp.settled = true;
    media.srtp.present = srtp_agreed(ours, theirs).value();
  }
  LocalMedia media;
};

std::optional<media::SrtpKeys> keys(const sdp::Session& ours, const sdp::Session& theirs) {
  const auto settings = port_settings({}, ours, theirs, {});
  return settings ? settings->srtp : std::nullopt;
}

constexpr auto off = SrtpPolicy::off, optional = SrtpPolicy::optional, required = SrtpPolicy::required;

enum class Result { plain, encrypted, refused };

TEST(SrtpNegotiation, every_pair_of_policies) {
  SeededRandom random;
  const auto negotiate = [&](SrtpPolicy offerer, SrtpPolicy answerer) {
    const Side a(offerer, random, 1), b(answerer, random, 2);
    const auto offer = sdp::parse(sdp::serialize(offer_for(own_wish(), a.media, nullptr))).value();
    EXPECT_EQ(srtp_answerable(offer, answerer, true), answer_for(offer, own_wish(), b.media, nullptr).has_value());
    const auto made = answer_for(offer, own_wish(), b.media, nullptr);
    if (!made) {
      EXPECT_EQ(made.error(), sdp::NegotiationError::no_encryption);
      return Result::refused;
    }
    const auto answer = sdp::parse(sdp::serialize(*made)).value();
    EXPECT_FALSE(sdp::check_answer(offer, answer));
    const auto here = keys(offer, answer), there = keys(answer, offer);
    EXPECT_EQ(here.has_value(), there.has_value());
    if (!here || !there) return Result::plain;
    EXPECT_EQ(here->send, there->receive);
    EXPECT_EQ(here->receive, there->send);
    EXPECT_NE(here->send.key, here->receive.key);
    return Result::encrypted;
  };
  EXPECT_EQ(negotiate(off, off), Result::plain);
  EXPECT_EQ(negotiate(off, optional), Result::plain);
  EXPECT_EQ(negotiate(off, required), Result::refused);
  EXPECT_EQ(negotiate(optional, off), Result::plain);
  EXPECT_EQ(negotiate(optional, optional), Result::encrypted);
  EXPECT_EQ(negotiate(optional, required), Result::encrypted);
  EXPECT_EQ(negotiate(required, off), Result::refused);
  EXPECT_EQ(negotiate(required, optional), Result::encrypted);
  EXPECT_EQ(negotiate(required, required), Result::encrypted);
}

TEST(SrtpNegotiation, no_key_stands_where_others_can_read_it) {
  SeededRandom random;
  Side secure(required, random, 1);
  const auto offer = offer_for(own_wish(), secure.media, nullptr);
  for (const SrtpPolicy policy : {off, optional, required}) {
    Side open(policy, random, 2);
    open.media.srtp.keys_allowed = false;
    EXPECT_EQ(sdp::serialize(offer_for(own_wish(), open.media, nullptr)).find("crypto"), std::string::npos);
    EXPECT_FALSE(answer_for(offer, own_wish(), open.media, nullptr));
    EXPECT_EQ(srtp_possible(policy, false), policy != required);
  }
  // What may be plain is answered plain.
  Side both(optional, random, 1), open(optional, random, 2);
  open.media.srtp.keys_allowed = false;
  const auto answer = answer_for(offer_for(own_wish(), both.media, nullptr), own_wish(), open.media, nullptr);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->media.front().find("crypto"), nullptr);
}

TEST(SrtpNegotiation, later_offers_keep_our_key_and_take_a_new_one_of_theirs) {
  SeededRandom random;
  Side hub(required, random, 1), phone(optional, random, 2);
  const auto first = offer_for(own_wish(), hub.media, nullptr);
  EXPECT_EQ(first.media.front().protocol, "RTP/SAVP");
  const auto answer = answer_for(first, own_wish(), phone.media, nullptr).value();
  const auto before = keys(first, answer);
  ASSERT_TRUE(before);
  hub.settle(first, answer);
  phone.settle(answer, first);

  // Ours again: one line, the same key, and a description whose version stays.
  const auto again = offer_for(own_wish(), hub.media, &first);
  EXPECT_EQ(srtp_agreed(again, answer).value()->agreement.ours.master, before->send);
  EXPECT_EQ(std::ranges::count(again.media.front().attributes, "crypto", &sdp::Attribute::name), 1);
  EXPECT_EQ(keys(again, answer_for(again, own_wish(), phone.media, &answer).value()), before);

  // The phone's, with a fresh key and the suites in another order: ours stays, theirs is taken.
  phone.media.srtp.present.reset();
  phone.media.srtp.settled = false;
  auto theirs = offer_for(own_wish(), phone.media, &answer);
  std::ranges::reverse(theirs.media.front().attributes);
  const auto ours = answer_for(theirs, own_wish(), hub.media, &again).value();
  const auto after = keys(ours, theirs);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->send, before->send);
  EXPECT_NE(after->receive.key, before->receive.key);
  EXPECT_EQ(after->receive.suite, before->send.suite);
}

TEST(SrtpNegotiation, a_session_that_is_plain_stays_plain_and_may_be_upgraded_by_them) {
  SeededRandom random;
  Side hub(optional, random, 1), phone(off, random, 2);
  const auto first = offer_for(own_wish(), hub.media, nullptr);
  const auto answer = answer_for(first, own_wish(), phone.media, nullptr).value();
  hub.settle(first, answer);
  const auto again = offer_for(own_wish(), hub.media, &first);
  EXPECT_EQ(again.media.front().find("crypto"), nullptr);
  phone.media.srtp.policy = required;
  const auto theirs = offer_for(own_wish(), phone.media, &answer);
  const auto ours = answer_for(theirs, own_wish(), hub.media, &again).value();
  EXPECT_TRUE(keys(ours, theirs));
}

sdp::Session session(std::string_view media) {
  return sdp::parse("v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n" + std::string(media))
      .value();
}

const std::string key = "inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5";

TEST(SrtpNegotiation, phones_offers) {
  SeededRandom random;
  const Side hub(optional, random);
  const auto answered = [&](const std::string& media) {
    const auto answer = answer_for(session(media), own_wish(), hub.media, nullptr);
    return answer ? sdp::serialize(*answer) : std::string(sdp::to_string(answer.error()));
  };
  // The first suite that we have, whatever we would have put first; the tag is theirs; unknown lines do no harm.
  const std::string chosen =
      answered("m=audio 4000 RTP/SAVPF 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 " + key +
               "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_32 " + key + " KDR=1\r\na=crypto:33 AES_CM_128_HMAC_SHA1_80 " +
               key + "|2^20\r\na=crypto:4 AES_CM_128_HMAC_SHA1_32 " + key + "\r\n");
  EXPECT_NE(chosen.find("RTP/SAVPF 0\r\n"), std::string::npos) << chosen;
  EXPECT_NE(chosen.find("a=crypto:33 AES_CM_128_HMAC_SHA1_80 inline:"), std::string::npos) << chosen;
  EXPECT_EQ(chosen.find("a=crypto", chosen.find("a=crypto") + 1), std::string::npos) << chosen;
  EXPECT_EQ(answered("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 " + key + "\r\n"),
            "no agreement on encryption");
  EXPECT_EQ(answered("m=audio 4000 RTP/SAVP 0\r\n"), "no agreement on encryption");
  // DTLS-SRTP is something else.
  EXPECT_EQ(answered("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"), "no audio section that can be used");
  // One m= line for each, as some do: the first is taken, the other rejected in its place.
  const std::string two = answered("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " + key +
                                   "\r\nm=audio 4000 RTP/AVP 0\r\n");
  EXPECT_NE(two.find("m=audio 4000 RTP/SAVP 0\r\n"), std::string::npos) << two;
  EXPECT_NE(two.find("m=audio 0 RTP/AVP 0\r\n"), std::string::npos) << two;
}

TEST(SrtpNegotiation, an_answer_must_take_one_of_our_lines) {
  SeededRandom random;
  const Side hub(required, random, 1);
  const auto offer = offer_for(own_wish(), hub.media, nullptr);
  const auto agreed = [&](const std::string& lines, std::string_view profile = "RTP/SAVP") {
    return srtp_agreed(offer, session("m=audio 4000 " + std::string(profile) + " 0\r\n" + lines)).has_value();
  };
  EXPECT_TRUE(agreed("a=crypto:3 AES_CM_128_HMAC_SHA1_80 " + key + "\r\n"));
  EXPECT_FALSE(agreed("a=crypto:4 AES_CM_128_HMAC_SHA1_80 " + key + "\r\n"));
  EXPECT_FALSE(agreed("a=crypto:3 AES_CM_128_HMAC_SHA1_80 " + key + " UNENCRYPTED_SRTP\r\n"));
  EXPECT_FALSE(
      agreed("a=crypto:3 AES_CM_128_HMAC_SHA1_80 " + key + "\r\na=crypto:5 AES_CM_128_HMAC_SHA1_32 " + key + "\r\n"));
  EXPECT_FALSE(agreed(""));
  EXPECT_FALSE(agreed("", "RTP/AVP"));
  EXPECT_FALSE(port_settings({}, offer, session("m=audio 4000 RTP/SAVP 0\r\n"), {}));
}

}  // namespace
}  // namespace junctor::call
