// What the hub says to people: heard when it is ready, by whom it is for, and by nobody who has gone.
#include "apps/prompts.hpp"

#include "audio/tone.hpp"
#include "audio/wav.hpp"
#include "scenario.hpp"
#include "sim/voice.hpp"

namespace junctor::sim {
namespace {

using apps::Prompt;

SimSettings with_rooms(const std::string& more = "") {
  return {.config = more + R"(
[[conferences]]
name = "board"
numbers = ["8002"]
pin = "1234"
moderator_pin = "9876"
tones = false
[[conferences]]
name = "sales"
numbers = ["8001"]
tones = false
)"};
}

bool enter(Sim& sim, Phone& phone, const std::string& room) {
  phone.dial(room);
  return sim.until(3s, [&] { return phone.up(); });
}

void type(Sim& sim, Phone& phone, std::string_view keys) {
  for (const char key : keys) {
    phone.line().audio().press(key);
    sim.run_for(250ms);
  }
}

bool is_told(Sim& sim, Phone& phone, Prompt prompt) {
  return sim.until(1s, [&] { return phone.hears(spoken_hz(apps::utterance(prompt).text)); });
}

std::uint64_t count(Sim& sim, const char* name) {
  return sim.hub().counters().get(name).value();
}

std::string sounds_folder(Sim& sim) {
  return sim.hub().core().config().hub.data_dir + "/sounds";
}

TEST(Prompts, ARoomWithAPinSaysWhatItWants) {
  Sim sim{Seed{601}, with_rooms()};
  Phone& alice = sim.phone("1001");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  EXPECT_TRUE(is_told(sim, alice, Prompt::conference_pin));
  type(sim, alice, "4#");
  EXPECT_TRUE(is_told(sim, alice, Prompt::conference_wrong_pin));
  type(sim, alice, "1234#");
  EXPECT_TRUE(is_told(sim, alice, Prompt::conference_wait));
  sim.run_for(2s);
  EXPECT_FALSE(alice.hears(spoken_hz(apps::utterance(Prompt::conference_wait).text)));
  EXPECT_GT(alice.line().audio().level_dbm0(), -40) << "no music after it";
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prompts, AKeyEndsWhatIsBeingSaid) {
  Sim sim{Seed{602}, with_rooms()};
  Phone& alice = sim.phone("1001");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  ASSERT_TRUE(is_told(sim, alice, Prompt::conference_pin));
  alice.line().audio().press('1');
  sim.run_for(250ms);
  EXPECT_FALSE(alice.hears(spoken_hz(apps::utterance(Prompt::conference_pin).text)));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prompts, WhoMutesThemselvesIsToldAndNobodyElse) {
  Sim sim{Seed{603}, with_rooms()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"g722", "telephone-event"};
  ASSERT_TRUE(enter(sim, alice, "8001"));
  ASSERT_TRUE(enter(sim, bob, "8001"));
  type(sim, alice, "*1");
  EXPECT_TRUE(is_told(sim, alice, Prompt::conference_muted));
  EXPECT_LT(bob.line().audio().level_dbm0(), -50);
  sim.run_for(1s);
  type(sim, alice, "*1");
  EXPECT_TRUE(is_told(sim, alice, Prompt::conference_unmuted));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prompts, WhatWasSpokenOnceIsFoundAgain) {
  Sim sim{Seed{604}, with_rooms()};
  Phone& alice = sim.phone("1001");
  for (int i = 0; i < 3; ++i) {
    if (i == 2) {  // and after a restart
      sim.crash_hub();
      sim.start_hub();
    }
    ASSERT_TRUE(enter(sim, alice, "8002"));
    EXPECT_TRUE(is_told(sim, alice, Prompt::conference_pin)) << i;
    alice.hang_up();
    sim.run_for(1s);
    EXPECT_EQ(count(sim, "speech_made"), i < 2 ? 1u : 0u);
  }
  EXPECT_EQ(sim.files().find(sounds_folder(sim) + "/cache", ".wav")->size(), 1u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prompts, WhoIsGoneBeforeTheSoundIsReadyMissesIt) {
  Sim sim{Seed{605}, with_rooms()};
  Phone& alice = sim.phone("1001");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  alice.hang_up();
  sim.run_for(2s);
  EXPECT_EQ(count(sim, "speech_made"), 1u) << "the sound was not asked for";
  EXPECT_EQ(sim.hub().core().ledger().plays, 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prompts, ARecordingIsHeardInstead) {
  Sim sim{Seed{606}, with_rooms("[speech]\ndriver = \"none\"\n")};
  std::vector<std::int16_t> samples(8000);
  audio::ToneGenerator(1000, -12, 8000).generate(samples);
  {
    const auto file = sim.files().open(sounds_folder(sim) + "/conference-pin.wav", audio::OpenMode::create).value();
    auto wav = audio::WavWriter::create(*file, 8000, 1).value();
    ASSERT_TRUE(wav.write(samples) && wav.checkpoint());
  }
  Phone& alice = sim.phone("1001");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(1000); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prompts, WithoutSpeechThereAreBeeps) {
  Sim sim{Seed{607}, with_rooms("[speech]\ndriver = \"none\"\n")};
  Phone& alice = sim.phone("1001");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(880); }));
  type(sim, alice, "1234");
  sim.run_for(1s);
  EXPECT_GT(alice.line().audio().level_dbm0(), -40) << "no music";
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
