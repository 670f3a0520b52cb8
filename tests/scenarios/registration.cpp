// REGISTER: digest, expiry, several contacts, and what survives kill -9.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(Registration, WrongPasswordAndUnknownUserAreRefused) {
  Sim sim{Seed{121}};
  Phone& liar = sim.phone("1001", {.registers = false, .password = "guess"});
  liar.register_with_hub();
  ASSERT_TRUE(sim.until(5s, [&] { return liar.register_status() != 0; }));
  EXPECT_GE(liar.register_status(), 401);
  EXPECT_LE(liar.register_status(), 403);
  Phone& nobody = sim.phone("9999", {.registers = false});
  nobody.register_with_hub();
  ASSERT_TRUE(sim.until(5s, [&] { return nobody.register_status() != 0; }));
  EXPECT_FALSE(nobody.registered());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Registration, ExpiresAndThenThePhoneIsNotReached) {
  Sim sim{Seed{122}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002", {.registers = false});
  bob.register_with_hub(60);
  ASSERT_TRUE(sim.until(2s, [&] { return bob.registered(); }));
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing(); }));
  bob.reject(486);
  sim.run_for(100s);
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  EXPECT_EQ(alice.line().status(), 480);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Registration, TooShortIs423) {
  Sim sim{Seed{123}};
  Phone& alice = sim.phone("1001", {.registers = false});
  alice.register_with_hub(10);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.register_status() != 0; }));
  EXPECT_EQ(alice.register_status(), 423);
  EXPECT_TRUE(alice.register_answer()->has(HeaderId::min_expires));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Registration, UnregisterAll) {
  Sim sim{Seed{124}};
  Phone& desk = sim.phone("1002");
  sim.phone("1002");
  EXPECT_EQ(sim.disk().bindings.size(), 2u);
  desk.unregister_all();
  ASSERT_TRUE(sim.until(2s, [&] { return desk.register_status() == 200; }));
  EXPECT_TRUE(sim.disk().bindings.empty());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Registration, TheAnswerWaitsForTheDisk) {
  Sim sim{Seed{125}};
  Phone& alice = sim.phone("1001", {.registers = false});
  sim.hub().store().faults.stuck = true;
  alice.register_with_hub();
  sim.run_for(10s);
  EXPECT_EQ(alice.register_status(), 0);
  sim.hub().store().faults.stuck = false;
  EXPECT_TRUE(sim.until(5s, [&] { return alice.registered(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Registration, SurvivesKill) {
  Sim sim{Seed{126}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  sim.crash_hub();
  sim.run_for(2s);
  sim.start_hub();
  ASSERT_TRUE(connect(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Registration, OverTcpIsReachedOnItsConnection) {
  Sim sim{Seed{127}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002", {.wire = Wire::Kind::tcp});
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
