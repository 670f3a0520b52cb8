// Several phones of one user, and a proxy downstream that forks.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(CallForking, AllRingOneAnswersTheOthersAreCancelled) {
  Sim sim{Seed{11}};
  Phone& alice = sim.phone("1001");
  Phone& desk = sim.phone("1002");
  Phone& mobile = sim.phone("1002");
  Phone& home = sim.phone("1002");
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return desk.ringing() && mobile.ringing() && home.ringing(); }));
  mobile.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up() && mobile.up() && desk.idle() && home.idle(); }));
  EXPECT_EQ(desk.line().status(), 487);
  EXPECT_THAT(desk.line().reason(), HasSubstr("cause=200"));  // RFC 3326: completed elsewhere
  ASSERT_TRUE(talk(sim, alice, mobile));
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallForking, TwoAnswerAtOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sim sim{Seed{seed}};
    Phone& alice = sim.phone("1001");
    Phone& desk = sim.phone("1002");
    Phone& mobile = sim.phone("1002");
    alice.dial("1002");
    ASSERT_TRUE(sim.until(2s, [&] { return desk.ringing() && mobile.ringing(); }));
    desk.answer();
    mobile.answer();
    ASSERT_TRUE(sim.until(2s, [&] { return alice.up() && desk.live_lines() + mobile.live_lines() == 1; }));
    alice.hang_up();
    EXPECT_THAT(sim.close(), IsEmpty()) << "seed " << seed;
  }
}

TEST(CallForking, TheBestRefusalWins) {
  const struct {
    int first, second, expected;
  } cases[] = {{480, 486, 486}, {486, 603, 603}, {486, 600, 600}, {404, 480, 480},
               {500, 486, 486}, {486, 486, 486}, {302, 486, 486}, {302, 404, 480}};
  for (const auto& c : cases) {
    Sim sim{Seed{12}};
    Phone& alice = sim.phone("1001");
    Phone& desk = sim.phone("1002");
    Phone& mobile = sim.phone("1002");
    alice.dial("1002");
    ASSERT_TRUE(sim.until(2s, [&] { return desk.ringing() && mobile.ringing(); }));
    desk.reject(c.first);
    mobile.reject(c.second);
    ASSERT_TRUE(sim.until(3s, [&] { return alice.idle(); }));
    EXPECT_EQ(alice.line().status(), c.expected) << c.first << " and " << c.second;
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

TEST(CallForking, ADeclineEndsTheOthers) {
  Sim sim{Seed{13}};
  Phone& alice = sim.phone("1001");
  Phone& desk = sim.phone("1002");
  Phone& mobile = sim.phone("1002");
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return desk.ringing() && mobile.ringing(); }));
  desk.reject(603);
  ASSERT_TRUE(sim.until(3s, [&] { return mobile.idle() && alice.idle(); }));
  EXPECT_EQ(alice.line().status(), 603);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallForking, AProxyDownstreamAnswersTwice) {
  Sim sim{Seed{14}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().answers_twice = true;
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.run_for(1s);
  EXPECT_TRUE(alice.up());
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallForking, EarlyDialogsFromSeveralBranches) {
  Sim sim{Seed{15}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().rings = false;
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing(); }));
  bob.ring({.tag = "branchone"});
  bob.ring({.tag = "branchtwo"});
  ASSERT_TRUE(sim.until(2s, [&] { return alice.ringback(); }));
  bob.line().answer("branchtwo");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up() && bob.up(); }));
  ASSERT_TRUE(talk(sim, alice, bob));
  bob.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
