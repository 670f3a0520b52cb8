// Legs with different codecs: translated when they must be, relayed as soon as they can; toward every far end the audio
// stays one stream.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

/// Of the one call that is up.
std::string plan(Sim& sim) {
  std::string out;
  sim.hub().core().calls().for_each([&](const call::Call& call) { out = call.all_legs().front().codec_plan; });
  return out;
}

void expect_one_stream(Phone& phone) {
  EXPECT_EQ(phone.line().audio().ssrc_changes(), 0u) << phone.user();
  EXPECT_EQ(phone.line().audio().sequence_jumps(), 0u) << phone.user();
  EXPECT_EQ(phone.line().audio().timestamp_faults(), 0u) << phone.user();
}

class Pairs : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(Pairs, HearEachOther) {
  const auto& [of_alice, of_bob] = GetParam();
  Sim sim{Seed{401}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {of_alice, "telephone-event"};
  bob.habits().codecs = {of_bob, "telephone-event"};
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  const bool same = std::string_view(of_alice) == of_bob;
  EXPECT_THAT(plan(sim), ::testing::StartsWith(same ? "relay " : "mixer at ")) << of_alice << " and " << of_bob;

  alice.line().audio().press('5');
  EXPECT_TRUE(sim.until(2s, [&] { return bob.line().audio().digits() == "5"; }));
  alice.line().hold();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().on_hold_by_peer(); }));
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().audio().hears_nothing(); }));
  alice.line().unhold();
  EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(440); }));
  expect_one_stream(alice);
  expect_one_stream(bob);
  EXPECT_THAT(sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Codecs, Pairs,
                         ::testing::Combine(::testing::Values("pcmu", "pcma", "g722", "opus"),
                                            ::testing::Values("pcmu", "pcma", "g722", "opus")),
                         [](const auto& pair) {
                           return std::string(std::get<0>(pair.param)) + "_" + std::get<1>(pair.param);
                         });

TEST(Codecs, TheCallersCodecIsChosenWhereBothHaveIt) {
  Sim sim{Seed{402}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"pcma", "telephone-event"};
  bob.habits().codecs = {"opus", "g722", "pcmu", "pcma", "telephone-event"};
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_EQ(plan(sim), "relay PCMA");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Codecs, FromRelayToMixerAndBackWhileTheyTalk) {
  Sim sim{Seed{403}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().codecs = {"pcma", "telephone-event"};
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  for (int round = 1; round <= 3; ++round) {
    ASSERT_EQ(plan(sim), "relay PCMA");
    alice.line().change_codecs({"g722", "telephone-event"});
    ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 2 * round - 1; }));
    sim.run_for(300ms);
    EXPECT_EQ(plan(sim), "mixer at 8000 Hz: G722 and PCMA");
    EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(880) && bob.hears(440); }));
    alice.line().change_codecs({"pcma", "telephone-event"});
    ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 2 * round; }));
    sim.run_for(300ms);
    EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(880) && bob.hears(440); }));
  }
  expect_one_stream(alice);
  expect_one_stream(bob);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Codecs, AnotherCodecOfTheAnswerIsTranslatedWhenItIsUsed) {
  Sim sim{Seed{406}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"pcma"};
  bob.habits().codecs = {"pcma", "g722"};
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  ASSERT_EQ(plan(sim), "relay PCMA");
  bob.line().audio().use_codec({9, audio::Format::g722});
  sim.run_for(300ms);
  EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_EQ(plan(sim), "mixer at 8000 Hz: codec in use");
  expect_one_stream(alice);
  EXPECT_THAT(sim.close(), IsEmpty());
}

/// The fmtp of Opus in what a phone was told.
std::string opus_fmtp(Phone& phone) {
  for (const auto& codec : sip::sdp::first_audio(*phone.line().remote_sdp())->codecs)
    if (codec.name == "opus") return codec.fmtp;
  return "no opus";
}

TEST(Codecs, WhatOpusPhonesDeclareReachesTheOtherOneWhereTheyAreRelayed) {
  Sim sim{Seed{407}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = bob.habits().codecs = {"opus", "telephone-event"};
  alice.habits().opus_fmtp = "stereo=1;sprop-stereo=1;maxaveragebitrate=40000";
  bob.habits().opus_fmtp = "stereo=1; usedtx=1";
  ASSERT_TRUE(connect(sim, alice, bob));
  EXPECT_EQ(plan(sim), "relay opus");
  EXPECT_EQ(opus_fmtp(bob), alice.habits().opus_fmtp);
  EXPECT_EQ(opus_fmtp(alice), bob.habits().opus_fmtp);
  EXPECT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Codecs, TranslatedOpusIsMono) {
  Sim sim{Seed{408}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"opus", "telephone-event"};
  alice.habits().opus_fmtp = "stereo=1;sprop-stereo=1";
  bob.habits().codecs = {"pcma", "telephone-event"};
  for (const bool alice_calls : {true, false}) {
    ASSERT_TRUE(alice_calls ? connect(sim, alice, bob) : connect(sim, bob, alice));
    EXPECT_THAT(plan(sim), ::testing::StartsWith("mixer at "));
    EXPECT_EQ(opus_fmtp(alice), "useinbandfec=1");
    EXPECT_TRUE(talk(sim, alice, bob));
    alice.line().hang_up();
    ASSERT_TRUE(sim.until(5s, [&] { return alice.line().ended() && bob.line().ended(); }));
  }
  alice.dial("9196");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.up(); }));
  EXPECT_EQ(opus_fmtp(alice), "useinbandfec=1");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Codecs, ALateOfferIsTranslatedToo) {
  Sim sim{Seed{404}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"opus"};
  bob.habits().codecs = {"pcmu"};
  ASSERT_TRUE(connect(sim, alice, bob, "1002", {.late_offer = true}));
  EXPECT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Codecs, AcrossALossyLine) {
  Sim sim{Seed{405}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"g722"};
  bob.habits().codecs = {"opus"};
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.link(alice).loss(0.02).delay(30ms, 15ms);
  EXPECT_TRUE(talk(sim, alice, bob));
  sim.run_for(5s);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  sim.excuse(alice);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
