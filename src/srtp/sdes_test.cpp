#include <set>

#include "srtp/test_keys.hpp"

namespace junctor::srtp {
namespace {

// 30 bytes: 0 … 29
constexpr std::string_view key_30 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";

std::string line(std::string_view behind_key = "", std::string_view key = key_30) {
  return "1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(key) + std::string(behind_key);
}

SdesError refused(const std::string& value) {
  const auto crypto = parse_crypto(value);
  EXPECT_FALSE(crypto) << value;
  return crypto ? SdesError{0xff} : crypto.error();
}

TEST(Sdes, a_line_gives_suite_key_and_salt) {
  const auto crypto = parse_crypto(line());
  ASSERT_TRUE(crypto);
  EXPECT_EQ(crypto->tag, 1u);
  EXPECT_EQ(crypto->master.suite, Suite::aes_cm_128_hmac_sha1_80);
  EXPECT_EQ(crypto->master.lifetime, lifetime_max);
  for (std::uint8_t i = 0; i < 16; ++i) EXPECT_EQ(crypto->master.key[i], i);
  for (std::uint8_t i = 0; i < 14; ++i) EXPECT_EQ(crypto->master.salt[i], 16 + i);
  EXPECT_EQ(write_crypto(*crypto), line());
}

TEST(Sdes, lifetimes_and_harmless_parameters_are_understood) {
  EXPECT_EQ(parse_crypto(line("|2^31"))->master.lifetime, std::uint64_t{1} << 31);
  EXPECT_EQ(parse_crypto(line("|1000"))->master.lifetime, 1000u);
  EXPECT_EQ(write_crypto(parse_crypto(line("|1048576")).value()), line("|2^20"));
  EXPECT_EQ(write_crypto(parse_crypto(line("|1000")).value()), line("|1000"));
  EXPECT_EQ(parse_crypto("  1  aes_cm_128_hmac_sha1_80 INLINE:" + std::string(key_30) + " WSH=64 -X=1 "),
            parse_crypto(line()));
}

TEST(Sdes, what_cannot_be_used_is_refused_with_its_reason) {
  for (const char* value : {"", "1", "1 AES_CM_128_HMAC_SHA1_80", "1 AES_CM_128_HMAC_SHA1_80 uri:x"})
    EXPECT_EQ(refused(value), SdesError::syntax);
  EXPECT_EQ(refused("x" + line()), SdesError::tag);
  EXPECT_EQ(refused("123456789" + line()), SdesError::tag);
  EXPECT_EQ(refused("1 F8_128_HMAC_SHA1_80 inline:" + std::string(key_30)), SdesError::suite);
  const std::string key(key_30);
  for (const std::string& bad : {std::string(), key.substr(1), key + "AAAA", key.substr(0, 39) + "*", key + "=",
                                 " " + key, key.substr(0, 38) + "=="})
    EXPECT_FALSE(parse_crypto(line("", bad))) << bad;
  for (const char* bad : {"|", "|0", "|2^49", "|2^", "|-1", "|281474976710657", "|2^20|", "|2^20x"})
    EXPECT_EQ(refused(line(bad)), SdesError::lifetime) << bad;
  EXPECT_EQ(refused(line("|1:4")), SdesError::mki);
  EXPECT_EQ(refused(line("|2^20|1:4")), SdesError::mki);
  EXPECT_EQ(refused(line("|2^20|1:4;inline:" + key + "|2^20|2:4")), SdesError::several_keys);
  for (const char* parameter : {" UNENCRYPTED_SRTP", " UNENCRYPTED_SRTCP", " UNAUTHENTICATED_SRTP", " KDR=5",
                                " FEC_ORDER=FEC_SRTP", " WSH=64 SOMETHING"})
    EXPECT_EQ(refused(line(parameter)), SdesError::session_parameter);
  EXPECT_EQ(describe(SdesError::mki), "a master key identifier (MKI) is not supported");
}

TEST(Sdes, padding_of_the_key_may_be_missing_but_not_wrong) {
  for (const Suite suite : preferred_suites) {
    const Crypto crypto{7, key_of(suite)};
    std::string value = write_crypto(crypto);
    EXPECT_EQ(parse_crypto(value), crypto) << value;
    while (value.back() == '=') value.pop_back();
    EXPECT_EQ(parse_crypto(value), crypto) << value;
  }
  // 28 bytes leave four bits of the last digit, which must be zero.
  std::string value = write_crypto({1, MasterKey{.suite = Suite::aead_aes_128_gcm}});
  value[value.size() - 3] = 'B';
  EXPECT_EQ(refused(value), SdesError::key);
}

TEST(Sdes, an_offer_has_a_fresh_key_for_each_suite) {
  SeededRandom random(5);
  const auto offer = make_offer(preferred_suites, random);
  ASSERT_EQ(offer.size(), preferred_suites.size());
  std::set<std::array<std::uint8_t, key_size_max>> keys;
  for (std::size_t i = 0; i < offer.size(); ++i) {
    EXPECT_EQ(offer[i].tag, i + 1);
    EXPECT_EQ(offer[i].master.suite, preferred_suites[i]);
    keys.insert(offer[i].master.key);
  }
  EXPECT_EQ(keys.size(), offer.size());
}

TEST(Sdes, both_sides_agree_on_the_first_common_suite_of_the_offer) {
  SeededRandom random(6);
  const std::vector<Suite> phone = {Suite::aes_cm_128_hmac_sha1_32, Suite::aes_cm_128_hmac_sha1_80,
                                    Suite::aead_aes_256_gcm};
  const auto offer = make_offer(phone, random);
  const std::vector<Suite> strong = {Suite::aead_aes_256_gcm, Suite::aes_cm_128_hmac_sha1_80};
  const auto answerer = choose(offer, strong, random);
  ASSERT_TRUE(answerer);
  EXPECT_EQ(answerer->ours.tag, 2u);
  EXPECT_EQ(answerer->ours.master.suite, Suite::aes_cm_128_hmac_sha1_80);
  const auto offerer = match(offer, parse_crypto(write_crypto(answerer->ours)).value());
  ASSERT_TRUE(offerer);
  EXPECT_EQ(offerer->ours.master, answerer->theirs);
  EXPECT_EQ(offerer->theirs, answerer->ours.master);

  // A later offer leaves our key as it is, although more would be possible now.
  const auto later = make_offer(preferred_suites, random);
  const auto again = choose(later, preferred_suites, random, &answerer->ours.master);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->ours.master, answerer->ours.master);
  EXPECT_EQ(again->ours.tag, 3u);
  // Unless the suite is gone.
  const std::vector<Crypto> without{later.back()};
  EXPECT_EQ(choose(without, preferred_suites, random, &answerer->ours.master)->ours.master.suite,
            Suite::aes_256_cm_hmac_sha1_32);

  const std::vector<Suite> other = {Suite::aead_aes_128_gcm};
  EXPECT_FALSE(choose(offer, other, random));
  Crypto wrong = answerer->ours;
  wrong.tag = 1;
  EXPECT_EQ(match(offer, wrong).error(), SdesError::not_offered);
}

}  // namespace
}  // namespace junctor::srtp
