// A call whose audio has died is ended.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(RtpTimeout, ADeadCallIsEnded) {
  Sim sim{Seed{151}, {.config = "[rtp]\ntimeout_secs = 10\n"}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(30s);
  EXPECT_TRUE(alice.up() && bob.up());
  alice.line().vanish();
  const TimePoint died = sim.now();
  ASSERT_TRUE(sim.until(60s, [&] { return bob.idle(); }));
  EXPECT_GE(sim.now() - died, 9s);
  EXPECT_LE(sim.now() - died, 12s);
  const auto* r = record(sim, bob.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->call.hangup_by, "hub");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(RtpTimeout, NotWhileItIsOnHold) {
  Sim sim{Seed{152}, {.config = "[rtp]\ntimeout_secs = 10\n"}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().reinvite(Direction::inactive);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 1; }));
  sim.run_for(60s);
  EXPECT_TRUE(alice.up() && bob.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
