// What is done with what a leg says, measured at who hears it.
#include "media/leg_voice.hpp"

#include <cmath>
#include <string>

#include "audio/dtmf.hpp"
#include "audio/test_speech.hpp"
#include "media/far_ends.hpp"

namespace junctor::media {
namespace {

using audio::NoiseSuppression;

Process process(PortId port, const VoiceProcessing& what, std::uint32_t rate = 8000) {
  Process command{.port = port, .what = what, .processor = nullptr};
  if (what.sound.any()) command.processor = std::make_shared<audio::VoiceProcessor>(static_cast<int>(rate), what.sound);
  return command;
}

struct LegVoiceTest : MixingFixture {
  FarEnd& alice = add(pcma(), 500);
  FarEnd& bob = add(pcma(), 900);

  void SetUp() override { alice.silent = bob.silent = true; }
  /// Alice says this to bob, to its end and a little on.
  void say(Samples words) {
    alice.said = 0;
    alice.words = std::move(words);
    talk(milliseconds(alice.words.size() / 160 * 20 + 200));
  }
  static Samples silence(Duration span) { return Samples(static_cast<std::size_t>(span / microseconds(125))); }
  static Samples all_of(std::initializer_list<Samples> parts) {
    Samples out;
    for (const Samples& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
  }
};

struct Noise : LegVoiceTest, testing::WithParamInterface<std::uint32_t> {
  /// How much louder the sentences are than the pauses, of the last seconds of what bob hears of this.
  double ratio_db(const Samples& clean, const Samples& noisy) {
    sent.clear();
    say(noisy);
    const Samples all = heard(bob);
    double idle = 0, active = 0;
    int idle_count = 0, active_count = 0, silent = 0, loud = 0;
    for (std::size_t at = 0; at + 160 <= std::min(all.size(), clean.size()); at += 160) {
      const double said = audio::total_level_dbm0(std::span(clean).subspan(at, 160));
      const double power = std::pow(10, audio::total_level_dbm0(std::span(all).subspan(at, 160)) / 10);
      silent = said < -90 ? silent + 1 : 0;
      loud = said > -30 ? loud + 1 : 0;
      if (at < std::size_t{5} * 8000) continue;
      if (silent > 10) idle += power, ++idle_count;  // what is heard is some ticks late
      if (loud > 4) active += power, ++active_count;
    }
    EXPECT_GT(idle_count, 50);
    EXPECT_GT(active_count, 50);
    return 10 * std::log10(active / active_count / (idle / idle_count));
  }
};

TEST_P(Noise, goes_while_it_is_on_and_speech_stays) {
  seat_all(GetParam());
  const Samples clean = audio::speech(audio::Speaker::woman, 8000, 12, -20, 1500);
  const Samples noisy = audio::sum(clean, audio::white_noise(clean.size(), -38, 5));
  const double before = ratio_db(clean, noisy);
  const VoiceProcessing moderate{.sound = {.noise_suppression = NoiseSuppression::moderate}, .limits = {}};
  ASSERT_EQ(outcome(process(alice.port, moderate, GetParam())), Outcome::done);
  const double on = ratio_db(clean, noisy);
  ASSERT_EQ(outcome(process(alice.port, {})), Outcome::done);
  const double after = ratio_db(clean, noisy);
  EXPECT_NEAR(after, before, 1);
  EXPECT_GT(on, before + 8);
  RecordProperty("snr_db", std::to_string(before) + ", " + std::to_string(on));
}

INSTANTIATE_TEST_SUITE_P(LegVoice, Noise, testing::Values(8000u, 16000u, 48000u), testing::PrintToStringParamName());

/// What bob's own detector finds, with alice's voice worked on or not: (tones over a noisy line, her way of telling).
struct Keys : LegVoiceTest, testing::WithParamInterface<std::tuple<std::uint32_t, bool>> {
  std::string found_by_bob(std::vector<std::chrono::milliseconds>& durations) {
    audio::DtmfDetector detector(far_end_rate);
    std::string out;
    const Samples all = heard(bob);
    for (std::size_t at = 0; at + 160 <= all.size(); at += 160) {
      const auto key = detector.process(std::span(all).subspan(at, 160));
      if (!key || key->kind != audio::DtmfEvent::Kind::ended) continue;
      out += key->digit;
      durations.push_back(key->duration);
    }
    return out;
  }
  static Samples dialled(std::string_view digits, int duration_ms, int gap_ms, double dbm0) {
    Samples out;
    for (const char digit : digits) {
      const auto tone =
          audio::dtmf_tone(digit, std::chrono::milliseconds(duration_ms), std::chrono::milliseconds(gap_ms));
      Samples one(static_cast<std::size_t>((duration_ms + gap_ms) * 8));
      audio::CadenceGenerator(*tone, 8000, dbm0).generate(one);
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  }
};

TEST_P(Keys, sound_through_everything_as_they_did_without) {
  const auto& [rate, has_events] = GetParam();
  if (!has_events) command(remote(alice.port, alice.address, formats({pcma()})));
  seat_all(rate);
  const VoiceProcessing what{.sound = {NoiseSuppression::high, true}, .limits = {}};
  const Samples words = audio::speech(audio::Speaker::man, 8000, 3, -25, 300);
  for (const bool on : {false, true}) {
    if (on) {
      ASSERT_EQ(outcome(process(alice.port, what, rate)), Outcome::done);
    }
    for (const double dbm0 : {-20.0, audio::dtmf_level_dbm0}) {
      for (const int length_ms : {50, 100, 1500}) {
        SCOPED_TRACE((on ? "on, " : "off, ") + std::to_string(dbm0) + " dBm0, " + std::to_string(length_ms) + " ms");
        const std::string_view digits = length_ms > 1000 ? "159D" : "0123456789*#ABCD";
        const Samples keys = dialled(digits, length_ms, 60, dbm0);
        Samples line = all_of({words, silence(milliseconds(500)), keys, silence(milliseconds(200))});
        say(audio::sum(line, audio::white_noise(line.size(), -42, 7)));
        events.clear();
        sent.clear();
        line = all_of({silence(milliseconds(500)), keys, silence(milliseconds(200))});
        say(audio::sum(line, audio::white_noise(line.size(), -42, 9)));
        std::vector<std::chrono::milliseconds> durations;
        EXPECT_EQ(found_by_bob(durations), digits);
        for (const auto& duration : durations) EXPECT_NEAR(static_cast<double>(duration.count()), length_ms, 16);
        std::string told;
        for (const Dtmf& key : events_of<Dtmf>()) told += key.digit;
        EXPECT_EQ(told, has_events ? "" : digits);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(LegVoice, Keys, testing::Combine(testing::Values(8000u, 16000u, 48000u), testing::Bool()),
                         [](const auto& one) {
                           return std::to_string(std::get<0>(one.param)) + (std::get<1>(one.param) ? "_events" : "");
                         });

TEST_F(LegVoiceTest, what_a_voice_does_is_told_with_its_time) {
  VoiceProcessing what{.sound = {}, .events = true, .limits = {}};
  what.limits.silence_after = seconds(2);
  what.limits.dead_air_after = seconds(5);
  seat_all();
  ASSERT_EQ(outcome(process(alice.port, what)), Outcome::done);
  say(audio::white_noise(8000, -55, 3));
  events.clear();
  // Noise, two seconds of a voice, noise again, nothing at all, a voice that is far too loud.
  const Samples voice = audio::speech(audio::Speaker::robot, 8000, 2, -20, 0);
  const Samples loud = audio::speech(audio::Speaker::man, 8000, 3, 12, 0);
  const Samples noise = audio::white_noise(4 * 8000, -55, 4);
  const auto bounds = [](const Samples& words) {
    const auto sounds = [](std::int16_t s) { return std::abs(s) > 250; };
    const auto first = std::ranges::find_if(words, sounds) - words.begin();
    const auto last = std::find_if(words.rbegin(), words.rend(), sounds).base() - words.begin();
    return std::pair(milliseconds(first / 8), milliseconds(last / 8));
  };
  const TimePoint start = now;
  say(all_of({voice, noise, silence(seconds(7)), loud}));
  const auto told = events_of<VoiceHeard>();
  const Duration voice_end = milliseconds(voice.size() / 8), quiet = voice_end + seconds(4);
  const Duration shout = quiet + seconds(7);
  struct Wanted {
    VoiceEvent what;
    Duration at;
  };
  const std::vector<Wanted> wanted{{VoiceEvent::speech_started, bounds(voice).first},
                                   {VoiceEvent::speech_ended, bounds(voice).second},
                                   {VoiceEvent::silence, bounds(voice).second + seconds(2)},
                                   {VoiceEvent::dead_air, quiet + seconds(5)},
                                   {VoiceEvent::speech_started, shout + bounds(loud).first}};
  std::vector<VoiceHeard> speech;
  int clipping = 0;
  for (const VoiceHeard& each : told) {
    EXPECT_EQ(each.id, alice.port);
    clipping += each.what == VoiceEvent::clipping_started;
    if (each.what != VoiceEvent::clipping_started) speech.push_back(each);
  }
  ASSERT_GE(speech.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(speech[i].what, wanted[i].what) << i << ' ' << to_string(speech[i].what);
    EXPECT_NEAR(static_cast<double>((speech[i].at - start - wanted[i].at) / milliseconds(1)), 0, 100) << i;
  }
  EXPECT_EQ(clipping, 1);
}

TEST_F(LegVoiceTest, on_hold_and_before_the_answer_nobody_is_silent) {
  const VoiceProcessing what{
      .sound = {}, .events = true, .limits = {.silence_after = seconds(1), .dead_air_after = seconds(1)}};
  SetRemote ringing = remote(alice.port, alice.address, formats({pcma()})), held = ringing;
  ringing.audio_due = false;
  held.receive = false;
  command(ringing);
  seat_all();
  ASSERT_EQ(outcome(process(alice.port, what)), Outcome::done);
  talk(seconds(5));
  command(held);
  talk(seconds(5));
  EXPECT_TRUE(events_of<VoiceHeard>().empty());
  held.receive = true;
  command(held);
  talk(seconds(5));
  EXPECT_EQ(events_of<VoiceHeard>().size(), 2u);
}

/// Steady tones stand for music: suppression takes them, where they are taken for somebody's voice.
TEST_F(LegVoiceTest, what_is_played_and_music_on_hold_stay_as_they_are) {
  alice.silent = false;
  SetRemote talks = remote(alice.port, alice.address, formats({pcma()})), holds = talks;
  holds.send = false;
  const MixerId room = mixer;
  seat_all();
  ASSERT_EQ(outcome(process(alice.port, {.sound = {.noise_suppression = NoiseSuppression::high}, .limits = {}})),
            Outcome::done);
  const auto level_of_both = [&] {
    talk(seconds(6));
    sent.clear();
    talk(seconds(1));
    return std::pair(level(heard(bob), 500), level(heard(bob), 1700));
  };
  Play play{.id = {1}, .mixer = room, .to = {}, .what = audio::Tone{.count = 1}};
  std::get<audio::Tone>(play.what).segments[0].components[0].hz = 1700;
  ASSERT_EQ(outcome(play), Outcome::done);
  command(talks);
  const auto talking = level_of_both();
  command(holds);
  const auto holding = level_of_both();
  EXPECT_LT(talking.first, -14);
  EXPECT_NEAR(talking.second, -10, 0.5);
  EXPECT_NEAR(holding.first, -10, 0.5);
  EXPECT_NEAR(holding.second, -10, 0.5);
}

TEST_F(LegVoiceTest, keys_are_no_speech) {
  const VoiceProcessing what{.sound = {}, .events = true, .limits = {.silence_after = minutes(1)}};
  seat_all();
  ASSERT_EQ(outcome(process(alice.port, what)), Outcome::done);
  Samples keys;
  for (int i = 0; i < 20; ++i) {
    const Samples one = Keys::dialled("5", 150, 150, -10);
    keys.insert(keys.end(), one.begin(), one.end());
  }
  say(audio::sum(keys, audio::white_noise(keys.size(), -55, 4)));
  EXPECT_TRUE(events_of<VoiceHeard>().empty());
}

TEST_F(LegVoiceTest, it_is_of_the_seat_and_of_its_rate) {
  const VoiceProcessing what{.sound = {.automatic_gain = true}, .limits = {}};
  EXPECT_EQ(outcome(process(id(30), what)), Outcome::no_such_port);
  EXPECT_EQ(outcome(process(alice.port, what)), Outcome::bad_parameter);
  seat_all();
  EXPECT_EQ(outcome(process(alice.port, what, 16000)), Outcome::bad_parameter);
  EXPECT_EQ(outcome(Process{.port = alice.port, .what = what, .processor = nullptr}), Outcome::bad_parameter);
  EXPECT_EQ(outcome(process(alice.port, what)), Outcome::done);
  // One that it has is set anew; without, nothing of the sound is left to do.
  EXPECT_EQ(outcome(Process{.port = alice.port, .what = what, .processor = nullptr}), Outcome::done);
  EXPECT_EQ(outcome(Process{.port = alice.port, .what = {}, .processor = nullptr}), Outcome::done);
  EXPECT_EQ(outcome(Unseat{.port = alice.port}), Outcome::done);
  EXPECT_EQ(seat(alice), Outcome::done);
}

/// A tone that is worked on begins, changes and ends being so without a step in it.
TEST_F(LegVoiceTest, switching_does_not_click) {
  alice.silent = false;
  seat_all();
  talk(milliseconds(500));
  sent.clear();
  talk(seconds(1));
  ASSERT_EQ(outcome(process(alice.port, {.sound = {.noise_suppression = NoiseSuppression::low}, .limits = {}})),
            Outcome::done);
  talk(seconds(1));
  ASSERT_EQ(outcome(process(alice.port, {.sound = {NoiseSuppression::low, true}, .limits = {}})), Outcome::done);
  talk(seconds(1));
  ASSERT_EQ(outcome(process(alice.port, {})), Outcome::done);
  talk(seconds(1));
  const Samples all = heard(bob);
  int worst = 0;
  for (std::size_t i = 1; i < all.size(); ++i) worst = std::max(worst, std::abs(all[i] - all[i - 1]));
  const double steepest = audio::peak_0dbm0 * std::pow(10, -10 / 20.0) * 2 * 3.14159265 * 500 / 8000;
  EXPECT_LT(worst, steepest * 2);
  EXPECT_EQ(all.size(), 4u * 8000);
}

}  // namespace
}  // namespace junctor::media
