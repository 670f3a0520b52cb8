// A port that goes to another worker is the same one to its far end: nothing is lost or comes twice, and numbers, times
// and SSRC go on.
#include <gtest/gtest.h>

#include "media/worker_fixture.hpp"

namespace junctor::media {
namespace {

struct MovedPortTest : testing::Test, WorkerFixture {
  static constexpr std::uint32_t other_index = 7, other_slots = 8;

  static PortId there(std::uint32_t slot, std::uint32_t generation = 1) {
    return make_port_id(other_index, slot, generation);
  }
  PortId open_there(std::uint32_t slot, const Address& rtp) {
    tell(OpenPort{.id = there(slot)});
    tell(remote(there(slot), rtp, formats({pcma(), events_as(101, 101)})));
    return there(slot);
  }
  void tell(Command c) { other.on_command(c, now); }
  PortId move(PortId port) {
    const PortId moved = there(other_slots + guests++);
    other.take_over(moved, worker.hand_over(port), now);
    return moved;
  }
  /// Both workers' timers.
  void run(Duration span) {
    for (const TimePoint end = now + span; now < end;) {
      now += milliseconds(1);
      worker.advance(now);
      other.advance(now);
    }
  }
  void say(PortId port, Speaker& s, std::uint8_t code = 0x55) {
    const std::vector<std::uint8_t> payload(160, code);
    std::array<std::uint8_t, 2048> bytes;
    const std::size_t size = rtp::write_packet({.payload_type = s.payload_type,
                                                .sequence = s.sequence++,
                                                .timestamp = s.timestamp += s.step,
                                                .ssrc = s.ssrc,
                                                .payload = payload},
                                               bytes);
    Worker& at = worker_of(port) == other_index ? other : worker;
    at.on_datagram(make_tag(slot_of(port), Channel::rtp), s.address, std::span(bytes).first(size), now);
  }
  /// All RTP that went to this far end, whatever sent it.
  std::vector<Datagram> heard_by(const Address& far_end) const {
    std::vector<Datagram> out;
    for (const Datagram& d : sent)
      if (d.to == far_end && !rtp::looks_like_rtcp(d.bytes)) out.push_back(d);
    return out;
  }
  void expect_nothing_left() {
    EXPECT_EQ(worker.open_ports() + other.open_ports(), 0u);
    EXPECT_EQ(worker.pending_timers() + other.pending_timers(), 0u);
  }

  Worker other{{.index = other_index, .slots = other_slots}, *this, *this, random, counters, now};
  std::uint32_t guests = 0;
};

TEST_F(MovedPortTest, a_relayed_leg_is_relayed_on_by_the_other_worker) {
  Speaker alice{.address = address(1, 4000), .ssrc = 1}, bob{.address = address(2, 4000), .ssrc = 2},
      carol{.address = address(3, 4000), .ssrc = 3};
  const PortId a = open(0, alice.address), b = open(1, bob.address);
  const PortId c = open_there(0, carol.address);
  command(Join{.a = a, .b = b});
  for (int i = 0; i < 50; ++i) {
    say(a, alice);
    say(b, bob, 0x0b);
    say(c, carol, 0x0c);
    run(milliseconds(20));
  }
  ASSERT_GT(heard_by(alice.address).size(), 40u);
  command(SendDigits{.id = a, .digits = "12"});  // while it goes
  run(milliseconds(40));
  const auto events_before = events_of<Locked>().size();

  const PortId moved = move(a);
  tell(Join{.a = moved, .b = c});
  worker.on_datagram(make_tag(slot_of(a), Channel::rtp), alice.address, {}, now);
  EXPECT_EQ(counters.get("media_dropped_no_port").value(), 1u) << "its slot is empty";
  const std::size_t heard_before = heard_by(carol.address).size();
  for (int i = 0; i < 100; ++i) {
    say(moved, alice, 0x0a);
    say(b, bob, 0x0b);
    say(c, carol, 0x0c);
    run(milliseconds(20));
  }
  EXPECT_EQ(heard_by(carol.address).size(), heard_before + 100u);
  EXPECT_EQ(events_of<Locked>().size(), events_before) << "the source is known already";

  // What alice got: one stream, without a step in its numbers; times follow the clock on the wall.
  const auto to_alice = heard_by(alice.address);
  int keys = 0, of_carol = 0;
  for (std::size_t i = 1; i < to_alice.size(); ++i) {
    const rtp::Packet before = to_alice[i - 1].packet(), packet = to_alice[i].packet();
    ASSERT_EQ(packet.ssrc, before.ssrc);
    ASSERT_EQ(packet.sequence, static_cast<std::uint16_t>(before.sequence + 1)) << i;
    keys += packet.payload_type == 101 && packet.marker;
    if (packet.payload_type != 8) continue;
    of_carol += packet.payload[0] == 0x0c;
    const auto elapsed = to_alice[i].time - to_alice[0].time;
    const auto units = static_cast<std::int32_t>(packet.timestamp - to_alice[0].packet().timestamp);
    EXPECT_NEAR(units / 8.0, static_cast<double>(elapsed / milliseconds(1)), 20) << i;
  }
  EXPECT_EQ(keys, 2);
  EXPECT_GT(of_carol, 75) << "all but what two keys took the place of";

  command(Close{.id = a});
  EXPECT_TRUE(events_of<Closed>().empty()) << "it is not closed twice";
  tell(Snapshot{.id = moved});
  EXPECT_EQ(events_of<Stats>().back().stats.path, Path::relay);
  tell(Close{.id = moved});
  command(Close{.id = b});
  tell(Close{.id = c});
  ASSERT_EQ(events_of<Closed>().size(), 3u);
  const PortStats stats = events_of<Closed>().front().stats;
  EXPECT_EQ(stats.packets_in, 150u);
  EXPECT_EQ(stats.packets_out, to_alice.size());
  EXPECT_EQ(stats.lost, 0u);
  expect_nothing_left();
}

TEST_F(MovedPortTest, from_one_mixer_into_another_without_a_hole) {
  const MixerId first = make_mixer_id(worker_index, 1), second = make_mixer_id(other_index, 2);
  Speaker alice{.address = address(1, 4000), .ssrc = 1}, carol{.address = address(3, 4000), .ssrc = 3};
  const PortId a = open(0, alice.address);
  const PortId c = open_there(0, carol.address);
  command(OpenMixer{.id = first});
  command(Seat{.port = a, .mixer = first});
  run(milliseconds(7));  // the two do not tick together
  tell(OpenMixer{.id = second});
  tell(Seat{.port = c, .mixer = second});
  PortId moved = a;
  for (int i = 0; i < 200; ++i) {
    if (i == 100) {
      moved = move(a);
      tell(Seat{.port = moved, .mixer = second});
    }
    say(moved, alice, 0xd5);
    say(c, carol, 0xd5);
    run(milliseconds(20));
  }
  for (const Speaker* far_end : {&alice, &carol}) {
    const auto heard = heard_by(far_end->address);
    ASSERT_GT(heard.size(), 195u);
    for (std::size_t i = 1; i < heard.size(); ++i) {
      ASSERT_EQ(heard[i].packet().ssrc, heard[0].packet().ssrc);
      ASSERT_EQ(heard[i].packet().sequence, static_cast<std::uint16_t>(heard[i - 1].packet().sequence + 1));
      ASSERT_LE(heard[i].time - heard[i - 1].time, milliseconds(40)) << "a frame is 20 ms, and one may be missing";
    }
  }
  command(CloseMixer{.id = first});
  tell(CloseMixer{.id = second});
  tell(Close{.id = moved});
  tell(Close{.id = c});
  expect_nothing_left();
}

TEST_F(MovedPortTest, timers_go_on_at_the_other_place) {
  const PortId a = open(0, address(1, 4000));
  SetRemote set = remote(a, address(1, 4000), formats({pcma()}));
  set.timeout = seconds(2);
  command(set);
  run(seconds(1));
  const PortId moved = move(a);
  run(milliseconds(990));
  EXPECT_TRUE(events_of<Timeout>().empty());
  run(milliseconds(20));
  ASSERT_EQ(events_of<Timeout>().size(), 1u);
  EXPECT_EQ(events_of<Timeout>()[0].id, moved);
  run(seconds(8));
  EXPECT_GT(rtcp_from(moved).size(), 0u);
  tell(Close{.id = moved});
  expect_nothing_left();

  // One that was never opened is closed like any other.
  const PortId unknown = move(id(5));
  tell(Close{.id = unknown});
  EXPECT_EQ(events_of<Closed>().back().id, unknown);
}

}  // namespace
}  // namespace junctor::media
