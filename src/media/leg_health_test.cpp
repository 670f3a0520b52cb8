// Rules that the scenarios cannot reach as well: through the worker, in simulated time.
#include "media/leg_health.hpp"

#include <gtest/gtest.h>
#include <numbers>

#include "audio/g711.hpp"
#include "audio/tone.hpp"
#include "media/worker_fixture.hpp"

namespace junctor::media {
namespace {

struct HealthTest : testing::Test, WorkerFixture {
  Speaker alice{.address = address(1, 4000)};
  Speaker bob{.address = address(2, 4000), .ssrc = 2};
  PortId a, b;

  void SetUp() override {
    a = open(0, alice.address, formats({pcma(), events_as(101, 101), {18, 18, rtp::Codec::g729}}));
    b = open(1, bob.address, formats({pcma(), events_as(101, 101), {18, 18, rtp::Codec::g729}}));
    command(Join{.a = a, .b = b});
  }

  /// Both speak for so long; `payload` is alice's.
  void talk(Duration span, std::span<const std::uint8_t> payload, bool alice_too = true) {
    for (const TimePoint end = now + span; now < end;) {
      if (alice_too) say(a, alice, payload, false);
      say(b, bob, payload, false);
      pass(milliseconds(20));
    }
  }
  void say(PortId port, Speaker& s, std::span<const std::uint8_t> payload, bool marker) {
    receive(port, s.address,
            {.marker = marker,
             .payload_type = s.payload_type,
             .sequence = s.sequence++,
             .timestamp = s.timestamp += s.step,
             .ssrc = s.ssrc,
             .payload = payload});
  }
  static std::array<std::uint8_t, 160> tone(double dbm0) {
    audio::ToneGenerator generator(1004, dbm0, 8000);
    std::array<std::int16_t, 160> samples;
    generator.generate(samples);
    std::array<std::uint8_t, 160> out;
    audio::encode(audio::Law::a, samples, out);
    return out;
  }
  std::vector<Verdict> judged(PortId port) const {
    std::vector<Verdict> out;
    for (const Judged& j : events_of<Judged>())
      if (j.id == port) out.push_back(j.verdict);
    return out;
  }
  void report(PortId port, const Speaker& s, std::uint32_t packets, std::optional<std::uint32_t> highest) {
    rtp::Report report{.sender = packets != 0, .ssrc = s.ssrc, .info = {1, s.timestamp, packets, packets * 160}};
    const std::uint32_t ours = stats(port).ssrc_out;
    if (highest) report.blocks[report.block_count++] = {.ssrc = ours, .highest_sequence = *highest};
    std::array<std::uint8_t, 200> bytes;
    rtp::CompoundWriter writer(bytes);
    writer.add_report(report);
    receive_bytes(port, {s.address.ip, static_cast<std::uint16_t>(s.address.port + 1)}, {bytes.data(), writer.finish()},
                  Channel::rtcp);
  }
};

using V = Verdict;

TEST_F(HealthTest, the_level_of_g711_is_measured_in_relay) {
  for (const double dbm0 : {-10.0, -30.0}) {
    SetUp();
    talk(seconds(5), tone(dbm0));
    const PortStats s = stats(a);
    ASSERT_TRUE(s.level_dbm0);
    EXPECT_NEAR(*s.level_dbm0, dbm0, 0.3);
    EXPECT_EQ(s.codec_out, rtp::Codec::pcma);
    command(Close{.id = a});
    command(Close{.id = b});
    a = b = {};
    break;
  }
  EXPECT_FALSE(PortStats{}.level_dbm0);
}

TEST_F(HealthTest, the_level_of_other_codecs_is_not_known_in_relay) {
  alice.payload_type = bob.payload_type = 18;
  const std::array<std::uint8_t, 20> frames{1, 2, 3};
  talk(seconds(10), frames);
  EXPECT_FALSE(stats(a).level_dbm0);
  EXPECT_TRUE(judged(a).empty());  // and so is silence
}

TEST_F(HealthTest, silence_is_what_is_below_minus_65_dbm0) {
  talk(seconds(10), tone(-60));
  EXPECT_TRUE(judged(a).empty());
  command(remote(a, address(1, 4444), formats({pcma()})));  // somebody else from now on
  command(remote(b, address(2, 4444), formats({pcma()})));
  alice.address = address(1, 4444);
  bob.address = address(2, 4444);
  std::array<std::uint8_t, 160> smallest_steps;
  for (std::size_t i = 0; i < smallest_steps.size(); ++i) smallest_steps[i] = i % 2 == 0 ? 0xd5 : 0x55;
  talk(seconds(10), smallest_steps);
  EXPECT_EQ(judged(a), std::vector{V::silence});
  // A key press is a sign of life.
  const std::array<std::uint8_t, 4> key{1, 0x8a, 0, 160};
  alice.payload_type = 101;
  command(remote(a, alice.address, formats({pcma(), events_as(101, 101)})));
  say(a, alice, key, true);
  alice.payload_type = 8;
  talk(seconds(10), smallest_steps);
  EXPECT_EQ(judged(a), (std::vector{V::silence, V::good}));
}

TEST_F(HealthTest, before_the_answer_nothing_is_due) {
  SetRemote early = remote(a, alice.address, formats({pcma()}));
  early.audio_due = false;
  command(early);
  talk(seconds(20), tone(-10), false);
  EXPECT_TRUE(judged(a).empty());
  early.audio_due = true;
  const TimePoint answered = now;
  command(early);
  talk(seconds(3), tone(-10), false);
  EXPECT_TRUE(judged(a).empty());
  talk(seconds(2), tone(-10), false);
  EXPECT_EQ(judged(a), std::vector{V::no_packets});
  EXPECT_LE(now - answered, seconds(5) + milliseconds(20));
}

TEST_F(HealthTest, what_is_due_on_hold_is_nothing) {
  for (const auto& [send, take] : {std::pair(false, true), std::pair(true, false), std::pair(false, false)}) {
    SetRemote hold = remote(a, alice.address, formats({pcma()}));
    hold.send = send;
    hold.receive = take;
    command(hold);
    talk(seconds(20), tone(-10), false);
    EXPECT_TRUE(judged(a).empty());
  }
}

TEST_F(HealthTest, a_silence_frame_of_g729_announces_a_pause) {
  alice.payload_type = bob.payload_type = 18;
  const std::array<std::uint8_t, 20> frames{1, 2, 3};
  const std::array<std::uint8_t, 2> nothing_to_say{};
  talk(seconds(2), frames);
  say(a, alice, nothing_to_say, false);
  talk(seconds(30), frames, false);
  EXPECT_TRUE(judged(a).empty());
}

TEST_F(HealthTest, a_sender_report_tells_a_pause_from_a_loss) {
  talk(seconds(2), tone(-10));
  report(a, alice, 100, 1);
  talk(seconds(2), tone(-10));
  talk(seconds(3), tone(-10), false);
  report(a, alice, 200, 2);  // it has sent what came, and no more
  talk(seconds(10), tone(-10), false);
  EXPECT_TRUE(judged(a).empty());
  talk(seconds(2), tone(-10));
  talk(seconds(3), tone(-10), false);
  report(a, alice, 450, 3);  // it goes on sending
  talk(seconds(2), tone(-10), false);
  EXPECT_EQ(judged(a), std::vector{V::no_packets});
}

TEST_F(HealthTest, a_pause_ends_with_the_reports_of_who_made_it) {
  alice.payload_type = 13;
  talk(seconds(2), tone(-10), false);
  say(a, alice, tone(-10), false);
  report(a, alice, 100, 1);
  talk(seconds(19), tone(-10), false);
  EXPECT_TRUE(judged(a).empty());
  talk(seconds(4), tone(-10), false);
  EXPECT_EQ(judged(a), std::vector{V::no_packets});
}

TEST_F(HealthTest, who_hears_nothing_of_a_stream_is_deaf_and_who_hears_nothing_of_nothing_is_not) {
  for (int i = 0; i < 5; ++i) {
    talk(seconds(2), tone(-10));
    report(a, alice, 100, 1000);  // always the same highest number
  }
  EXPECT_EQ(judged(a), std::vector{V::one_way});
  report(a, alice, 100, 1001);
  talk(seconds(2), tone(-10));
  EXPECT_EQ(judged(a), (std::vector{V::one_way, V::good}));
  EXPECT_EQ(stats(a).past_verdict, V::one_way);
  // Toward bob nothing is sent while alice pauses: no wonder that his reports say nothing of it.
  command(Leave{.id = a});
  for (int i = 0; i < 5; ++i) {
    talk(seconds(2), tone(-10));
    report(b, bob, 100, std::nullopt);
  }
  EXPECT_TRUE(judged(b).empty());
}

TEST_F(HealthTest, a_refusal_counts_when_it_lasts_and_is_about_the_legs_address) {
  const auto refuse = [&](const Address& to, Channel channel, Duration span) {
    for (const TimePoint end = now + span; now < end;) {
      worker.on_unreachable(make_tag(slot_of(a), channel), to, now);
      talk(seconds(1), tone(-10));
    }
  };
  talk(seconds(5), tone(-10));
  refuse(address(66, 1), Channel::rtp, seconds(10));       // made up
  refuse(address(1, 4001), Channel::rtcp, seconds(10));    // it has no RTCP
  refuse(alice.address, Channel::rtp, milliseconds(500));  // once
  talk(seconds(5), tone(-10));
  EXPECT_TRUE(judged(a).empty());
  refuse(alice.address, Channel::rtp, seconds(5));
  EXPECT_EQ(judged(a), std::vector{V::unreachable});
  talk(seconds(5), tone(-10));
  EXPECT_EQ(judged(a), (std::vector{V::unreachable, V::good}));
}

TEST_F(HealthTest, so_does_a_kernel_that_has_no_way_there) {
  talk(seconds(5), tone(-10));
  refuse_sending = true;
  talk(seconds(5), tone(-10));
  EXPECT_EQ(judged(a), std::vector{V::unreachable});
  EXPECT_EQ(judged(b), std::vector{V::unreachable});
}

TEST_F(HealthTest, a_few_strays_explain_nothing) {
  for (std::uint16_t i = 0; i < 9; ++i) {
    receive(a, address(66, 666), {.payload_type = 8, .sequence = static_cast<std::uint16_t>(i * 7), .ssrc = i});
  }
  talk(seconds(10), tone(-10), false);
  EXPECT_EQ(judged(a), std::vector{V::no_packets});
}

TEST_F(HealthTest, the_mos_of_a_second_shows_what_the_mean_hides) {
  talk(seconds(60), tone(-10));
  const float clean = stats(a).mos_now;
  EXPECT_GT(clean, 4.3f);
  for (int i = 0; i < 75; ++i) {
    if (i % 5 == 4) {
      alice.sequence++;
      alice.timestamp += alice.step;
    }
    talk(milliseconds(20), tone(-10));
  }
  const PortStats s = stats(a);
  EXPECT_LT(s.mos_now, 3.0f);
  EXPECT_GT(s.mos, 4.2f);
}

// --------------------------------------------------------------------------------------------------------- in a mixer

TEST_F(HealthTest, in_a_mixer_the_level_of_every_codec_is_known) {
  const MixerId mixer = make_mixer_id(worker_index, 1);
  command(OpenMixer{.id = mixer, .rate = 8000});
  const PayloadMap linear = formats({{96, 96, rtp::Codec::l16, 1, 8000}});
  command(remote(a, alice.address, linear));
  command(Seat{.port = a, .mixer = mixer});
  command(Seat{.port = b, .mixer = mixer});
  alice.payload_type = 96;
  std::array<std::uint8_t, 320> quiet{};
  talk(seconds(8), quiet);
  EXPECT_EQ(judged(a), std::vector{V::silence});
  audio::ToneGenerator generator(1004, -20, 8000);
  for (int i = 0; i < 200; ++i) {
    std::array<std::int16_t, 160> samples;
    generator.generate(samples);
    std::array<std::uint8_t, 320> payload;
    for (std::size_t k = 0; k < samples.size(); ++k) {
      payload[2 * k] = static_cast<std::uint8_t>(samples[k] >> 8);
      payload[2 * k + 1] = static_cast<std::uint8_t>(samples[k]);
    }
    say(a, alice, payload, false);
    pass(milliseconds(20));
  }
  EXPECT_EQ(judged(a), (std::vector{V::silence, V::good}));
  ASSERT_TRUE(stats(a).level_dbm0);
  EXPECT_NEAR(*stats(a).level_dbm0, -20, 0.5);
}

}  // namespace
}  // namespace junctor::media
