// What waits hears music: held, parked; and the relay is back when it talks again.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

bool hears_music(Phone& phone) {
  const double level = phone.line().audio().level_dbm0();
  return level > -40 && !phone.hears(440) && !phone.hears(880);
}

/// Of the last MESSAGE.
std::string text_at(Phone& phone) {
  std::string out;
  for (const Line::Got& got : phone.line().got())
    if (got.method == Method::message) out = got.body;
  return out;
}

TEST(HoldMusic, WhoIsHeldHearsMusicAndTheHolderNothing) {
  Sim sim{Seed{431}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  for (int round = 0; round < 2; ++round) {
    alice.line().hold();
    ASSERT_TRUE(sim.until(3s, [&] { return hears_music(bob); }));
    EXPECT_TRUE(sim.until(1s, [&] { return alice.line().audio().hears_nothing(); }));
    sim.run_for(25s);  // longer than the music
    EXPECT_TRUE(hears_music(bob));
    alice.line().unhold();
    ASSERT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
    sim.run_for(1s);
    sim.hub().core().calls().for_each(
        [](const call::Call& call) { EXPECT_EQ(call.all_legs().front().codec_plan, "relay PCMA"); });
  }
  EXPECT_EQ(bob.line().audio().ssrc_changes(), 0u);
  EXPECT_EQ(bob.line().audio().sequence_jumps(), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(HoldMusic, Off) {
  Sim sim{Seed{432}, {.config = "[features]\nhold_music = \"\"\n"}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().hold();
  sim.run_for(2s);
  EXPECT_FALSE(hears_music(bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(HoldMusic, UntilATransferIsAnswered) {
  Sim sim{Seed{433}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().hold();
  ASSERT_TRUE(sim.until(3s, [&] { return hears_music(bob); }));
  alice.line().refer("1003");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.ringing(); }));
  EXPECT_TRUE(hears_music(bob));
  carol.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return carol.up() && alice.line().ended(); }));
  carol.speak(600);
  EXPECT_TRUE(sim.until(3s, [&] { return carol.hears(880) && bob.hears(600); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Park, ATransferParksAndTheLotIsTakenBack) {
  Sim sim{Seed{434}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().refer("700");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.line().ended(); }));
  EXPECT_EQ(text_at(alice), "The call is at 701");
  EXPECT_TRUE(sim.until(3s, [&] { return hears_music(bob); }));
  carol.dial("701");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.up(); }));
  carol.speak(600);
  EXPECT_TRUE(sim.until(3s, [&] { return carol.hears(880) && bob.hears(600); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Park, NobodyThere) {
  Sim sim{Seed{435}};
  Phone& alice = sim.phone("1001");
  alice.dial("702");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.line().ended(); }));
  EXPECT_EQ(alice.line().status(), 404);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Park, WhoParkedIsRungAfterAWhile) {
  Sim sim{Seed{436}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().refer("700");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.line().ended(); }));
  ASSERT_TRUE(sim.until(130s, [&] { return alice.ringing(); }));
  alice.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return alice.up(); }));
  alice.speak(500);
  EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(500); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Park, TheParkedOneHangsUp) {
  Sim sim{Seed{437}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  alice.line().refer("705");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.line().ended(); }));
  EXPECT_EQ(text_at(alice), "The call is at 705");
  bob.hang_up();
  sim.run_for(1s);
  alice.dial("705");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.line().ended(); }));
  EXPECT_EQ(alice.line().status(), 404);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
