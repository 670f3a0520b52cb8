// The packaged libsrtp2 is the far end: what either side protects, the other takes or refuses alike.
#include <srtp2/srtp.h>

#include "srtp/test_keys.hpp"

namespace junctor::srtp {
namespace {

class Oracle {
 public:
  Oracle(Direction direction, const MasterKey& master) {
    static const srtp_err_status_t started = srtp_init();
    EXPECT_EQ(started, srtp_err_status_ok);
    Buffer key(master.key.begin(), master.key.begin() + static_cast<std::ptrdiff_t>(key_size(master.suite)));
    key.insert(key.end(), master.salt.begin(),
               master.salt.begin() + static_cast<std::ptrdiff_t>(salt_size(master.suite)));
    srtp_policy_t policy{};
    set_suite(policy, master.suite);
    policy.ssrc.type = direction == Direction::outbound ? ssrc_any_outbound : ssrc_any_inbound;
    policy.key = key.data();
    policy.window_size = 1024;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Oracle() { srtp_dealloc(session_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  std::optional<Buffer> protect(Buffer packet) { return run(srtp_protect, std::move(packet), SRTP_MAX_TRAILER_LEN); }
  std::optional<Buffer> unprotect(Buffer packet) { return run(srtp_unprotect, std::move(packet), 0); }
  std::optional<Buffer> protect_rtcp(Buffer packet) {
    return run(srtp_protect_rtcp, std::move(packet), SRTP_MAX_TRAILER_LEN + 4);
  }
  std::optional<Buffer> unprotect_rtcp(Buffer packet) { return run(srtp_unprotect_rtcp, std::move(packet), 0); }

 private:
  static void set_suite(srtp_policy_t& policy, Suite suite) {
    switch (suite) {
      case Suite::aes_cm_128_hmac_sha1_80:
      case Suite::aes_cm_128_hmac_sha1_32:
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
        break;
      case Suite::aes_256_cm_hmac_sha1_80:
      case Suite::aes_256_cm_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
        break;
      case Suite::aead_aes_128_gcm:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
      case Suite::aead_aes_256_gcm:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
    }
    if (suite == Suite::aes_cm_128_hmac_sha1_32) srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    if (suite == Suite::aes_256_cm_hmac_sha1_32) srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
  }

  template <class Function>
  std::optional<Buffer> run(Function* function, Buffer packet, std::size_t room) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + room);
    if (function(session_, packet.data(), &size) != srtp_err_status_ok) return std::nullopt;
    packet.resize(static_cast<std::size_t>(size));
    return packet;
  }

  srtp_t session_ = nullptr;
};

std::optional<Buffer> optional(const Result<Buffer, SrtpError>& result) {
  return result ? std::optional(*result) : std::nullopt;
}

/// Random size, CSRCs and header extension.
Buffer random_packet(SeededRandom& random, std::uint16_t sequence, std::uint32_t ssrc) {
  Buffer bytes = rtp_packet(sequence, ssrc);
  bytes.resize(100 + random.below(1200));
  for (std::size_t i = 12; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(random.next());
  const std::uint64_t csrcs = random.below(3);
  bytes[0] |= static_cast<std::uint8_t>(csrcs);
  if (random.below(2) == 0) {
    bytes[0] |= 0x10;
    bytes[12 + 4 * csrcs + 2] = 0;
    bytes[12 + 4 * csrcs + 3] = static_cast<std::uint8_t>(random.below(5));
  }
  return bytes;
}

/// A line with loss, reordering over some packets, duplicates and tampering, through several roll-overs. Far jumps
/// bring the sequence number round quickly.
std::vector<Buffer> over_a_bad_line(SeededRandom& random, std::vector<Buffer> sealed) {
  std::vector<Buffer> arrived;
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    if (random.below(10) == 0) continue;
    if (random.below(5) == 0 && i + 3 < sealed.size()) std::swap(sealed[i], sealed[i + 1 + random.below(3)]);
    arrived.push_back(sealed[i]);
    if (random.below(10) == 0) arrived.push_back(arrived[random.below(arrived.size())]);
    if (random.below(10) == 0) {
      Buffer changed = sealed[i];
      changed[random.below(changed.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
      arrived.push_back(std::move(changed));
    }
  }
  return arrived;
}

class Oracles : public EverySuite {};
INSTANTIATE_TEST_SUITE_P(Suites, Oracles, testing::ValuesIn(preferred_suites), suite_in_test_name);

TEST_P(Oracles, both_protect_alike_and_take_the_same_packets) {
  SeededRandom random(static_cast<std::uint64_t>(GetParam()) + 11);
  const MasterKey master = make_master_key(GetParam(), random);
  Oracle their_out(Direction::outbound, master), their_in(Direction::inbound, master);
  Context our_out(Direction::outbound, master), our_in(Direction::inbound, master);

  std::vector<Buffer> sealed;
  std::array<std::uint32_t, 3> index = {5, 20'000, 32'000};
  for (int i = 0; i < 3000; ++i) {
    const auto sender = static_cast<std::uint32_t>(random.below(index.size()));
    index[sender] += random.below(20) == 0 ? 3000u : 1u;
    const Buffer plain = random_packet(random, static_cast<std::uint16_t>(index[sender]), 1000 + sender);
    const auto ours = optional(protect(our_out, plain));
    ASSERT_TRUE(ours);
    ASSERT_EQ(ours, their_out.protect(plain)) << i;
    sealed.push_back(*ours);
  }
  for (const std::uint32_t last : index) EXPECT_GT(last, 65536u);

  int taken = 0, refused = 0;
  for (const Buffer& packet : over_a_bad_line(random, sealed)) {
    const auto ours = optional(unprotect(our_in, packet));
    ASSERT_EQ(ours, their_in.unprotect(packet));
    ++(ours ? taken : refused);
  }
  EXPECT_GT(taken, 2000);
  EXPECT_GT(refused, 300);
}

TEST_P(Oracles, reports_pass_both_ways) {
  SeededRandom random(static_cast<std::uint64_t>(GetParam()) + 31);
  const MasterKey master = make_master_key(GetParam(), random);
  Oracle their_out(Direction::outbound, master), their_in(Direction::inbound, master);
  Context our_out(Direction::outbound, master), our_in(Direction::inbound, master);
  std::vector<Buffer> from_us, from_them;
  for (int i = 0; i < 500; ++i) {
    Buffer plain = rtcp_packet(1000 + static_cast<std::uint32_t>(random.below(3)));
    plain.resize(28 + 4 * random.below(50));
    plain[3] = static_cast<std::uint8_t>(plain.size() / 4 - 1);
    for (std::size_t at = 8; at < plain.size(); ++at) plain[at] = static_cast<std::uint8_t>(random.next());
    from_us.push_back(protect_rtcp(our_out, plain).value());
    from_them.push_back(their_out.protect_rtcp(plain).value());
    ASSERT_EQ(their_in.unprotect_rtcp(from_us.back()), plain) << i;
    ASSERT_EQ(optional(unprotect_rtcp(our_in, from_them.back())), plain) << i;
  }
  for (std::size_t i = 0; i < from_us.size(); ++i) {
    ASSERT_FALSE(their_in.unprotect_rtcp(from_us[i]));
    ASSERT_EQ(unprotect_rtcp(our_in, from_them[i]).error(), SrtpError::replayed);
  }
}

}  // namespace
}  // namespace junctor::srtp
