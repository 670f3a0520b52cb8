// Both sides change the session at once (RFC 3261 §14.1).
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(ReinviteGlare, IsSettledAndBothChangesHappen) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Sim sim{Seed{seed}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    ASSERT_TRUE(connect(sim, alice, bob));
    ASSERT_TRUE(talk(sim, alice, bob));
    alice.line().hold();
    bob.line().reinvite(Direction::sendrecv);
    ASSERT_TRUE(sim.until(20s, [&] { return bob.line().on_hold_by_peer(); })) << "seed " << seed;
    sim.run_for(5s);
    alice.line().unhold();
    ASSERT_TRUE(sim.until(20s, [&] { return !bob.line().on_hold_by_peer(); })) << "seed " << seed;
    EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(440); })) << "seed " << seed;
    EXPECT_THAT(sim.close(), IsEmpty()) << "seed " << seed;
  }
}

TEST(ReinviteGlare, ReinviteAgainstUpdate) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Sim sim{Seed{seed}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    ASSERT_TRUE(connect(sim, alice, bob));
    sim.run_for(milliseconds(500));
    alice.line().update(Direction::sendrecv);
    bob.line().reinvite(Direction::sendrecv);
    sim.run_for(10s);
    EXPECT_TRUE(alice.up() && bob.up()) << "seed " << seed;
    EXPECT_TRUE(talk(sim, alice, bob)) << "seed " << seed;
    EXPECT_THAT(sim.close(), IsEmpty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace junctor::sim
