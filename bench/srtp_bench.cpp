// What protecting and unprotecting a voice packet costs, per suite, where all packets are of one context, and where
// each is of another, which is then not in the caches; libsrtp2 in turns with it where it is installed.
#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <string>

#include "base/check.hpp"
#include "bench/measure.hpp"
#include "srtp/sdes.hpp"
#include "srtp/srtp.hpp"
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

/// A turn's worth of packets, of contexts in no order: made, protected and unprotected in three passes.
class Turn {
 public:
  Turn(std::size_t contexts, Random& random) : packets_(turn_packets), order_(turn_packets) {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      order_[i] = i % contexts;
      std::swap(order_[i], order_[random.below(i + 1)]);
    }
  }

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
  /// work(packet, index of its context)
  template <class Work>
  double pass(Work&& work) {
    std::size_t i = 0;
    return ns_each(packets_.size(), [&] {
      work(packets_[i], order_[i]);
      ++i;
    });
  }

 private:
  std::uint16_t sequence_ = 1;
  std::vector<Packet> packets_;
  std::vector<std::size_t> order_;
};

struct Cost {
  std::vector<double> protect, unprotect;
};

class Ours {
 public:
  Ours(srtp::Suite suite, std::size_t contexts, Random& random) : turn_(contexts, random) {
    for (std::size_t i = 0; i < contexts; ++i) {
      const srtp::MasterKey master = srtp::make_master_key(suite, random);
      out_.emplace_back(srtp::Direction::outbound, master);
      in_.emplace_back(srtp::Direction::inbound, master);
    }
  }

  void run(Cost& cost) {
    std::size_t size = 0;
    turn_.make();
    cost.protect.push_back(turn_.pass([&](Packet& packet, std::size_t context) {
      const auto sealed = out_[context].protect(ciphers_, packet, packet_bytes);
      JUNCTOR_CHECK(sealed.has_value());
      size = *sealed;
    }));
    cost.unprotect.push_back(turn_.pass([&](Packet& packet, std::size_t context) {
      JUNCTOR_CHECK(in_[context].unprotect(ciphers_, std::span(packet).first(size)) == packet_bytes);
    }));
  }

 private:
  srtp::Ciphers ciphers_;
  std::deque<srtp::Context> out_, in_;
  Turn turn_;
};

#ifdef JUNCTOR_BENCH_LIBSRTP2
class Library {
 public:
  Library(srtp::Suite suite, Random& random) : turn_(1, random) {
    const srtp::MasterKey master = srtp::make_master_key(suite, random);
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
    cost.protect.push_back(turn_.pass([&](Packet& packet, std::size_t) {
      size = packet_bytes;
      JUNCTOR_CHECK(srtp_protect(out_, packet.data(), &size) == srtp_err_status_ok);
    }));
    cost.unprotect.push_back(turn_.pass([&](Packet& packet, std::size_t) {
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

std::string two(const Cost& cost) {
  char text[32];
  std::snprintf(text, sizeof text, "%6.2f %6.2f", median(cost.protect) / 1e3, median(cost.unprotect) / 1e3);
  return text;
}

void measure(srtp::Suite suite, Random& random) {
  Ours one(suite, 1, random), many(suite, turn_packets, random);
  Cost cost, cold_cost;
#ifdef JUNCTOR_BENCH_LIBSRTP2
  Library library(suite, random);
  Cost library_cost;
  for (int i = 0; i < rounds; ++i) one.run(cost), library.run(library_cost);
#else
  for (int i = 0; i < rounds; ++i) one.run(cost);
#endif
  for (int i = 0; i < rounds; ++i) many.run(cold_cost);
  std::printf("  %-24s %s     %s", std::string(srtp::name_of(suite)).c_str(), two(cost).c_str(),
              two(cold_cost).c_str());
#ifdef JUNCTOR_BENCH_LIBSRTP2
  std::printf("     %s     %4.2f %4.2f", two(library_cost).c_str(), median_ratio(cost.protect, library_cost.protect),
              median_ratio(cost.unprotect, library_cost.unprotect));
#endif
  std::printf("\n");
}

int run() {
#ifdef JUNCTOR_BENCH_LIBSRTP2
  JUNCTOR_CHECK(srtp_init() == srtp_err_status_ok);
  constexpr const char* others = "     libsrtp2          ratio";
#else
  constexpr const char* others = "";
#endif
  std::printf(
      "RTP packets of %zu bytes, protected and unprotected, us each\n  %-24s one context       %zu contexts%s\n",
      packet_bytes, "", turn_packets, others);
  SeededRandom random;
  for (const srtp::Suite suite : srtp::preferred_suites) measure(suite, random);
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main() {
  return junctor::bench::run();
}
