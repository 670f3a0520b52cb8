// CANCEL at every moment, and what crosses it.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(CancelRaces, WhileItRings) {
  Sim sim{Seed{21}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing() && alice.ringback(); }));
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_EQ(alice.line().status(), 487);
  EXPECT_EQ(bob.line().status(), 487);
  const auto* r = record(sim, alice.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->call.disposition, store::Disposition::canceled);
  EXPECT_EQ(r->call.sip_status, 487);
  EXPECT_EQ(r->call.hangup_by, "caller");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CancelRaces, AtEveryMoment) {
  for (int ms = 0; ms < 60; ++ms) {
    Sim sim{Seed{100 + static_cast<std::uint64_t>(ms)}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    bob.habits().answers_after = 20ms;
    Line& line = alice.dial("1002");
    sim.run_for(milliseconds(ms));
    line.hang_up();
    EXPECT_THAT(sim.close(), IsEmpty()) << ms << " ms";
    // 407: before it could answer the challenge.
    EXPECT_TRUE(line.status() == 407 || line.status() == 487 || line.status() == 200) << line.status();
  }
}

TEST(CancelRaces, TheAnswerCrossesTheCancel) {
  Sim sim{Seed{22}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().answers_instead_of_cancel = true;
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing() && alice.ringback(); }));
  alice.hang_up();
  ASSERT_TRUE(sim.until(5s, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_EQ(bob.line().count(Method::bye), 1);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CancelRaces, BeforeAnythingCameBackFromTheCalled) {
  Sim sim{Seed{23}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  sim.link(bob).cut();
  alice.dial("1002");
  sim.run_for(700ms);
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));  // the caller does not wait for the far end
  EXPECT_EQ(alice.line().status(), 487);
  sim.link(bob).heal();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CancelRaces, LostEverywhere) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Sim sim{Seed{seed}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    sim.link(alice).loss(0.25).delay(20ms, 20ms);
    sim.link(bob).loss(0.25).delay(20ms, 20ms);
    bob.habits().answers_after = 400ms;
    alice.dial("1002");
    sim.run_for(milliseconds(350 + 5 * seed));
    alice.hang_up();
    sim.run_for(40s);
    EXPECT_THAT(sim.close(), IsEmpty()) << "seed " << seed;
  }
}

TEST(CancelRaces, CalledPhoneNeverAcknowledged) {
  Sim sim{Seed{24}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().never_acks_answers = true;
  sim.excuse(alice);
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing(); }));
  bob.answer();
  ASSERT_TRUE(sim.until(40s, [&] { return bob.idle() && alice.idle(); }));  // §13.3.1.4: BYE after 64*T1
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
