// Hold, resume, codec change and late re-INVITEs; the audio stays one stream.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(ReinviteHold, HoldAndResumeFromEitherSide) {
  Sim sim{Seed{31}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  for (auto [holder, held] : {std::pair{&alice, &bob}, std::pair{&bob, &alice}}) {
    holder->line().hold();
    ASSERT_TRUE(sim.until(2s, [&] { return held->line().on_hold_by_peer(); }));
    ASSERT_TRUE(sim.until(2s, [&] { return holder->line().audio().hears_nothing(); }));
    holder->line().unhold();
    ASSERT_TRUE(sim.until(2s, [&] { return !held->line().on_hold_by_peer(); }));
    ASSERT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  }
  EXPECT_EQ(alice.line().audio().ssrc_changes(), 0u);
  EXPECT_EQ(alice.line().audio().sequence_jumps(), 0u);
  EXPECT_EQ(bob.line().audio().sequence_jumps(), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReinviteHold, BothHoldAndBothResume) {
  Sim sim{Seed{32}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().hold();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().on_hold_by_peer(); }));
  sim.run_for(1s);
  bob.line().hold();
  sim.run_for(1s);
  EXPECT_FALSE(receives(alice.line().direction()));
  EXPECT_FALSE(receives(bob.line().direction()));
  alice.line().unhold();
  sim.run_for(1s);
  bob.line().unhold();
  sim.run_for(1s);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReinviteHold, CodecChange) {
  Sim sim{Seed{33}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().change_codecs({"pcmu", "telephone-event"});
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 1; }));
  sim.run_for(500ms);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReinviteHold, CodecThatNobodyCanTranslateIsRefusedAndTheCallGoesOn) {
  Sim sim{Seed{34}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().codecs = {"pcma"};
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().change_codecs({"g729"});
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::invite) == 488; }));
  sim.run_for(1s);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReinviteHold, WithoutADescription) {
  Sim sim{Seed{35}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  alice.line().reinvite_late();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 1; }));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReinviteHold, HangUpWhileAReinviteIsPending) {
  for (int ms = 0; ms < 30; ++ms) {
    Sim sim{Seed{300 + static_cast<std::uint64_t>(ms)}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    ASSERT_TRUE(connect(sim, alice, bob));
    sim.run_for(1s);
    alice.line().hold();
    sim.run_for(milliseconds(ms));
    bob.hang_up();
    EXPECT_THAT(sim.close(), IsEmpty()) << ms << " ms";
  }
}

TEST(ReinviteHold, OffersWithVideoAndFax) {
  Sim sim{Seed{36}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.run_for(1s);
  alice.line().send(Method::invite, "application/sdp",
                    "v=0\r\no=- 1 2 IN IP4 10.1.0.1\r\ns=-\r\nc=IN IP4 10.1.0.1\r\nt=0 0\r\n"
                    "m=image 5000 udptl t38\r\n");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::invite) != 0; }));
  EXPECT_EQ(alice.line().last_asked(Method::invite), 488);
  EXPECT_TRUE(alice.up() && bob.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
