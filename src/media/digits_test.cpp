// Keys pressed for a leg: telephone-events between the packets of whatever it is connected with, and tones that are
// heard in the audio of a leg that has none.
#include <string>

#include "audio/dtmf.hpp"
#include "media/far_ends.hpp"
#include "rtp/sequence.hpp"

namespace junctor::media {
namespace {

struct DigitsTest : MixingFixture {
  Outcome press(PortId port, std::string digits, Duration duration = milliseconds(100),
                Duration gap = milliseconds(60)) {
    return outcome(SendDigits{.id = port, .digits = std::move(digits), .duration = duration, .gap = gap});
  }

  /// Digits as a far end takes them; what it was sent since `sent` was cleared is one stream, and every key is whole.
  std::string digits_in(const std::vector<Datagram>& out, std::uint8_t event_type, unsigned units) {
    struct Key {
      int packets = 0, ends = 0;
      std::uint16_t duration = 0;
    };
    std::string digits;
    std::map<std::uint32_t, Key> keys;
    std::optional<rtp::Packet> before;
    std::optional<TimePoint> before_time;
    for (const Datagram& d : out) {
      const rtp::Packet packet = d.packet();
      if (before) {
        EXPECT_EQ(packet.ssrc, before->ssrc);
        EXPECT_EQ(packet.sequence, static_cast<std::uint16_t>(before->sequence + 1));
        EXPECT_GE(rtp::timestamp_distance(packet.timestamp, before->timestamp), 0);
        EXPECT_LE(d.time - *before_time, milliseconds(60));
      }
      before = packet;
      before_time = d.time;
      if (packet.payload_type != event_type) continue;
      const auto event = rtp::parse_telephone_event(packet.payload);
      Key& key = keys[packet.timestamp];
      EXPECT_EQ(packet.marker, key.packets == 0);
      if (key.packets++ == 0) digits += rtp::dtmf_digit(event->event);
      EXPECT_GE(event->duration, key.duration);
      key.duration = event->duration;
      if (event->end) ++key.ends;
    }
    for (const auto& [timestamp, key] : keys) {
      EXPECT_EQ(key.ends, 3);
      EXPECT_EQ(key.duration, units);
    }
    return digits;
  }
  std::string told(bool in_band) {
    std::string out;
    for (const Dtmf& d : events_of<Dtmf>())
      if (d.in_band == in_band) out += d.digit;
    return out;
  }
};

TEST_F(DigitsTest, keys_take_the_place_of_relayed_audio_in_one_stream) {
  FarEnd& alice = add(pcma(), 1013);
  FarEnd& bob = add(pcma(), 620);
  command(Join{alice.port, bob.port});
  talk(milliseconds(500));
  sent.clear();
  const TimePoint began = now;
  ASSERT_EQ(press(bob.port, "159#", milliseconds(120), milliseconds(80)), Outcome::done);
  talk(milliseconds(1000));
  const auto out = rtp_from(bob.port);
  EXPECT_EQ(digits_in(out, 111, 960), "159#");
  // Four keys of 120 ms with 80 ms between, each with its last packet twice more; audio all the other time.
  std::vector<TimePoint> starts;
  int audio = 0;
  for (const Datagram& d : out) {
    if (d.packet().payload_type != 111) ++audio;
    if (d.packet().payload_type == 111 && d.packet().marker) starts.push_back(d.time);
    if (d.packet().payload_type == 111 || starts.empty()) continue;
    EXPECT_GE(d.time - starts.back(), milliseconds(160));
  }
  ASSERT_EQ(starts.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(static_cast<double>((starts[i] - began).count() - 200'000'000 * static_cast<std::int64_t>(i)), 0, 1e6);
  EXPECT_NEAR(audio, (1000 - 4 * 160) / 20, 2);
  // Who was not pressed for notices nothing.
  EXPECT_EQ(rtp_from(alice.port).size(), 50u);
  sent.clear();
  talk(seconds(1));
  EXPECT_NEAR(level(settled(bob), 1013), -10, 1);
}

TEST_F(DigitsTest, keys_go_on_through_a_change_from_relay_to_mixer_and_back) {
  FarEnd& alice = add(pcma(), 1013);
  FarEnd& bob = add(pcma(), 620);
  command(Join{alice.port, bob.port});
  talk(milliseconds(500));
  sent.clear();
  ASSERT_EQ(press(bob.port, "0123456789"), Outcome::done);
  talk(milliseconds(450));
  seat_all();
  talk(milliseconds(510));
  command(Join{alice.port, bob.port});
  talk(milliseconds(1000));
  EXPECT_EQ(digits_in(rtp_from(bob.port), 111, 800), "0123456789");
  EXPECT_EQ(stats(bob.port).drop(Drop::digit_flood), 0u);
}

TEST_F(DigitsTest, keys_reach_a_leg_that_is_connected_with_nobody) {
  FarEnd& alice = add(pcma(), 1013);
  ASSERT_EQ(press(alice.port, "*"), Outcome::done);
  pass(milliseconds(500));
  EXPECT_EQ(digits_in(rtp_from(alice.port), 110, 800), "*");
  command(Close{alice.port});
  EXPECT_EQ(worker.pending_timers(), 0u);
}

TEST_F(DigitsTest, what_cannot_be_pressed_is_refused_as_a_whole) {
  FarEnd& alice = add(pcma(), 1013);
  const PortId plain = open(9, address(9, 4009), formats({pcma()}));
  EXPECT_EQ(press(plain, "1"), Outcome::no_format);
  EXPECT_EQ(press(id(10), "1"), Outcome::no_such_port);
  EXPECT_EQ(press(alice.port, "12x"), Outcome::bad_parameter);
  EXPECT_EQ(press(alice.port, "1", milliseconds(39)), Outcome::bad_parameter);
  EXPECT_EQ(press(alice.port, "1", milliseconds(100), seconds(11)), Outcome::bad_parameter);
  EXPECT_EQ(press(alice.port, std::string(65, '1')), Outcome::bad_parameter);
  pass(milliseconds(500));
  EXPECT_TRUE(rtp_from(alice.port).empty());
  // On hold nobody is told, and nothing waits for its end.
  auto held = remote(alice.port, alice.address, formats({pcma(), events_as(101, 110)}));
  held.send = false;
  command(held);
  EXPECT_EQ(press(alice.port, "1"), Outcome::done);
  pass(milliseconds(500));
  held.send = true;
  command(held);
  pass(milliseconds(500));
  EXPECT_TRUE(rtp_from(alice.port).empty());
  EXPECT_GT(stats(alice.port).drop(Drop::cannot_send), 0u);
}

/// Alice's phone plays digits as tones, into a mixer where bob hears her.
struct DialledInBand : DigitsTest {
  void TestBody() override {}

  /// What the control side is told.
  std::string dial(const Payload& codec, std::uint32_t rate, bool has_events) {
    FarEnd& alice = add(codec, 1013);
    add(pcma(), 620);
    if (!has_events) command(remote(alice.port, alice.address, formats({codec})));
    seat_all(rate);
    talk(milliseconds(500));
    for (const char digit : std::string_view("147*AD0")) {
      const auto tone = audio::dtmf_tone(digit, std::chrono::milliseconds(80), std::chrono::milliseconds(80));
      alice.cadence.emplace(*tone, static_cast<int>(far_end_rate), audio::dtmf_level_dbm0);
      talk(milliseconds(320));
    }
    EXPECT_EQ(told(false), "");
    return told(true);
  }
};

TEST_F(DigitsTest, tones_are_heard_where_there_is_no_telephone_event) {
  for (const Payload& codec : {pcmu(), g722(), opus()}) {
    for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
      for (const bool has_events : {false, true}) {
        SCOPED_TRACE(std::string(rtp::codec_name(codec.codec)) + " at " + std::to_string(rate));
        DialledInBand call;
        EXPECT_EQ(call.dial(codec, rate, has_events), has_events ? "" : "147*AD0");
      }
    }
  }
}

}  // namespace
}  // namespace junctor::media
