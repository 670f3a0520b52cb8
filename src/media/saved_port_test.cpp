// A port that was saved and loaded, on another clock, is the same to everybody: the same packets, reports, events and
// figures follow from the same input.
#include <gtest/gtest.h>

#include "media/port.hpp"
#include "media/worker_fixture.hpp"

namespace junctor::media {
namespace {

constexpr Duration other_clock = hours(9) + milliseconds(7);

/// A leg's port and the one it is joined with, on one clock.
struct Pair final : DatagramSender, EventSink {
  Pair(Port a, Port b, TimePoint start) : leg(std::move(a)), far(std::move(b)), now(start) {
    map();
    wall.set(now, WallTime(milliseconds(1700000000000)));
  }
  void map() {
    leg.map_formats_to(far);
    far.map_formats_to(leg);
  }
  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) override {
    sent.push_back({tag, to, {bytes.begin(), bytes.end()}, TimePoint{}});
    return true;
  }
  void on_event(const Event& event) override {
    if (const auto* digit = std::get_if<Dtmf>(&event)) told += digit->digit;
    if (std::holds_alternative<Locked>(event)) told += 'L';
  }
  void receive(Port& port, Port& other, const Address& from, const rtp::Packet& packet) {
    std::array<std::uint8_t, 2048> bytes;
    const std::size_t size = rtp::write_packet(packet, bytes);
    if (const auto arrival = port.receive({bytes.data(), size}, from, now, *this))
      other.forward(*arrival, port, *this, now);
  }

  Port leg, far;
  TimePoint now;
  WallClock wall;
  std::vector<Datagram> sent;
  std::string told;
};

void expect_same(Pair& a, Pair& b) {
  ASSERT_EQ(a.sent.size(), b.sent.size());
  for (std::size_t i = 0; i < a.sent.size(); ++i) {
    ASSERT_EQ(a.sent[i].tag, b.sent[i].tag);
    ASSERT_EQ(a.sent[i].to, b.sent[i].to);
    ASSERT_EQ(a.sent[i].bytes, b.sent[i].bytes);
  }
  ASSERT_EQ(a.told, b.told);
  ASSERT_EQ(a.leg.save(a.now), b.leg.save(b.now));
  ASSERT_EQ(a.far.save(a.now), b.far.save(b.now));
  const PortStats x = a.leg.stats(), y = b.leg.stats();
  ASSERT_EQ(x.packets_in, y.packets_in);
  ASSERT_EQ(x.lost, y.lost);
  ASSERT_EQ(x.jitter_ms, y.jitter_ms);
  ASSERT_EQ(x.rtt_ms, y.rtt_ms);
  ASSERT_EQ(x.mos, y.mos);
  ASSERT_EQ(x.drops, y.drops);
  ASSERT_EQ(x.mos_now, y.mos_now);
  ASSERT_EQ(x.level_dbm0, y.level_dbm0);
  ASSERT_EQ(x.verdict, y.verdict);
}

TEST(SavedPort, GoesOnAsIfNothingHadHappened) {
  SeededRandom random(31);
  const PortId leg_id = WorkerFixture::id(4), far_id = WorkerFixture::id(5);
  srtp::Ciphers ciphers;
  Pair first(Port(leg_id, random, ciphers), Port(far_id, random, ciphers), TimePoint{hours(1)});
  const Address phone = WorkerFixture::address(1, 4000), moved = WorkerFixture::address(1, 4444),
                carrier = WorkerFixture::address(2, 6000), stranger = WorkerFixture::address(66, 666);
  const auto formats =
      WorkerFixture::formats({WorkerFixture::pcma(), WorkerFixture::pcmu(), WorkerFixture::events_as(101, 97)});
  const auto remote = [&](PortId id, const Address& rtp, bool send) {
    SetRemote out = WorkerFixture::remote(id, rtp, formats);
    out.send = send;
    out.timeout = seconds(30);
    return out;
  };
  first.leg.set_remote(remote(leg_id, phone, true), first.now);
  first.far.set_remote(remote(far_id, carrier, true), first.now);
  first.map();

  Speaker in{.address = phone}, back{.address = carrier, .ssrc = 77};
  for (int round = 0; round < 3000; ++round) {
    auto leg = Port::load(leg_id, first.leg.save(first.now), first.now + other_clock, ciphers);
    auto far = Port::load(far_id, first.far.save(first.now), first.now + other_clock, ciphers);
    ASSERT_TRUE(leg && far);
    Pair second(std::move(*leg), std::move(*far), first.now + other_clock);
    first.sent.clear();
    first.told.clear();
    first.wall.set(first.now, WallTime(milliseconds(1700000000000)));

    const Duration step = milliseconds(random.below(25));
    const std::uint64_t what = random.below(40);
    static constexpr std::array<std::uint8_t, 160> speech{};
    const std::array<std::uint8_t, 4> digit{static_cast<std::uint8_t>(random.below(12)), 0x8a, 0, 160};
    rtp::Packet packet{.payload_type = in.payload_type,
                       .sequence = in.sequence++,
                       .timestamp = in.timestamp += in.step,
                       .ssrc = in.ssrc,
                       .payload = speech};
    if (what == 0) in.sequence = static_cast<std::uint16_t>(in.sequence + random.below(5000));
    if (what == 1) in.ssrc = static_cast<std::uint32_t>(random.next());
    if (what == 2) in.address = in.address == phone ? moved : phone;
    if (what == 3) packet.sequence = static_cast<std::uint16_t>(packet.sequence - random.below(80));
    if (what == 4) packet.payload_type = 101, packet.payload = digit;
    const bool hold = what == 5;
    rtp::Packet answer{.payload_type = 8,
                       .sequence = back.sequence++,
                       .timestamp = back.timestamp += back.step,
                       .ssrc = back.ssrc,
                       .payload = speech};

    for (Pair* const pair : {&first, &second}) {
      pair->now += step;
      pair->leg.set_remote(remote(leg_id, phone, !hold), pair->now);
      pair->receive(pair->leg, pair->far, in.address, packet);
      if (what == 6) pair->receive(pair->leg, pair->far, stranger, packet);
      if (what > 10) pair->receive(pair->far, pair->leg, carrier, answer);
      if (what == 7) pair->leg.out().begin_source();
      if (what == 8) pair->leg.send_made(formats.entries().front(), speech, 160, *pair, pair->now);
      if (what == 10 || what == 30) {
        if (what == 30) pair->leg.on_unreachable(moved, pair->now);
        for (Port* const port : {&pair->leg, &pair->far})
          if (port->check(pair->now)) pair->told += to_string(port->verdict());
      }
      if (what == 9) {
        pair->leg.send_report(&pair->far, pair->wall, false, *pair, pair->now);
        // It comes back as if the far end had said the same of itself: sender report and all.
        const auto report = pair->sent.back().bytes;
        pair->far.receive_rtcp(report, {carrier.ip, 6001}, pair->now);
      }
    }
    ASSERT_EQ(first.leg.timeout_at(), *second.leg.timeout_at() - other_clock);
    expect_same(first, second);
    if (HasFatalFailure()) FAIL() << "round " << round << ", event " << what;
  }
  EXPECT_GT(first.leg.stats().packets_in, 1000u);
  EXPECT_GT(first.leg.stats().packets_out, 1000u);
  EXPECT_FALSE(Port::load(leg_id, first.leg.save(first.now).substr(1), first.now, ciphers));
}

}  // namespace
}  // namespace junctor::media
