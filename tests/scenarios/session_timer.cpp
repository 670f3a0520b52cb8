// Session timers (RFC 4028): both roles, refreshed for real.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

void keep_talking(Phone& a, Phone& b) {
  a.speak(440);
  b.speak(880);
}

TEST(SessionTimer, TheCallerRefreshes) {
  Sim sim{Seed{81}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().session_expires = 120;
  ASSERT_TRUE(connect(sim, alice, bob));
  keep_talking(alice, bob);
  sim.run_for(10min);
  EXPECT_TRUE(alice.up() && bob.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(SessionTimer, TheHubEndsACallThatIsNotRefreshed) {
  Sim sim{Seed{82}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().session_expires = 120;
  alice.habits().refuses_to_refresh = true;
  ASSERT_TRUE(connect(sim, alice, bob));
  keep_talking(alice, bob);
  const TimePoint start = sim.now();
  ASSERT_TRUE(sim.until(10min, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_LE(sim.now() - start, 2min);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(SessionTimer, TooShortIsRaised) {
  Sim sim{Seed{83}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().session_expires = 30;
  alice.habits().min_se = 30;
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing(); }));
  EXPECT_EQ(alice.line().invite().header(HeaderId::session_expires), "90");
  bob.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(SessionTimer, AVanishedPhoneIsNoticed) {
  Sim sim{Seed{84}, {.config = "[rtp]\ntimeout_secs = 0\n"}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  keep_talking(alice, bob);
  alice.line().vanish();
  sim.link(alice).cut();
  ASSERT_TRUE(sim.until(40min, [&] { return bob.idle(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
