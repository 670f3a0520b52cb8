// Commands, their answers, and the life of ports.
#include "media/worker.hpp"

#include <gtest/gtest.h>

#include "media/worker_fixture.hpp"

namespace junctor::media {
namespace {

struct WorkerTest : testing::Test, WorkerFixture {
  Speaker alice{.address = address(1, 4000)};

  Outcome outcome(Command c) {
    std::visit([](auto& one) { one.token = 42; }, c);
    const std::size_t before = events_of<Done>().size();
    command(c);
    EXPECT_EQ(events_of<Done>().size(), before + 1);
    EXPECT_EQ(events_of<Done>().back().token, 42u);
    return events_of<Done>().back().outcome;
  }
};

TEST_F(WorkerTest, ids_and_tags_carry_their_parts) {
  const PortId port = make_port_id(255, slots_max - 1, 0xffffffff);
  EXPECT_EQ(worker_of(port), 255u);
  EXPECT_EQ(slot_of(port), slots_max - 1);
  EXPECT_EQ(generation_of(port), 0xffffffffu);
  EXPECT_EQ(make_tag(7, Channel::rtcp), 15u);
  EXPECT_EQ(slot_of_tag(15), 7u);
  EXPECT_EQ(channel_of_tag(14), Channel::rtp);
}

TEST_F(WorkerTest, a_payload_map_refuses_what_it_cannot_hold) {
  PayloadMap map;
  EXPECT_TRUE(map.add(pcma()));
  EXPECT_FALSE(map.add(pcma()));
  EXPECT_FALSE(map.add({.receive_type = 128}));
  EXPECT_FALSE(map.add({.receive_type = 1, .clock_rate = 0}));
  for (std::uint8_t type = 96; type < 96 + PayloadMap::capacity - 1; ++type) EXPECT_TRUE(map.add(pcmu(type)));
  EXPECT_FALSE(map.add(pcmu(0)));
}

TEST_F(WorkerTest, every_command_with_a_token_is_answered) {
  const PortId a = id(0), b = id(1);
  EXPECT_EQ(outcome(OpenPort{.id = a}), Outcome::done);
  EXPECT_EQ(outcome(OpenPort{.id = a}), Outcome::bad_parameter);
  EXPECT_EQ(outcome(remote(a, alice.address, formats({pcma()}))), Outcome::done);
  EXPECT_EQ(outcome(Join{.a = a, .b = b}), Outcome::no_such_port);
  EXPECT_EQ(outcome(Join{.a = a, .b = a}), Outcome::bad_parameter);
  EXPECT_EQ(outcome(OpenPort{.id = b}), Outcome::done);
  EXPECT_EQ(outcome(Join{.a = a, .b = b}), Outcome::done);
  EXPECT_EQ(outcome(Leave{.id = a}), Outcome::done);
  EXPECT_EQ(outcome(Leave{.id = a}), Outcome::done);
  EXPECT_EQ(outcome(Echo{.id = a}), Outcome::done);
  EXPECT_EQ(outcome(StopEcho{.id = a}), Outcome::done);
  EXPECT_EQ(outcome(Snapshot{.id = a}), Outcome::done);
  EXPECT_EQ(outcome(Close{.id = a}), Outcome::done);
  EXPECT_EQ(outcome(Close{.id = a}), Outcome::no_such_port);
  EXPECT_EQ(outcome(Snapshot{.id = a}), Outcome::no_such_port);
  EXPECT_EQ(outcome(OpenPort{.id = a}), Outcome::bad_parameter);
  const std::size_t answers = events_of<Done>().size();
  command(Snapshot{.id = b});  // no token, no answer
  EXPECT_EQ(events_of<Done>().size(), answers);
}

TEST_F(WorkerTest, every_lease_is_closed_once_opened_or_not_and_nothing_is_left) {
  const PortId a = open(0, alice.address), b = open(1, address(2, 2000));
  command(Join{.a = a, .b = b});
  command(Echo{.id = open(2, address(3, 3000))});
  SetRemote timed = remote(b, address(2, 2000), formats({pcma()}));
  timed.timeout = seconds(10);
  command(timed);
  speak(a, alice, 20);
  EXPECT_EQ(worker.open_ports(), 3u);
  for (std::uint32_t slot = 0; slot < 4; ++slot) {  // slot 3 was leased and never opened
    command(Close{.id = id(slot), .token = slot + 1});
    command(Close{.id = id(slot)});
  }
  const auto closed = events_of<Closed>();
  ASSERT_EQ(closed.size(), 4u);
  EXPECT_EQ(closed[0].stats.packets_in, 20u);
  EXPECT_EQ(closed[0].stats.codec, rtp::Codec::pcma);
  EXPECT_EQ(closed[0].stats.locked, alice.address);
  EXPECT_EQ(closed[0].stats.bytes_in, 20u * 172);
  EXPECT_NEAR(closed[0].stats.mos, 4.4, 0.02);
  EXPECT_EQ(closed[1].stats.packets_out, 20u);
  EXPECT_EQ(closed[1].stats.mos, 0);
  EXPECT_EQ(closed[3].stats.packets_in, 0u);
  // Closed comes before the Done of its Close.
  EXPECT_TRUE(std::holds_alternative<Closed>(events[events.size() - 2]));
  EXPECT_EQ(worker.open_ports(), 0u);
  EXPECT_EQ(worker.pending_timers(), 0u);
  EXPECT_FALSE(worker.next_wake());
}

TEST_F(WorkerTest, the_next_lease_of_a_pair_is_not_touched_by_the_last_ones_messages) {
  const PortId before = open(0, alice.address);
  command(Close{.id = before});
  const PortId after = id(0, 2);
  command(OpenPort{.id = after});
  command(remote(after, alice.address, formats({pcma()})));
  EXPECT_EQ(outcome(Close{.id = before}), Outcome::no_such_port);
  EXPECT_EQ(outcome(Echo{.id = before}), Outcome::no_such_port);
  EXPECT_EQ(worker.open_ports(), 1u);
  speak(after, alice, 3);
  EXPECT_EQ(stats(after).packets_in, 3u);
}

TEST_F(WorkerTest, datagrams_for_nobody_are_counted) {
  receive_bytes(id(5), alice.address, std::vector<std::uint8_t>(172));
  worker.on_datagram(make_tag(9999, Channel::rtp), alice.address, std::vector<std::uint8_t>(172), now);
  EXPECT_EQ(counters.get("media_dropped_no_port").value(), 2u);
}

TEST_F(WorkerTest, drops_of_all_ports_are_counted_by_reason) {
  const PortId a = open(0, alice.address), b = open(1, alice.address);
  alice.payload_type = 50;
  speak(a, alice, 3);
  pass(seconds(10));
  EXPECT_EQ(counters.get("media_dropped_unknown_type").value(), 3u);
  speak(b, alice, 4);
  command(Close{.id = a});
  command(Close{.id = b});
  EXPECT_EQ(counters.get("media_dropped_unknown_type").value(), 7u);
}

TEST_F(WorkerTest, before_the_far_end_is_known_packets_are_not_used) {
  command(OpenPort{.id = id(0)});
  speak(id(0), alice, 10);
  EXPECT_EQ(stats(id(0)).packets_in, 0u);
  pass(seconds(20));
  EXPECT_TRUE(sent.empty());
}

struct TimeoutTest : WorkerTest {
  PortId a;
  SetRemote timed;
  void SetUp() override {
    a = open(0, alice.address);
    timed = remote(a, alice.address, formats({pcma()}));
    timed.timeout = seconds(30);
    command(timed);
  }
  std::size_t timeouts() const { return events_of<Timeout>().size(); }
};

TEST_F(TimeoutTest, silence_is_told_once) {
  speak(a, alice, 100);
  pass(seconds(29));
  EXPECT_EQ(timeouts(), 0u);
  pass(seconds(2));
  EXPECT_EQ(timeouts(), 1u);
  pass(hours(1));
  command(timed);
  pass(hours(1));
  EXPECT_EQ(timeouts(), 1u);
}

TEST_F(TimeoutTest, a_far_end_that_never_sent_times_out_too) {
  pass(seconds(31));
  EXPECT_EQ(timeouts(), 1u);
}

TEST_F(TimeoutTest, packets_keep_it_away_and_arm_it_again) {
  for (int i = 0; i < 10; ++i) {
    speak(a, alice);
    pass(seconds(25));
  }
  EXPECT_EQ(timeouts(), 0u);
  pass(seconds(10));
  EXPECT_EQ(timeouts(), 1u);
  speak(a, alice);
  pass(seconds(31));
  EXPECT_EQ(timeouts(), 2u);
}

TEST_F(TimeoutTest, strangers_do_not_keep_a_dead_call_alive) {
  speak(a, alice, 10);
  Speaker stranger{.address = address(66, 6666), .payload_type = 99};
  for (int i = 0; i < 40; ++i) {
    speak(a, stranger);
    pass(milliseconds(980));
  }
  EXPECT_EQ(timeouts(), 1u);
}

TEST_F(TimeoutTest, not_on_hold_and_from_the_beginning_after_it) {
  speak(a, alice, 10);
  timed.receive = false;
  command(timed);
  pass(minutes(10));
  EXPECT_EQ(timeouts(), 0u);
  timed.receive = true;
  command(timed);
  pass(seconds(29));
  EXPECT_EQ(timeouts(), 0u);
  pass(seconds(2));
  EXPECT_EQ(timeouts(), 1u);
}

TEST_F(TimeoutTest, rtcp_is_a_sign_of_life) {
  std::array<std::uint8_t, 64> bytes;
  rtp::CompoundWriter writer(bytes);
  writer.add_report({.ssrc = 1});
  for (int i = 0; i < 20; ++i) {
    receive_bytes(a, address(1, 4001), {bytes.data(), writer.finish()}, Channel::rtcp);
    pass(seconds(10));
  }
  EXPECT_EQ(timeouts(), 0u);
}

}  // namespace
}  // namespace junctor::media
