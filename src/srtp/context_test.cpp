#include <algorithm>

#include "srtp/test_keys.hpp"

namespace junctor::srtp {
namespace {

/// Both ends of one direction.
struct Pair {
  explicit Pair(Suite suite) : Pair(key_of(suite)) {}
  explicit Pair(const MasterKey& master) : out(Direction::outbound, master), in(Direction::inbound, master) {}

  Buffer sent(std::uint16_t sequence, std::uint32_t ssrc = 0xcafebabe) {
    const auto packet = protect(out, rtp_packet(sequence, ssrc));
    EXPECT_TRUE(packet) << sequence;
    return packet.value_or(Buffer{});
  }

  Context out, in;
};

SrtpError error_of(const Result<Buffer, SrtpError>& result) {
  EXPECT_FALSE(result);
  return result ? SrtpError{0xff} : result.error();
}

INSTANTIATE_TEST_SUITE_P(Suites, EverySuite, testing::ValuesIn(preferred_suites), suite_in_test_name);

TEST_P(EverySuite, packets_come_back_and_hide_what_they_say) {
  Pair pair(GetParam());
  const bool gcm = salt_size(GetParam()) == 12;
  const bool short_tag = GetParam() == Suite::aes_cm_128_hmac_sha1_32 || GetParam() == Suite::aes_256_cm_hmac_sha1_32;
  const Buffer plain = rtp_packet(7);
  const auto sealed = protect(pair.out, plain);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->size(), plain.size() + (gcm ? 16u : short_tag ? 4u : 10u));
  EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 12, sealed->begin()));
  int equal = 0;
  for (std::size_t i = 12; i < plain.size(); ++i) equal += plain[i] == (*sealed)[i];
  EXPECT_LT(equal, 12);
  EXPECT_EQ(unprotect(pair.in, *sealed), plain);

  const Buffer report = rtcp_packet();
  for (int i = 0; i < 3; ++i) {
    const auto sealed_report = protect_rtcp(pair.out, report);
    ASSERT_TRUE(sealed_report);
    EXPECT_EQ(sealed_report->size(), report.size() + (gcm ? 20u : 14u));
    EXPECT_EQ(unprotect_rtcp(pair.in, *sealed_report), report);
  }
}

TEST_P(EverySuite, each_changed_bit_is_found_and_changes_nothing) {
  Pair pair(GetParam());
  const Buffer sealed = pair.sent(1);
  const Buffer sealed_report = protect_rtcp(pair.out, rtcp_packet()).value();
  const State before = pair.in.save();
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    Buffer changed = sealed;
    changed[bit / 8] ^= static_cast<std::uint8_t>(0x80u >> bit % 8);
    EXPECT_FALSE(unprotect(pair.in, changed)) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * sealed_report.size(); ++bit) {
    Buffer changed = sealed_report;
    changed[bit / 8] ^= static_cast<std::uint8_t>(0x80u >> bit % 8);
    EXPECT_FALSE(unprotect_rtcp(pair.in, changed)) << bit;
  }
  EXPECT_EQ(pair.in.save(), before);
  EXPECT_TRUE(unprotect(pair.in, sealed));
  EXPECT_TRUE(unprotect_rtcp(pair.in, sealed_report));
}

TEST_P(EverySuite, nothing_is_taken_twice) {
  Pair pair(GetParam());
  std::vector<Buffer> sealed;
  for (std::uint16_t sequence = 1; sequence <= 1100; ++sequence) sealed.push_back(pair.sent(sequence));
  const auto report = protect_rtcp(pair.out, rtcp_packet());
  ASSERT_TRUE(unprotect(pair.in, sealed[1099]));
  EXPECT_TRUE(unprotect(pair.in, sealed[1099 - 1023]));                               // the oldest of the window
  EXPECT_EQ(error_of(unprotect(pair.in, sealed[1099 - 1024])), SrtpError::replayed);  // too old to know
  for (std::size_t i : {1099u, 76u}) EXPECT_EQ(error_of(unprotect(pair.in, sealed[i])), SrtpError::replayed);
  EXPECT_TRUE(unprotect(pair.in, sealed[500]));
  EXPECT_EQ(error_of(unprotect(pair.in, sealed[500])), SrtpError::replayed);
  EXPECT_TRUE(unprotect_rtcp(pair.in, *report));
  EXPECT_EQ(error_of(unprotect_rtcp(pair.in, *report)), SrtpError::replayed);
  // Nor is a key stream used twice.
  EXPECT_EQ(error_of(protect(pair.out, rtp_packet(1100))), SrtpError::replayed);
}

TEST_P(EverySuite, the_rollover_counter_follows_through_loss_and_reordering) {
  Pair pair(GetParam());
  for (std::uint32_t index = 1000; index < 4 * 65536; index += 501) {
    // Two packets change places, also where the sequence number wraps; those between are lost.
    const Buffer first = pair.sent(static_cast<std::uint16_t>(index));
    const Buffer second = pair.sent(static_cast<std::uint16_t>(index + 400));
    ASSERT_TRUE(unprotect(pair.in, second)) << index;
    ASSERT_EQ(unprotect(pair.in, first), rtp_packet(static_cast<std::uint16_t>(index))) << index;
  }
  EXPECT_GE(pair.in.save().senders[0].rtp.highest(), 4u * 65536 - 501);
}

TEST_P(EverySuite, a_saved_context_goes_on_elsewhere) {
  Pair pair(GetParam());
  for (std::uint32_t index = 0; index < 70'000; index += 1000)
    ASSERT_TRUE(unprotect(pair.in, pair.sent(static_cast<std::uint16_t>(index))));
  const Buffer seen = pair.sent(static_cast<std::uint16_t>(70'000));
  ASSERT_TRUE(unprotect(pair.in, seen));
  ASSERT_TRUE(unprotect_rtcp(pair.in, protect_rtcp(pair.out, rtcp_packet()).value()));

  const State out_state = pair.out.save(), in_state = pair.in.save();
  pair.out = Context(out_state);
  pair.in = Context(in_state);
  EXPECT_EQ(pair.in.save(), in_state);
  EXPECT_EQ(error_of(unprotect(pair.in, seen)), SrtpError::replayed);
  EXPECT_TRUE(unprotect(pair.in, pair.sent(static_cast<std::uint16_t>(70'001))));
  EXPECT_TRUE(unprotect_rtcp(pair.in, protect_rtcp(pair.out, rtcp_packet()).value()));
  EXPECT_EQ(pair.in.save().senders[0].rtp.highest(), 70'001u);
  EXPECT_EQ(pair.in.save().senders[0].rtcp.highest(), 1u);
}

TEST_P(EverySuite, a_new_key_keeps_the_rollover_counter) {
  Pair pair(GetParam());
  for (std::uint32_t index = 0; index < 70'000; index += 10'000)
    ASSERT_TRUE(unprotect(pair.in, pair.sent(static_cast<std::uint16_t>(index))));
  pair.out.rekey(key_of(GetParam(), 2));
  const Buffer with_new_key = pair.sent(static_cast<std::uint16_t>(70'001));
  EXPECT_EQ(error_of(unprotect(pair.in, with_new_key)), SrtpError::auth_failed);
  pair.in.rekey(key_of(GetParam(), 2));
  EXPECT_TRUE(unprotect(pair.in, with_new_key));
  EXPECT_EQ(pair.in.save().senders[0].rtp.highest(), 70'001u);
}

TEST(SrtpContext, nothing_is_before_rollover_counter_zero) {
  Pair pair(Suite::aead_aes_128_gcm);
  const Buffer low = pair.sent(10), high = pair.sent(600);
  EXPECT_TRUE(unprotect(pair.in, high));
  EXPECT_TRUE(unprotect(pair.in, low));
  EXPECT_TRUE(unprotect(pair.in, pair.sent(62'000)));  // nearer to 600 the other way round
  EXPECT_EQ(pair.in.save().senders[0].rtp.highest(), 62'000u);
}

TEST(SrtpContext, senders_are_counted_when_they_are_authentic) {
  Pair pair(Suite::aes_cm_128_hmac_sha1_80);
  for (std::uint32_t forged = 0; forged < 2 * ssrcs_max; ++forged)
    EXPECT_EQ(error_of(unprotect(pair.in, rtp_packet(1, forged))), SrtpError::auth_failed);
  for (std::uint32_t ssrc = 0; ssrc < ssrcs_max; ++ssrc)
    for (std::uint16_t sequence = 1; sequence < 3; ++sequence)
      ASSERT_TRUE(unprotect(pair.in, pair.sent(sequence, ssrc)));
  EXPECT_EQ(error_of(protect(pair.out, rtp_packet(1, ssrcs_max))), SrtpError::ssrc_table_full);
  EXPECT_EQ(error_of(protect_rtcp(pair.out, rtcp_packet(ssrcs_max))), SrtpError::ssrc_table_full);
  Context other(Direction::outbound, key_of(Suite::aes_cm_128_hmac_sha1_80));
  EXPECT_EQ(error_of(unprotect(pair.in, protect(other, rtp_packet(1, ssrcs_max)).value())), SrtpError::ssrc_table_full);
  EXPECT_TRUE(unprotect(pair.in, pair.sent(3, 0)));
}

TEST(SrtpContext, a_key_ends_with_its_lifetime_and_its_indices) {
  MasterKey master = key_of(Suite::aead_aes_128_gcm);
  master.lifetime = 3;
  Pair pair(master);
  for (std::uint16_t sequence = 1; sequence <= 3; ++sequence) ASSERT_TRUE(unprotect(pair.in, pair.sent(sequence)));
  EXPECT_EQ(error_of(protect(pair.out, rtp_packet(4))), SrtpError::key_exhausted);
  EXPECT_EQ(error_of(unprotect(pair.in, rtp_packet(4))), SrtpError::key_exhausted);
  EXPECT_TRUE(protect_rtcp(pair.out, rtcp_packet()));
  pair.out.rekey(key_of(Suite::aead_aes_128_gcm, 2));
  EXPECT_TRUE(protect(pair.out, rtp_packet(4)));

  State last{.direction = Direction::outbound, .master = key_of(Suite::aead_aes_128_gcm)};
  Sender& sender = last.senders.add({.ssrc = 0xcafebabe});
  sender.rtp.mark((std::uint64_t{1} << 48) - 2);
  sender.rtcp.mark((std::uint64_t{1} << 31) - 2);
  Context out(last);
  EXPECT_TRUE(protect(out, rtp_packet(0xffff)));
  EXPECT_EQ(error_of(protect(out, rtp_packet(0))), SrtpError::key_exhausted);
  EXPECT_TRUE(protect_rtcp(out, rtcp_packet()));
  EXPECT_EQ(error_of(protect_rtcp(out, rtcp_packet())), SrtpError::key_exhausted);
}

TEST_P(EverySuite, csrcs_and_header_extension_stay_in_clear) {
  Pair pair(GetParam());
  Buffer plain = rtp_packet(1);
  plain[0] = 0x92;  // extension, two CSRCs
  plain[20] = 0xbe, plain[21] = 0xde, plain[22] = 0, plain[23] = 3;
  const auto sealed = protect(pair.out, plain);
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 36, sealed->begin()));
  EXPECT_FALSE(std::equal(plain.begin() + 36, plain.begin() + 60, sealed->begin() + 36));
  EXPECT_EQ(unprotect(pair.in, *sealed), plain);
}

TEST_P(EverySuite, what_is_cut_or_has_no_room_is_refused) {
  Pair pair(GetParam());
  const Buffer sealed = pair.sent(1), report = protect_rtcp(pair.out, rtcp_packet()).value();
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(unprotect(pair.in, Buffer(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size))));
  for (std::size_t size = 0; size < report.size(); ++size)
    EXPECT_FALSE(unprotect_rtcp(pair.in, Buffer(report.begin(), report.begin() + static_cast<std::ptrdiff_t>(size))));
  EXPECT_TRUE(pair.in.save().senders.empty());

  Buffer full = rtp_packet(2);
  EXPECT_EQ(pair.out.protect(ciphers(), full, full.size()).error(), SrtpError::no_room);
  full = rtcp_packet();
  EXPECT_EQ(pair.out.protect_rtcp(ciphers(), full, full.size()).error(), SrtpError::no_room);
  for (const Buffer& bad : {Buffer{}, Buffer(11, 0x80), Buffer(12, 0x40), Buffer(15, 0x81), Buffer(13, 0x90)}) {
    EXPECT_EQ(error_of(protect(pair.out, bad)), SrtpError::malformed);
  }
  EXPECT_EQ(error_of(protect_rtcp(pair.out, Buffer(7, 0x80))), SrtpError::malformed);

  // A far end that holds the key could leave RTCP in clear; that was not agreed.
  const bool gcm = salt_size(GetParam()) == 12;
  Buffer in_clear = report;
  in_clear[gcm ? in_clear.size() - 4 : in_clear.size() - 14] &= 0x7f;
  EXPECT_EQ(error_of(unprotect_rtcp(pair.in, in_clear)), SrtpError::malformed);
}

}  // namespace
}  // namespace junctor::srtp
