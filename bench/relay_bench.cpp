// What the media worker adds to a relayed packet, beside what the kernel takes for receiving and sending one.
#include <array>
#include <memory>
#include <random>
#include <span>

#include "base/check.hpp"
#include "bench/loopback.hpp"
#include "bench/measure.hpp"
#include "media/worker.hpp"
#include "rtp/packet.hpp"

namespace junctor::bench {
namespace {

constexpr std::uint32_t ports = 1000;
constexpr std::size_t payload_bytes = 160;  // 20 ms of G.711
constexpr std::size_t packet_bytes = rtp::fixed_header_size + payload_bytes;

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{1};
};

class NoNetwork final : public DatagramSender, public media::EventSink {
 public:
  bool send(std::uint64_t, const Address&, std::span<const std::uint8_t> bytes) override {
    ++sent;
    keep(bytes);
    return true;
  }
  void on_event(const media::Event&) override {}
  std::size_t sent = 0;
};

/// 1000 ports, joined in pairs; each far end speaks once per turn of 20 ms.
class Relay {
 public:
  Relay() {
    for (std::uint32_t slot = 0; slot < ports; ++slot) {
      worker_.on_command(media::OpenPort{.id = id(slot)}, now_);
      media::SetRemote remote{.id = id(slot), .rtp = far_end(slot), .timeout = seconds(30)};
      remote.payloads.add({8, 8, rtp::Codec::pcma});
      remote.payloads.add({101, 101, rtp::Codec::telephone_event});
      worker_.on_command(remote, now_);
      if (slot % 2 == 1) worker_.on_command(media::Join{.a = id(slot - 1), .b = id(slot)}, now_);
    }
    for (int i = 0; i < 50; ++i) turn();  // sources have locked
  }

  /// One packet from every far end.
  void turn() {
    now_ += milliseconds(20);
    for (std::uint32_t slot = 0; slot < ports; ++slot) {
      const std::size_t size = rtp::write_packet(
          {.payload_type = 8, .sequence = sequence_, .timestamp = timestamp_, .ssrc = slot + 1, .payload = payload_},
          bytes_[slot]);
      JUNCTOR_CHECK(size == packet_bytes);
    }
    ++sequence_;
    timestamp_ += payload_bytes;
    const double start = cpu_ns();
    for (std::uint32_t slot = 0; slot < ports; ++slot)
      worker_.on_datagram(media::make_tag(slot, media::Channel::rtp), far_end(slot), bytes_[slot], now_);
    worker_.advance(now_);
    spent_ns = cpu_ns() - start;
  }

  double spent_ns = 0;  // of the last turn, the packets' making not included
  NoNetwork network;

 private:
  static PortId id(std::uint32_t slot) { return media::make_port_id(0, slot, 1); }
  static Address far_end(std::uint32_t slot) {
    return {IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(slot % 250 + 1)),
            static_cast<std::uint16_t>(10'000 + 2 * slot)};
  }

  TimePoint now_{hours(1)};
  SeededRandom random_;
  Counters counters_;
  std::array<std::uint8_t, payload_bytes> payload_{};
  std::array<std::array<std::uint8_t, packet_bytes>, ports> bytes_{};
  std::uint16_t sequence_ = 1;
  std::uint32_t timestamp_ = 1;
  media::Worker worker_{{.index = 0, .slots = ports}, network, network, random_, counters_, now_};
};

int run() {
  const auto relay = std::make_unique<Relay>();
  Loopback loopback(packet_bytes);
  constexpr int rounds = 31;
  constexpr int turns = 20;
  std::vector<double> worker, kernel;
  const std::size_t before = relay->network.sent;
  for (int i = 0; i < rounds; ++i) {
    double spent = 0;
    for (int t = 0; t < turns; ++t) relay->turn(), spent += relay->spent_ns;
    worker.push_back(spent / (turns * ports));
    kernel.push_back(ns_each(5000, [&loopback] { loopback.pass_one(); }));
  }
  if (relay->network.sent - before < std::size_t{rounds} * turns * ports) return 1;  // RTCP comes on top
  Rounds w, k;
  for (const double v : worker) w.add(v);
  for (const double v : kernel) k.add(v);
  std::printf("relay, %u ports in pairs, %zu-byte packets\n", ports, packet_bytes);
  std::printf("  recvfrom and sendto on the loopback (floor) %7.0f ns\n", k.median());
  std::printf("  media::Worker, RTCP and timers included     %7.0f ns   %.2f x floor\n", w.median(),
              median_ratio(worker, kernel));
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main() {
  return junctor::bench::run();
}
