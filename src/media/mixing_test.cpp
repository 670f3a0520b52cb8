// Legs that have no codec in common hear each other through a mixer: measured as sound at each far end.
#include <cmath>
#include <numbers>
#include <set>

#include "media/far_ends.hpp"
#include "media/mixer.hpp"
#include "rtp/sequence.hpp"

namespace junctor::media {
namespace {

using MixingTest = MixingFixture;

const std::vector<Payload>& codecs() {
  static const std::vector<Payload> all = {
      WorkerFixture::pcmu(), WorkerFixture::pcma(), g722(), opus(), {70, 71, rtp::Codec::l16}};
  return all;
}

struct CodecPairs : testing::TestWithParam<std::uint32_t> {};

TEST_P(CodecPairs, hear_each_other_at_the_level_that_was_said) {
  for (const Payload& one : codecs()) {
    for (const Payload& other : codecs()) {
      SCOPED_TRACE(std::string(rtp::codec_name(one.codec)) + " and " + std::string(rtp::codec_name(other.codec)));
      struct Call : MixingFixture {
        void TestBody() override {}
      } call;
      FarEnd& alice = call.add(one, 1013);
      FarEnd& bob = call.add(other, 620);
      call.seat_all(GetParam());
      call.talk(milliseconds(1600));
      for (const auto& [listener, hz, own] : {std::tuple{&bob, 1013.0, 620.0}, std::tuple{&alice, 620.0, 1013.0}}) {
        const Samples heard = call.settled(*listener);
        ASSERT_NEAR(static_cast<double>(heard.size()), 6400, 320);
        EXPECT_NEAR(call.level(heard, hz), -10, 1.5);
        EXPECT_NEAR(audio::total_level_dbm0(heard), -10, 1.5);
        EXPECT_LT(call.level(heard, own), -50);
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(AtEveryRate, CodecPairs, testing::Values(8000, 16000, 48000));

TEST_F(MixingTest, three_legs_hear_the_two_others_and_not_themselves) {
  const std::array<double, 3> hz = {520, 910, 1370};
  add(pcmu(), hz[0]);
  add(g722(), hz[1]);
  add(opus(), hz[2]);
  seat_all(16000);
  talk(seconds(2));
  for (std::size_t listener = 0; listener < 3; ++listener) {
    const Samples heard = settled(*ends[listener]);
    for (std::size_t speaker = 0; speaker < 3; ++speaker) {
      if (speaker == listener) {
        EXPECT_LT(level(heard, hz[speaker]), -52) << listener;
      } else {
        EXPECT_NEAR(level(heard, hz[speaker]), -10, 1.5) << listener << " hears " << speaker;
      }
    }
  }
}

TEST_F(MixingTest, listeners_of_one_codec_get_the_same_and_speakers_their_own) {
  for (const double hz : {500.0, 900.0}) add(pcmu(), hz);
  for (int i = 0; i < 3; ++i) add(pcmu(), 100).talks = false;
  add(pcma(), 100).talks = false;
  seat_all();
  talk(seconds(1));
  const auto first = rtp_from(ends[2]->port);
  for (const std::size_t other : {3u, 4u}) {
    const auto same = rtp_from(ends[other]->port);
    ASSERT_EQ(same.size(), first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      ASSERT_TRUE(std::ranges::equal(first[i].packet().payload, same[i].packet().payload));
    }
  }
  for (const std::size_t listener : {2u, 5u}) {
    EXPECT_NEAR(level(settled(*ends[listener]), 500), -10, 0.5);
    EXPECT_NEAR(level(settled(*ends[listener]), 900), -10, 0.5);
  }
  EXPECT_LT(level(settled(*ends[0]), 500), -50);
  EXPECT_NEAR(level(settled(*ends[0]), 900), -10, 0.5);
}

// ------------------------------------------------------------------------------------------------------- one stream

/// The largest deviation from a sine's own recurrence: a click, a hole or a repetition shows as one.
double roughness(const Samples& samples, double hz) {
  const double c = 2 * std::cos(2 * std::numbers::pi * hz / far_end_rate);
  double worst = 0;
  for (std::size_t i = 2; i < samples.size(); ++i) {
    worst = std::max(worst, std::fabs(samples[i] - c * samples[i - 1] + samples[i - 2]));
  }
  return worst;
}

void expect_one_stream(const std::vector<Datagram>& sent) {
  for (std::size_t i = 1; i < sent.size(); ++i) {
    const rtp::Packet before = sent[i - 1].packet(), packet = sent[i].packet();
    ASSERT_EQ(packet.ssrc, before.ssrc) << i;
    ASSERT_EQ(packet.sequence, static_cast<std::uint16_t>(before.sequence + 1)) << i;
    ASSERT_EQ(packet.timestamp, before.timestamp + 160) << i;
    ASSERT_LE(sent[i].time - sent[i - 1].time, milliseconds(40)) << i;
  }
}

TEST_F(MixingTest, relay_and_mixer_change_places_while_a_tone_plays) {
  FarEnd& alice = add(pcma(), 1013);
  FarEnd& bob = add(pcma(), 737);
  outcome(OpenMixer{.id = mixer});
  command(Join{.a = alice.port, .b = bob.port});
  talk(milliseconds(100));
  const double rough_relayed = std::max(roughness(heard(bob), 1013), roughness(heard(alice), 737));
  const std::uint32_t talked_before = bob.timestamp;
  for (int round = 0; round < 40; ++round) {
    command(Seat{.port = alice.port, .mixer = mixer});
    command(Seat{.port = bob.port, .mixer = mixer});
    talk(milliseconds(200 + round * 3));
    EXPECT_EQ(stats(bob.port).path, Path::mixer);
    command(Join{.a = bob.port, .b = alice.port});
    talk(milliseconds(150 + round * 7));
    EXPECT_EQ(stats(bob.port).path, Path::relay);
  }
  for (const auto& [listener, speaker, hz] : {std::tuple{&bob, &alice, 1013.0}, std::tuple{&alice, &bob, 737.0}}) {
    expect_one_stream(rtp_from(listener->port));
    const Samples all = heard(*listener);
    EXPECT_LT(roughness(all, hz), 1.5 * rough_relayed);
    const double said = speaker->timestamp - talked_before + 800.0;
    EXPECT_NEAR(static_cast<double>(all.size()), said, 400);
  }
}

TEST_F(MixingTest, a_leg_is_heard_before_its_first_packet_would_be_late) {
  FarEnd& alice = add(pcmu(), 1013);
  FarEnd& bob = add(g722(), 500);
  bob.talks = false;
  seat_all();
  talk(seconds(1));
  // Nobody is heard by Alice: silence in step all the same.
  EXPECT_EQ(rtp_from(alice.port).size(), 50u);
  expect_one_stream(rtp_from(alice.port));
  EXPECT_LT(audio::total_level_dbm0(heard(alice)), -60);
  const auto to_bob = rtp_from(bob.port);
  EXPECT_TRUE(to_bob[0].packet().marker);
  EXPECT_FALSE(to_bob[1].packet().marker);
}

TEST_F(MixingTest, packets_are_as_long_as_the_far_end_wants_them) {
  FarEnd& alice = add(pcmu(), 1013);
  for (const std::uint8_t ptime : std::initializer_list<std::uint8_t>{40, 60, 30, 10}) {
    FarEnd& bob = add(pcmu(), 500);
    SetRemote told = remote(bob.port, bob.address, formats({pcmu()}));
    told.encoder.ptime_ms = ptime;
    command(told);
  }
  seat_all();
  talk(seconds(2));
  ends[1]->silent = ends[2]->silent = ends[3]->silent = ends[4]->silent = true;
  sent.clear();
  talk(seconds(2));
  for (std::size_t i = 1; i < 5; ++i) {
    const auto out = rtp_from(ends[i]->port);
    const std::size_t bytes = std::array<std::size_t, 5>{0, 320, 480, 240, 80}[i];
    EXPECT_NEAR(static_cast<double>(out.size() * bytes), 16000, 480);
    for (std::size_t p = 1; p < out.size(); ++p) {
      ASSERT_EQ(out[p].packet().payload.size(), bytes);
      ASSERT_EQ(out[p].packet().timestamp - out[p - 1].packet().timestamp, bytes);
    }
    EXPECT_NEAR(level(settled(*ends[i]), 1013), -10, 0.5);
  }
  EXPECT_EQ(rtp_from(alice.port).size(), 100u);
}

TEST_F(MixingTest, a_held_up_thread_catches_up_a_little_and_lets_the_rest_go) {
  FarEnd& alice = add(pcmu(), 1013);
  seat_all();
  talk(milliseconds(200));
  sent.clear();
  now += milliseconds(60);
  worker.advance(now);
  EXPECT_EQ(rtp_from(alice.port).size(), 3u);
  now += seconds(5);
  worker.advance(now);
  ASSERT_EQ(rtp_from(alice.port).size(), 8u);
  const std::uint32_t before = rtp_from(alice.port).back().packet().timestamp;
  pass(milliseconds(20));
  const auto resumed = rtp_from(alice.port).back().packet();
  EXPECT_TRUE(resumed.marker);
  EXPECT_NEAR(static_cast<double>(resumed.timestamp - before), 4.92 * 8000, 160);
}

// --------------------------------------------------------------------------------------------------------- the line

TEST_F(MixingTest, loss_and_jitter_are_concealed) {
  FarEnd& alice = add(pcmu(), 1013);
  FarEnd& bob = add(g722(), 500);
  SeededRandom path(5);
  alice.path = [&path]() -> std::optional<Duration> {
    if (path.below(100) < 5) return std::nullopt;
    return microseconds(path.below(40000));
  };
  seat_all();
  talk(seconds(10));
  sent.clear();
  talk(seconds(10));
  const Samples all = heard(bob);
  // In pieces, as what is stretched is the tone in another phase.
  int good = 0, quiet = 0;
  constexpr std::ptrdiff_t piece = 400;
  for (auto at = all.begin(); all.end() - at >= piece; at += piece) {
    const Samples samples(at, at + piece);
    if (std::fabs(level(samples, 1013) + 10) < 2) ++good;
    if (audio::total_level_dbm0(samples) < -20) ++quiet;
  }
  EXPECT_GT(good, 170);  // of 200
  EXPECT_LT(quiet, 4);
  const PortStats s = stats(alice.port);
  EXPECT_GT(s.concealed_ms, 500);  // 5 % of 20 s is 1000
  EXPECT_LT(s.concealed_ms, 2000);
  EXPECT_GT(s.jitter_target_ms, 10);
  EXPECT_LT(s.jitter_target_ms, 80);
  EXPECT_EQ(stats(bob.port).concealed_ms, 0);
}

/// A far end whose clock is slow by so much, as its packets show it: later and later. Fast: the other way round.
std::function<std::optional<Duration>()> drifting(const TimePoint& now, int parts_per_million, Duration span) {
  const Duration most = span * std::abs(parts_per_million) / 1'000'000;
  return [&now, start = now, parts_per_million, most]() -> std::optional<Duration> {
    const Duration gone = (now - start) * parts_per_million / 1'000'000;
    return parts_per_million < 0 ? most + gone : gone;
  };
}

TEST_F(MixingTest, clocks_that_drift_for_half_an_hour_stay_together) {
  constexpr Duration span = minutes(30);
  FarEnd& slow = add(pcmu(), 1013);
  FarEnd& fast = add(g722(), 620);
  slow.path = drifting(now, 100, span);
  fast.path = drifting(now, -100, span);
  seat_all();
  for (int minute = 0; minute < 30; ++minute) {
    sent.clear();
    events.clear();
    talk(minutes(1));
    for (const auto& [listener, hz] : {std::pair{&slow, 620.0}, std::pair{&fast, 1013.0}}) {
      const auto packets = rtp_from(listener->port);
      ASSERT_NEAR(static_cast<double>(packets.size()), 3000, 1);
      expect_one_stream(packets);
      Samples last_second = heard(*listener);
      last_second.erase(last_second.begin(), last_second.end() - far_end_rate);
      ASSERT_NEAR(level(last_second, hz), -10, 1.5) << minute;
    }
  }
  for (const FarEnd* end : {&slow, &fast}) {
    const PortStats counted = stats(end->port);
    EXPECT_EQ(counted.concealed_ms, 0);
    EXPECT_EQ(counted.drop(Drop::late), 0u);
  }
}

TEST_F(MixingTest, a_far_end_may_change_its_codec_in_the_middle) {
  FarEnd& alice = add(pcmu(), 1013);
  FarEnd& bob = add(pcma(), 500);
  command(remote(alice.port, alice.address, formats({pcmu(), g722(), opus()})));
  seat_all();
  talk(milliseconds(500));
  for (const Payload& next : {g722(), opus(), pcmu()}) {
    alice.encoder = audio::make_encoder(*codec_settings(next, far_end_rate));
    alice.format = next;
    sent.clear();
    talk(seconds(1));
    EXPECT_NEAR(level(settled(bob), 1013), -10, 1.5) << rtp::codec_name(next.codec);
  }
  EXPECT_EQ(stats(alice.port).codec, rtp::Codec::pcmu);
}

TEST_F(MixingTest, comfort_noise_fills_a_pause) {
  FarEnd& alice = add(pcmu(), 1013);
  FarEnd& bob = add(pcma(), 500);
  seat_all();
  talk(milliseconds(500));
  alice.talks = false;
  static constexpr std::array<std::uint8_t, 1> noise{50};  // -50 dBov
  receive(alice.port, alice.address,
          {.payload_type = 13,
           .sequence = alice.sequence++,
           .timestamp = alice.timestamp,
           .ssrc = alice.ssrc,
           .payload = noise});
  sent.clear();
  talk(seconds(1));
  EXPECT_NEAR(audio::total_level_dbm0(settled(bob)), -50 + 6.15, 2);
  EXPECT_EQ(stats(alice.port).concealed_ms, 0);
  alice.talks = true;
  sent.clear();
  talk(seconds(1));
  EXPECT_NEAR(level(settled(bob), 1013), -10, 0.5);
}

TEST_F(MixingTest, what_cannot_be_decoded_is_counted) {
  FarEnd& alice = add(g722(), 1013);
  FarEnd& bob = add(opus(), 500);
  command(remote(alice.port, alice.address, formats({g722(), {18, 18, rtp::Codec::g729}})));
  seat_all();
  talk(milliseconds(200));
  static constexpr std::array<std::uint8_t, 20> bytes{0xff, 0xff, 0xff};
  for (const auto& [end, type] : {std::pair{&alice, 18}, std::pair{&bob, 96}}) {
    receive(end->port, end->address,
            {.payload_type = static_cast<std::uint8_t>(type),
             .sequence = end->sequence++,
             .timestamp = end->timestamp,
             .ssrc = end->ssrc,
             .payload = bytes});
  }
  EXPECT_EQ(stats(alice.port).drop(Drop::no_common_format), 1u);
  EXPECT_EQ(stats(bob.port).drop(Drop::malformed), 1u);
  talk(milliseconds(200));
}

// --------------------------------------------------------------------------------------------------------- key press

TEST_F(MixingTest, a_key_press_passes_between_two_parties_as_an_event) {
  FarEnd& alice = add(pcmu(), 1013);
  FarEnd& bob = add(opus(), 500);
  seat_all();
  talk(milliseconds(500));
  sent.clear();
  events.clear();
  for (const std::uint8_t digit : std::initializer_list<std::uint8_t>{5, 5, 11}) {
    alice.talks = false;
    const std::uint32_t began = alice.timestamp;
    for (int i = 1; i <= 7; ++i) {  // 100 ms, and the end twice more
      std::array<std::uint8_t, rtp::telephone_event_size> payload;
      const int units = 160 * std::min(i, 5);
      rtp::write_telephone_event(
          {.event = digit, .end = i >= 5, .volume = 7, .duration = static_cast<std::uint16_t>(units)}, payload);
      receive(alice.port, alice.address,
              {.marker = i == 1,
               .payload_type = 101,
               .sequence = alice.sequence++,
               .timestamp = began,
               .ssrc = alice.ssrc,
               .payload = payload});
      talk(milliseconds(20));
    }
    alice.talks = true;
    talk(milliseconds(100));
  }
  talk(milliseconds(300));
  std::string told;
  for (const Dtmf& d : events_of<Dtmf>()) told += d.digit;
  EXPECT_EQ(told, "55#");

  std::string arrived;
  std::set<std::uint32_t> ended;
  std::map<std::uint32_t, int> packets;
  std::optional<rtp::Packet> before;
  const auto out = rtp_from(bob.port);
  for (const Datagram& d : out) {
    const rtp::Packet packet = d.packet();
    if (before) {
      ASSERT_EQ(packet.sequence, static_cast<std::uint16_t>(before->sequence + 1));
      ASSERT_GE(rtp::timestamp_distance(packet.timestamp, before->timestamp), 0);
    }
    before = packet;
    if (packet.payload_type != 111) continue;
    const auto event = rtp::parse_telephone_event(packet.payload);
    if (packets[packet.timestamp]++ == 0) {
      EXPECT_TRUE(packet.marker);
      arrived += rtp::dtmf_digit(event->event);
      EXPECT_EQ(event->volume, 7);
    }
    if (event->end) {
      ended.insert(packet.timestamp);
      EXPECT_EQ(event->duration, 800);
    }
  }
  EXPECT_EQ(arrived, "55#");
  EXPECT_EQ(ended.size(), 3u);
  for (const auto& [timestamp, count] : packets) EXPECT_EQ(count, 7);
  // One packet a tick, event or audio.
  for (std::size_t i = 1; i < out.size(); ++i) ASSERT_EQ(out[i].time - out[i - 1].time, milliseconds(20));
  sent.clear();
  talk(seconds(1));
  EXPECT_NEAR(level(settled(bob), 1013), -10, 1.5);
  EXPECT_EQ(stats(alice.port).drop(Drop::digit_flood), 0u);
}

// ---------------------------------------------------------------------------------------------------------- commands

TEST_F(MixingTest, who_hears_whom_can_be_changed) {
  const std::array<double, 3> hz = {520, 910, 1370};
  for (const double h : hz) add(pcma(), h);
  seat_all();
  const auto change = [&](std::size_t end, auto what) {
    return outcome(Hearing{.port = ends[end]->port, .change = what});
  };
  const auto hears = [&](std::size_t listener, std::size_t speaker) {
    sent.clear();
    talk(milliseconds(600));
    const double heard = level(settled(*ends[listener]), hz[speaker]);
    EXPECT_TRUE(heard < -45 || heard > -12) << heard;
    return heard > -45;
  };
  EXPECT_TRUE(hears(1, 0));
  EXPECT_EQ(change(0, Hearing::InputGain{0}), Outcome::done);  // mute
  EXPECT_FALSE(hears(1, 0));
  EXPECT_TRUE(hears(1, 2));
  EXPECT_EQ(change(0, Hearing::InputGain{1}), Outcome::done);
  EXPECT_EQ(change(1, Hearing::OutputGain{0}), Outcome::done);  // deaf
  EXPECT_FALSE(hears(1, 0));
  EXPECT_EQ(change(1, Hearing::OutputGain{1}), Outcome::done);
  EXPECT_EQ(change(2, Hearing::Speak{0, 0}), Outcome::done);  // an observer
  EXPECT_FALSE(hears(1, 2));
  EXPECT_TRUE(hears(2, 1));
  EXPECT_EQ(change(1, Hearing::Exception{ends[2]->port, 1.0F}), Outcome::done);  // whispers
  EXPECT_TRUE(hears(1, 2));
  EXPECT_FALSE(hears(0, 2));
  EXPECT_EQ(change(1, Hearing::Exception{ends[2]->port, std::nullopt}), Outcome::done);
  EXPECT_FALSE(hears(1, 2));
  EXPECT_EQ(change(0, Hearing::Hear{std::nullopt}), Outcome::done);
  EXPECT_FALSE(hears(0, 1));

  EXPECT_EQ(change(0, Hearing::Speak{Mixer::buses_max, 1}), Outcome::bad_parameter);
  EXPECT_EQ(change(0, Hearing::Hear{Mixer::buses_max}), Outcome::bad_parameter);
  EXPECT_EQ(change(0, Hearing::Exception{id(40), 1.0F}), Outcome::bad_parameter);
  outcome(Unseat{.port = ends[0]->port});
  EXPECT_EQ(change(0, Hearing::InputGain{1}), Outcome::bad_parameter);
  EXPECT_EQ(change(1, Hearing::Exception{ends[0]->port, 1.0F}), Outcome::bad_parameter);
}

TEST_F(MixingTest, a_seat_can_be_silent_from_its_first_tick_on) {
  for (const double hz : {520.0, 910.0, 1370.0}) add(pcma(), hz);
  ASSERT_EQ(outcome(OpenMixer{.id = mixer}), Outcome::done);
  ASSERT_EQ(seat(*ends[0]), Outcome::done);
  talk(milliseconds(500));
  sent.clear();
  EXPECT_EQ(outcome(Seat{.port = ends[1]->port, .mixer = mixer, .speaks = false}), Outcome::done);
  EXPECT_EQ(outcome(Seat{.port = ends[2]->port, .mixer = mixer, .input_gain = 0, .output_gain = 0}), Outcome::done);
  talk(milliseconds(500));
  EXPECT_LT(audio::total_level_dbm0(heard(*ends[0])), -60);
  EXPECT_LT(audio::total_level_dbm0(heard(*ends[2])), -60);
  EXPECT_NEAR(level(settled(*ends[1]), 520), -10, 1.5);
}

TEST_F(MixingTest, seats_end_with_whatever_takes_their_place) {
  FarEnd& alice = add(pcmu(), 1013);
  FarEnd& bob = add(pcmu(), 500);
  const PortId other = open(9, address(9, 9), formats({{18, 18, rtp::Codec::g729}}));
  EXPECT_EQ(seat(alice), Outcome::bad_parameter);
  EXPECT_EQ(outcome(OpenMixer{.id = mixer, .rate = 11025}), Outcome::bad_parameter);
  EXPECT_EQ(outcome(CloseMixer{.id = mixer}), Outcome::bad_parameter);
  const std::size_t timers = worker.pending_timers();
  seat_all();
  EXPECT_EQ(outcome(OpenMixer{.id = mixer}), Outcome::bad_parameter);
  EXPECT_EQ(outcome(Seat{.port = other, .mixer = mixer}), Outcome::no_format);
  EXPECT_EQ(outcome(Seat{.port = id(30), .mixer = mixer}), Outcome::no_such_port);
  EXPECT_EQ(seat(alice), Outcome::done);
  talk(milliseconds(200));
  EXPECT_EQ(outcome(StopEcho{.id = alice.port}), Outcome::done);  // a seat is no echo
  EXPECT_EQ(stats(alice.port).path, Path::mixer);

  EXPECT_EQ(outcome(Echo{.id = alice.port}), Outcome::done);
  EXPECT_EQ(stats(alice.port).path, Path::none);
  EXPECT_EQ(stats(bob.port).path, Path::mixer);
  EXPECT_EQ(seat(alice), Outcome::done);
  EXPECT_EQ(outcome(Unseat{.port = alice.port}), Outcome::done);
  EXPECT_EQ(outcome(Unseat{.port = alice.port}), Outcome::done);
  sent.clear();
  talk(milliseconds(200));
  EXPECT_TRUE(rtp_from(alice.port).empty());
  EXPECT_EQ(rtp_from(bob.port).size(), 10u);
  EXPECT_EQ(seat(alice), Outcome::done);
  EXPECT_EQ(outcome(CloseMixer{.id = mixer}), Outcome::done);
  EXPECT_EQ(worker.pending_timers(), timers);
  seat_all();
  for (const PortId port : {alice.port, bob.port, other}) EXPECT_EQ(outcome(Close{.id = port}), Outcome::done);
  EXPECT_EQ(worker.pending_timers(), 0u);
  EXPECT_EQ(worker.open_ports(), 0u);
}

TEST_F(MixingTest, on_hold_nothing_is_sent_and_time_goes_on) {
  FarEnd& alice = add(pcmu(), 1013);
  FarEnd& bob = add(g722(), 500);
  seat_all();
  talk(seconds(1));
  SetRemote hold = remote(bob.port, bob.address, formats({g722()}));
  hold.send = hold.receive = false;
  command(hold);
  const std::uint32_t before = rtp_from(bob.port).back().packet().timestamp;
  sent.clear();
  talk(seconds(1));
  EXPECT_TRUE(rtp_from(bob.port).empty());
  EXPECT_LT(audio::total_level_dbm0(settled(alice)), -60);
  hold.send = hold.receive = true;
  command(hold);
  talk(seconds(1));
  const auto resumed = rtp_from(bob.port);
  ASSERT_EQ(resumed.size(), 50u);
  EXPECT_TRUE(resumed[0].packet().marker);
  EXPECT_NEAR(static_cast<double>(resumed[0].packet().timestamp - before), 8160, 160);
  EXPECT_NEAR(level(settled(bob), 1013), -10, 1);
  EXPECT_NEAR(level(settled(alice), 500), -10, 1);
}

/// Whatever comes in whatever order: to each far end there is one stream without a jump in its numbers, and in the end
/// nothing is left over.
TEST_F(MixingTest, any_order_of_commands_and_packets) {
  constexpr std::size_t legs = 6;
  const MixerId mixers[] = {mixer, make_mixer_id(worker_index, 2)};
  for (std::size_t i = 0; i < legs; ++i) add(codecs()[i % codecs().size()], 300 + 150 * static_cast<double>(i));
  const auto formats_of = [&](FarEnd& end) {
    PayloadMap map = formats({end.format, events_as(101, 101), comfort_noise()});
    if (random.below(2) == 0) map.add(codecs()[random.below(codecs().size())]);
    if (random.below(4) == 0) map = formats({{18, 18, rtp::Codec::g729}});
    return map;
  };
  for (auto& end : ends) {
    end->path = [this]() -> std::optional<Duration> {
      if (random.below(20) == 0) return std::nullopt;
      return microseconds(random.below(random.below(10) == 0 ? 200000 : 30000));
    };
  }
  std::array<std::uint8_t, 700> bytes{};
  for (int round = 0; round < 3000; ++round) {
    FarEnd& end = *ends[random.below(legs)];
    FarEnd& other = *ends[random.below(legs)];
    const MixerId where = mixers[random.below(2)];
    switch (random.below(14)) {
      case 0:
        outcome(OpenMixer{.id = where, .rate = std::array<std::uint32_t, 3>{8000, 16000, 48000}[random.below(3)]});
        break;
      case 1:
        if (random.below(8) == 0) outcome(CloseMixer{.id = where});
        break;
      case 2:
        outcome(Join{.a = end.port, .b = other.port});
        break;
      case 3:
        outcome(Echo{.id = end.port});
        break;
      case 4:
        outcome(Unseat{.port = end.port});
        break;
      case 5: {
        SetRemote told = remote(end.port, end.address, formats_of(end));
        told.encoder.ptime_ms = static_cast<std::uint8_t>(random.below(70));
        told.encoder.use_dtx = random.below(2) == 0;
        told.send = random.below(4) != 0;
        command(told);
        break;
      }
      case 6:
        outcome(Hearing{.port = end.port, .change = Hearing::Exception{other.port, 0.5F}});
        break;
      case 7:
        outcome(Hearing{.port = end.port, .change = Hearing::Hear{static_cast<std::uint8_t>(random.below(10))}});
        break;
      case 8:
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
        receive(end.port, end.address,
                {.payload_type = std::array<std::uint8_t, 4>{end.format.receive_type, 101, 13, 18}[random.below(4)],
                 .sequence = end.sequence++,
                 .timestamp = random.below(2) == 0 ? end.timestamp : static_cast<std::uint32_t>(random.next()),
                 .ssrc = end.ssrc,
                 .payload = std::span(bytes).first(random.below(bytes.size()))});
        break;
      case 9:
        end.ssrc = static_cast<std::uint32_t>(random.next());
        break;
      default:
        outcome(Seat{.port = end.port, .mixer = where});
    }
    talk(milliseconds(random.below(60)));
  }
  for (const auto& end : ends) {
    const auto out = rtp_from(end->port);
    EXPECT_GT(out.size(), 100u);
    std::uint16_t before = out[0].packet().sequence;
    for (std::size_t i = 1; i < out.size(); ++i) {
      const rtp::Packet packet = out[i].packet();
      ASSERT_EQ(packet.ssrc, out[0].packet().ssrc);
      // What was reordered on its way through a relay stays so.
      ASSERT_LT(std::abs(rtp::sequence_distance(packet.sequence, before)), 100) << i;
      before = packet.sequence;
    }
    outcome(Close{.id = end->port});
  }
  EXPECT_EQ(worker.pending_timers(), 0u);
}

}  // namespace
}  // namespace junctor::media
