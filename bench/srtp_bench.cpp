// What protecting and unprotecting a voice packet costs, per suite; libsrtp2 in turns with it where it is installed.
#include <array>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "base/check.hpp"
#include "bench/measure.hpp"
#include "srtp/sdes.hpp"
#ifdef JUNCTOR_BENCH_LIBSRTP2
#include <srtp2/srtp.h>
#endif

namespace junctor::bench {
namespace {

constexpr std::size_t packet_bytes = 172;  // 20 ms of G.711 and the RTP header
constexpr std::size_t turn_packets = 5000;
constexpr int rounds = 31;

using Packet = std::array<std::uint8_t, packet_bytes + srtp::overhead_max>;

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{1};
};

/// Packets of one sender, a turn's worth at a time: made, protected and unprotected in three passes.
class Turn {
 public:
  Turn() : packets_(turn_packets) {}

  void make() {
    for (Packet& packet : packets_) {
      packet.fill(0xd5);
      packet[0] = 0x80;
      packet[2] = static_cast<std::uint8_t>(sequence_ >> 8);
      packet[3] = static_cast<std::uint8_t>(sequence_);
      ++sequence_;
    }
  }
  /// ns per packet
  template <class Work>
  double pass(Work&& work) {
    std::size_t i = 0;
    return ns_each(packets_.size(), [&] { work(packets_[i++]); });
  }

 private:
  std::uint16_t sequence_ = 1;
  std::vector<Packet> packets_;
};

struct Cost {
  std::vector<double> protect, unprotect;
};

class Ours {
 public:
  explicit Ours(const srtp::MasterKey& master)
      : out_(srtp::Direction::outbound, master), in_(srtp::Direction::inbound, master) {}

  void run(Cost& cost) {
    std::size_t size = 0;
    turn_.make();
    cost.protect.push_back(turn_.pass([&](Packet& packet) {
      const auto sealed = out_.protect(packet, packet_bytes);
      JUNCTOR_CHECK(sealed.has_value());
      size = *sealed;
    }));
    cost.unprotect.push_back(turn_.pass(
        [&](Packet& packet) { JUNCTOR_CHECK(in_.unprotect(std::span(packet).first(size)) == packet_bytes); }));
  }

 private:
  srtp::Context out_, in_;
  Turn turn_;
};

#ifdef JUNCTOR_BENCH_LIBSRTP2
class Library {
 public:
  explicit Library(const srtp::MasterKey& master) {
    srtp_policy_t policy{};
    set_suite(policy, master.suite);
    const std::size_t key_bytes = srtp::key_size(master.suite);
    std::array<std::uint8_t, srtp::key_size_max + srtp::salt_size_max> key{};
    std::memcpy(key.data(), master.key.data(), key_bytes);
    std::memcpy(key.data() + key_bytes, master.salt.data(), srtp::salt_size(master.suite));
    policy.key = key.data();
    policy.window_size = 1024;
    policy.ssrc.type = ssrc_any_outbound;
    JUNCTOR_CHECK(srtp_create(&out_, &policy) == srtp_err_status_ok);
    policy.ssrc.type = ssrc_any_inbound;
    JUNCTOR_CHECK(srtp_create(&in_, &policy) == srtp_err_status_ok);
  }
  ~Library() { srtp_dealloc(out_), srtp_dealloc(in_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  void run(Cost& cost) {
    int size = 0;
    turn_.make();
    cost.protect.push_back(turn_.pass([&](Packet& packet) {
      size = packet_bytes;
      JUNCTOR_CHECK(srtp_protect(out_, packet.data(), &size) == srtp_err_status_ok);
    }));
    cost.unprotect.push_back(turn_.pass([&](Packet& packet) {
      int left = size;
      JUNCTOR_CHECK(srtp_unprotect(in_, packet.data(), &left) == srtp_err_status_ok);
    }));
  }

 private:
  static void set_suite(srtp_policy_t& policy, srtp::Suite suite) {
    switch (suite) {
      case srtp::Suite::aes_cm_128_hmac_sha1_80:
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        break;
      case srtp::Suite::aes_cm_128_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
        break;
      case srtp::Suite::aes_256_cm_hmac_sha1_80:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
        break;
      case srtp::Suite::aes_256_cm_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
        break;
      case srtp::Suite::aead_aes_128_gcm:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        break;
      case srtp::Suite::aead_aes_256_gcm:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        break;
    }
    policy.rtcp = policy.rtp;
  }

  srtp_t out_ = nullptr, in_ = nullptr;
  Turn turn_;
};
#endif

double median(const std::vector<double>& values) {
  Rounds all;
  for (const double value : values) all.add(value);
  return all.median();
}

void measure(srtp::Suite suite, Random& random) {
  const srtp::MasterKey master = srtp::make_master_key(suite, random);
  const std::string name(srtp::name_of(suite));
  Ours ours(master);
  Cost our_cost;
#ifdef JUNCTOR_BENCH_LIBSRTP2
  Library library(master);
  Cost library_cost;
  for (int i = 0; i < rounds; ++i) ours.run(our_cost), library.run(library_cost);
  std::printf("  %-24s %6.2f %6.2f      %6.2f %6.2f      %4.2f %4.2f\n", name.c_str(), median(our_cost.protect) / 1e3,
              median(our_cost.unprotect) / 1e3, median(library_cost.protect) / 1e3,
              median(library_cost.unprotect) / 1e3, median_ratio(our_cost.protect, library_cost.protect),
              median_ratio(our_cost.unprotect, library_cost.unprotect));
#else
  for (int i = 0; i < rounds; ++i) ours.run(our_cost);
  std::printf("  %-24s %6.2f %6.2f\n", name.c_str(), median(our_cost.protect) / 1e3, median(our_cost.unprotect) / 1e3);
#endif
}

int run() {
#ifdef JUNCTOR_BENCH_LIBSRTP2
  JUNCTOR_CHECK(srtp_init() == srtp_err_status_ok);
  constexpr const char* others = "          libsrtp2          ratio";
#else
  constexpr const char* others = "";
#endif
  std::printf("RTP packets of %zu bytes, protected and unprotected, us each\n  %-24s    junctor%s\n", packet_bytes, "",
              others);
  SeededRandom random;
  for (const srtp::Suite suite : srtp::preferred_suites) measure(suite, random);
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main() {
  return junctor::bench::run();
}
