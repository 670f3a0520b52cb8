// INFO, MESSAGE, OPTIONS and NOTIFY inside a call reach the other side.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(Passthrough, BothWaysWithTheirBodies) {
  Sim sim{Seed{191}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  alice.line().send(Method::info, "application/media_control+xml", "<picture_fast_update/>");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::info) == 200; }));
  ASSERT_EQ(bob.line().count(Method::info), 1);
  EXPECT_EQ(bob.line().got().back().body, "<picture_fast_update/>");
  bob.line().send(Method::message, "text/plain", "hello");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().last_asked(Method::message) == 200; }));
  EXPECT_EQ(alice.line().got().back().body, "hello");
  bob.line().send(Method::options);
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().last_asked(Method::options) == 200; }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Passthrough, ToAFeatureNumber) {
  Sim sim{Seed{192}};
  Phone& alice = sim.phone("1001");
  alice.dial("9196");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  alice.line().send(Method::info, "application/dtmf-relay", "Signal=5\r\n");
  alice.line().send(Method::options);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::options) == 200; }));
  EXPECT_EQ(alice.line().last_asked(Method::info), 200);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Passthrough, TheOtherSideHangsUpMeanwhile) {
  Sim sim{Seed{193}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  alice.line().send(Method::info, "text/plain", "x");
  bob.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
