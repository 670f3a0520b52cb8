// What feeds a leg besides another leg.
#include <gtest/gtest.h>

#include "media/worker_fixture.hpp"

namespace junctor::media {
namespace {

struct SourceTest : testing::Test, WorkerFixture {
  Speaker alice{.address = address(1, 4000)};
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
  command(StopEcho{.id = a});
  speak(a, alice, 5);
  EXPECT_EQ(rtp_from(a).size(), 11u);
}

TEST_F(SourceTest, a_cadence_echo_and_relay_are_one_stream_to_the_far_end) {
  const PortId a = open(0, alice.address), b = open(1, address(2, 2000));
  const MixerId mixer = make_mixer_id(worker_index, 1);
  Speaker bob{.address = address(2, 2000), .ssrc = 2, .sequence = 50000, .timestamp = 77};
  command(OpenMixer{.id = mixer});
  Play tone{.id = {}, .mixer = mixer, .to = {}, .what = audio::Tone{.count = 1}};
  std::get<audio::Tone>(tone.what).segments[0].components[0].hz = 440;
  command(tone);
  for (int round = 0; round < 3; ++round) {
    command(Seat{.port = a, .mixer = mixer});
    pass(milliseconds(210));
    command(Join{.a = a, .b = b});
    speak(b, bob, 10);
    command(Echo{.id = a});
    speak(a, alice, 10);
    command(StopEcho{.id = a});
    pass(milliseconds(300));
  }
  const auto out = rtp_from(a);
  ASSERT_NEAR(static_cast<double>(out.size()), 3 * (10.5 + 10 + 10), 3);
  for (std::size_t i = 1; i < out.size(); ++i) {
    const auto p = out[i].packet(), before = out[i - 1].packet();
    ASSERT_EQ(p.ssrc, before.ssrc);
    ASSERT_EQ(p.sequence, static_cast<std::uint16_t>(before.sequence + 1)) << i;
    const std::uint32_t passed = timestamp_units(out[i].time - out[i - 1].time, 8000);
    ASSERT_NEAR(static_cast<double>(p.timestamp - before.timestamp), passed, 160) << i;
  }
}

}  // namespace
}  // namespace junctor::media
