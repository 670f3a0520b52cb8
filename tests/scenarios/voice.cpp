// What users say is worked on and listened to: as configured, or while they talk; measured at who hears it.
#include <cmath>

#include "audio/goertzel.hpp"
#include "audio/test_speech.hpp"
#include "scenario.hpp"

namespace junctor::sim {
namespace {

using Samples = std::vector<std::int16_t>;

/// User 2001 has these keys, 2002 has none.
SimSettings with_user(const std::string& keys, const std::string& more = {}) {
  return {.config = "[[users]]\nusername = \"2001\"\npassword = \"secret-2001\"\n" + keys +
                    "[[users]]\nusername = \"2002\"\npassword = \"secret-2002\"\n" + more};
}

/// Of the one call that is up: the caller's leg.
call::LegFacts caller(Sim& sim) {
  call::LegFacts out;
  sim.hub().core().calls().for_each([&](const call::Call& call) { out = call.all_legs().front(); });
  return out;
}

CallId the_call(Sim& sim) {
  CallId id;
  sim.hub().core().calls().for_each([&](const call::Call& call) { id = call.id(); });
  return id;
}

/// A voice on a noisy line; how much louder it is than the noise is measured of what `heard` hears of it.
struct NoisyVoice {
  Samples clean = audio::speech(audio::Speaker::woman, 8000, 9, -20, 1500);
  Samples noisy = audio::sum(clean, audio::white_noise(clean.size(), -38, 5));

  double snr_db(Sim& sim, Phone& speaks, Phone& hears) const {
    hears.line().audio().record();
    speaks.line().audio().say(noisy);
    sim.until(1min, [&] { return !speaks.line().audio().is_saying(); });
    sim.run_for(200ms);
    const Samples& all = hears.line().audio().recorded();
    double idle = 0, active = 0;
    int idle_count = 0, active_count = 0, silent = 0, loud = 0;
    for (std::size_t at = 0; at + 160 <= std::min(all.size(), clean.size()); at += 160) {
      const double said = audio::total_level_dbm0(std::span(clean).subspan(at, 160));
      const double power = std::pow(10, audio::total_level_dbm0(std::span(all).subspan(at, 160)) / 10);
      silent = said < -90 ? silent + 1 : 0;
      loud = said > -30 ? loud + 1 : 0;
      if (at < std::size_t{4} * 8000) continue;      // in which it learns what is noise
      if (silent > 10) idle += power, ++idle_count;  // what is heard is some packets late
      if (loud > 6) active += power, ++active_count;
    }
    EXPECT_GT(std::min(idle_count, active_count), 30);
    return 10 * std::log10(active / active_count / (idle / idle_count));
  }
};

TEST(Voice, AUsersNoiseIsSuppressedAsConfigured) {
  const NoisyVoice voice;
  double without = 0, with = 0;
  for (const char* const keys : {"", "noise_suppression = \"moderate\"\n"}) {
    Sim sim{Seed{471}, with_user(keys)};
    Phone& alice = sim.phone("2001");
    Phone& bob = sim.phone("2002");
    ASSERT_TRUE(connect(sim, alice, bob));
    ASSERT_TRUE(talk(sim, alice, bob));
    alice.line().audio().speak(0);
    EXPECT_EQ(caller(sim).codec_plan, *keys ? "mixer at 8000 Hz: voice processing" : "relay PCMA");
    (*keys ? with : without) = voice.snr_db(sim, alice, bob);
    if (*keys) {  // the same when 2001 is called
      alice.line().hang_up();
      ASSERT_TRUE(sim.until(5s, [&] { return alice.line().ended() && bob.line().ended(); }));
      ASSERT_TRUE(connect(sim, bob, alice));
      ASSERT_TRUE(talk(sim, alice, bob));
      EXPECT_GT(voice.snr_db(sim, alice, bob), without + 8);
    }
    EXPECT_THAT(sim.close(), IsEmpty());
  }
  EXPECT_GT(with, without + 8);
  RecordProperty("snr_db", std::to_string(without) + ", " + std::to_string(with));
}

TEST(Voice, ItIsSwitchedWhileTheyTalkAndTheCallIsRelayedAgain) {
  const NoisyVoice voice;
  for (const char* const codec : {"pcma", "g722", "opus"}) {
    Sim sim{Seed{472}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    alice.habits().codecs = bob.habits().codecs = {codec, "telephone-event"};
    ASSERT_TRUE(connect(sim, alice, bob));
    ASSERT_TRUE(talk(sim, alice, bob));
    alice.line().audio().speak(0);
    call::Calls& calls = sim.hub().core().calls();
    const call::LegFacts before = caller(sim);
    ASSERT_THAT(before.codec_plan, ::testing::StartsWith("relay "));
    const double relayed = voice.snr_db(sim, alice, bob);

    const media::VoiceProcessing what{.sound = {audio::NoiseSuppression::high, true}, .limits = {}};
    ASSERT_TRUE(calls.process_voice(the_call(sim), before.id, what, sim.now()));
    const double processed = voice.snr_db(sim, alice, bob);
    EXPECT_GT(processed, relayed + 8) << codec;
    EXPECT_THAT(caller(sim).codec_plan, HasSubstr("voice processing"));

    ASSERT_TRUE(calls.process_voice(the_call(sim), before.id, {}, sim.now()));
    EXPECT_TRUE(sim.until(1s, [&] { return caller(sim).codec_plan == before.codec_plan; }));
    EXPECT_NEAR(voice.snr_db(sim, alice, bob), relayed, 1);
    for (Phone* const phone : {&alice, &bob}) {
      EXPECT_EQ(phone->line().audio().ssrc_changes(), 0u);
      EXPECT_EQ(phone->line().audio().sequence_jumps(), 0u);
      EXPECT_EQ(phone->line().audio().timestamp_faults(), 0u);
    }
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

TEST(Voice, ItGoesWithTheLegIntoAConference) {
  Sim sim{Seed{473}, with_user("noise_suppression = \"high\"\n",
                               "[[conferences]]\nname = \"sales\"\nnumbers = [\"8001\"]\ntones = false\n")};
  Phone& alice = sim.phone("2001");
  Phone& bob = sim.phone("2002");
  for (Phone* const phone : {&alice, &bob}) {
    phone->dial("8001");
    ASSERT_TRUE(sim.until(3s, [&] { return phone->up(); }));
  }
  const Samples noise = audio::white_noise(6 * 8000, -30, 9);
  const auto level = [&](Phone& from, Phone& to) {
    from.line().audio().say(noise);
    sim.run_for(4s);
    to.line().audio().record();
    sim.run_for(1500ms);
    from.line().audio().be_quiet();
    return audio::total_level_dbm0(to.line().audio().recorded());
  };
  EXPECT_NEAR(level(bob, alice), -30, 1);
  sim.run_for(1s);
  EXPECT_LT(level(alice, bob), -40);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Voice, WhatAVoiceDoesIsKnownWithItsTime) {
  Sim sim{Seed{474}, with_user("voice_events = true\n", "[voice]\nsilence_ms = 2000\ndead_air_ms = 4000\n")};
  Phone& alice = sim.phone("2001");
  Phone& bob = sim.phone("2002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().audio().speak(0);
  alice.line().audio().say(audio::white_noise(2 * 8000, -55, 3));
  sim.run_for(1800ms);
  const Samples voice = audio::speech(audio::Speaker::robot, 8000, 1, -20, 0);
  const Samples noise = audio::white_noise(4 * 8000, -55, 4);
  Samples words = voice;
  words.insert(words.end(), noise.begin(), noise.end());
  const TimePoint start = sim.now();
  alice.line().audio().say(words);
  const auto loud = [](std::int16_t s) { return std::abs(s) > 250; };
  const auto begins = std::ranges::find_if(voice, loud) - voice.begin();
  const auto ends = std::find_if(voice.rbegin(), voice.rend(), loud).base() - voice.begin();
  const auto expect = [&](std::string_view state, Duration after) {
    ASSERT_TRUE(sim.until(10s, [&] { return caller(sim).voice == state; })) << state << ' ' << caller(sim).voice;
    EXPECT_NEAR(static_cast<double>((*caller(sim).voice_since - start - after) / 1ms), 0, 100) << state;
    EXPECT_LT(sim.now() - *caller(sim).voice_since, 500ms) << state;
  };
  expect("speech", milliseconds(begins / 8));
  expect("pause", milliseconds(ends / 8));
  expect("silence", milliseconds(ends / 8) + 2s);
  expect("dead air", milliseconds(words.size() / 8) + 4s);
  alice.line().audio().say(audio::speech(audio::Speaker::man, 8000, 3, 12, 0));
  EXPECT_TRUE(sim.until(2s, [&] { return caller(sim).voice == "speech (clipping)"; }));
  // Nobody listens any more: nothing is known, and the call is relayed.
  ASSERT_TRUE(sim.hub().core().calls().process_voice(the_call(sim), caller(sim).id, {}, sim.now()));
  EXPECT_EQ(caller(sim).voice, "");
  EXPECT_TRUE(sim.until(1s, [&] { return caller(sim).codec_plan == "relay PCMA"; }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Voice, ACodecThatIsNotOursStaysAsItIs) {
  Sim sim{Seed{475}, with_user("noise_suppression = \"high\"\nautomatic_gain = true\nvoice_events = true\n")};
  Phone& alice = sim.phone("2001");
  Phone& bob = sim.phone("2002");
  alice.habits().codecs = bob.habits().codecs = {"g729"};
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.run_for(1s);
  EXPECT_EQ(caller(sim).codec_plan, "relay G729");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Voice, KeysPassAsTheyAre) {
  for (const bool has_events : {true, false}) {
    Sim sim{Seed{476}, with_user("noise_suppression = \"high\"\nautomatic_gain = true\n")};
    Phone& alice = sim.phone("2001");
    Phone& bob = sim.phone("2002");
    if (!has_events) alice.habits().codecs = bob.habits().codecs = {"pcmu"};
    ASSERT_TRUE(connect(sim, alice, bob));
    alice.line().audio().say(audio::white_noise(8 * 8000, -40, 4));
    sim.run_for(3s);
    bob.line().audio().record();
    for (const char digit : std::string_view("0123456789*#")) {
      has_events ? alice.line().audio().press(digit) : alice.line().audio().sound(digit);
      sim.run_for(300ms);
    }
    std::string heard;
    for (const auto& key : bob.line().audio().heard_keys()) {
      heard += key.digit;
      EXPECT_NEAR(static_cast<double>(key.duration.count()), 100, 15);
    }
    EXPECT_EQ(has_events ? bob.line().audio().digits() : heard, "0123456789*#");
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

}  // namespace
}  // namespace junctor::sim
