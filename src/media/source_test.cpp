// What feeds a leg besides another leg: echo and tone.
#include <gtest/gtest.h>

#include "audio/g711.hpp"
#include "audio/goertzel.hpp"
#include "media/worker_fixture.hpp"
#include "rtp/sequence.hpp"

namespace junctor::media {
namespace {

struct SourceTest : testing::Test, WorkerFixture {
  Speaker alice{.address = address(1, 4000)};

  std::vector<std::int16_t> heard(PortId port, audio::Law law) {
    std::vector<std::int16_t> samples;
    for (const Datagram& d : rtp_from(port)) {
      for (const std::uint8_t code : d.packet().payload) samples.push_back(audio::decode(law, code));
    }
    return samples;
  }
};

TEST_F(SourceTest, echo_sends_everything_back_in_the_far_ends_own_types) {
  const PortId a = open(0, alice.address, formats({pcma(), events_as(101, 96)}));
  command(Echo{.id = a, .token = 5});
  EXPECT_EQ(events_of<Done>().back().outcome, Outcome::done);
  speak(a, alice, 10);
  alice.payload_type = 101;
  speak(a, alice);
  const auto out = rtp_from(a);
  ASSERT_EQ(out.size(), 11u);
  EXPECT_EQ(out[0].to, alice.address);
  EXPECT_EQ(out[0].packet().payload_type, 8);
  EXPECT_EQ(out[10].packet().payload_type, 96);
  EXPECT_NE(out[0].packet().ssrc, alice.ssrc);
  command(StopSource{.id = a});
  speak(a, alice, 5);
  EXPECT_EQ(rtp_from(a).size(), 11u);
}

TEST_F(SourceTest, a_tone_has_its_frequency_and_level_in_both_laws) {
  for (const auto& [slot, payload, law] :
       {std::tuple{0u, pcma(), audio::Law::a}, std::tuple{1u, pcmu(), audio::Law::mu}}) {
    const PortId port = open(slot, alice.address, formats({events_as(101, 101), payload}));
    command(Tone{.id = port, .hz = 1004, .level_dbm0 = -3});
    pass(seconds(1));
    const auto samples = heard(port, law);
    EXPECT_NEAR(static_cast<double>(samples.size()), 8000, 160);
    EXPECT_NEAR(audio::tone_level_dbm0(samples, 1004, 8000), -3, 0.1);
    EXPECT_NEAR(audio::total_level_dbm0(samples), -3, 0.1);
    EXPECT_EQ(rtp_from(port)[0].packet().payload_type, payload.send_type);
    command(Close{.id = port});
  }
}

TEST_F(SourceTest, a_tones_packets_are_in_step_with_the_clock) {
  const PortId a = open(0, alice.address);
  command(Tone{.id = a});
  pass(seconds(10));
  const auto out = rtp_from(a);
  ASSERT_EQ(out.size(), 501u);
  for (std::size_t i = 1; i < out.size(); ++i) {
    ASSERT_EQ(out[i].time - out[i - 1].time, milliseconds(20));
    ASSERT_EQ(out[i].packet().timestamp, out[i - 1].packet().timestamp + 160);
    ASSERT_EQ(out[i].packet().sequence, static_cast<std::uint16_t>(out[i - 1].packet().sequence + 1));
    ASSERT_FALSE(out[i].packet().marker);
  }
}

TEST_F(SourceTest, a_held_up_thread_catches_up_a_little_and_lets_the_rest_go) {
  const PortId a = open(0, alice.address);
  command(Tone{.id = a});
  pass(milliseconds(100));
  sent.clear();
  now += milliseconds(60);
  worker.advance(now);
  EXPECT_EQ(rtp_from(a).size(), 3u);
  sent.clear();
  now += seconds(5);
  worker.advance(now);
  EXPECT_EQ(rtp_from(a).size(), 5u);
  const std::uint32_t before = rtp_from(a).back().packet().timestamp;
  sent.clear();
  pass(milliseconds(20));
  ASSERT_EQ(rtp_from(a).size(), 1u);
  EXPECT_GT(rtp::timestamp_distance(rtp_from(a)[0].packet().timestamp, before), 0);
}

TEST_F(SourceTest, tone_echo_and_relay_are_one_stream_to_the_far_end) {
  const PortId a = open(0, alice.address), b = open(1, address(2, 2000));
  Speaker bob{.address = address(2, 2000), .ssrc = 2, .sequence = 50000, .timestamp = 77};
  for (int round = 0; round < 3; ++round) {
    command(Tone{.id = a, .hz = 440});
    pass(milliseconds(210));
    command(Join{.a = a, .b = b});
    speak(b, bob, 10);
    command(Echo{.id = a});
    speak(a, alice, 10);
    command(StopSource{.id = a});
    pass(milliseconds(300));
  }
  const auto out = rtp_from(a);
  ASSERT_EQ(out.size(), 3u * (11 + 10 + 10));
  for (std::size_t i = 1; i < out.size(); ++i) {
    const auto p = out[i].packet(), before = out[i - 1].packet();
    ASSERT_EQ(p.ssrc, before.ssrc);
    ASSERT_EQ(p.sequence, static_cast<std::uint16_t>(before.sequence + 1)) << i;
    const std::uint32_t passed = timestamp_units(out[i].time - out[i - 1].time, 8000);
    ASSERT_NEAR(static_cast<double>(p.timestamp - before.timestamp), passed, 160) << i;
  }
  EXPECT_EQ(std::ranges::count_if(out, [](const Datagram& d) { return d.packet().marker; }), 9);
}

TEST_F(SourceTest, on_hold_a_tone_is_silent_and_goes_on_afterwards) {
  const PortId a = open(0, alice.address);
  command(Tone{.id = a});
  pass(seconds(1));
  SetRemote hold = remote(a, alice.address, formats({pcma(), events_as(101, 101)}));
  hold.send = false;
  command(hold);
  const std::size_t before = rtp_from(a).size();
  pass(seconds(2));
  EXPECT_EQ(rtp_from(a).size(), before);
  hold.send = true;
  command(hold);
  pass(seconds(1));
  const auto out = rtp_from(a);
  EXPECT_NEAR(static_cast<double>(out.size() - before), 50, 1);
  EXPECT_TRUE(out[before].packet().marker);
  EXPECT_EQ(out[before].packet().timestamp - out[before - 1].packet().timestamp,
            timestamp_units(out[before].time - out[before - 1].time, 8000));
}

TEST_F(SourceTest, a_tone_is_refused_where_it_cannot_be_made) {
  const PortId a = open(0, alice.address, formats({{.receive_type = 9, .send_type = 9, .codec = rtp::Codec::g722}}));
  command(Tone{.id = a, .token = 1});
  EXPECT_EQ(events_of<Done>().back().outcome, Outcome::no_format);
  for (const Tone& wrong : {Tone{.id = a, .hz = 0, .token = 2}, Tone{.id = a, .hz = 4000, .token = 2},
                            Tone{.id = a, .level_dbm0 = 4, .token = 2}}) {
    command(wrong);
    EXPECT_EQ(events_of<Done>().back().outcome, Outcome::bad_parameter);
  }
}

}  // namespace
}  // namespace junctor::media
