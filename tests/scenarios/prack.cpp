// Reliable provisional responses (RFC 3262), on either side of the hub.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(Prack, TheCalledRingsReliably) {
  Sim sim{Seed{61}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().rings_reliably = true;
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.ringback(); }));
  sim.run_for(1s);
  EXPECT_EQ(bob.line().count(Method::prack), 1);
  bob.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up() && bob.up(); }));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prack, TheCallerRequiresIt) {
  Sim sim{Seed{62}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.dial("1002", {.require_100rel = true});
  ASSERT_TRUE(sim.until(2s, [&] { return alice.ringback(); }));
  EXPECT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::prack) == 200; }));
  bob.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up() && bob.up(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Prack, OnBadLinesWithEarlyMedia) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sim sim{Seed{seed}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    sim.link(alice).loss(0.2).delay(30ms, 30ms);
    sim.link(bob).loss(0.2).delay(30ms, 30ms);
    bob.habits().rings_reliably = bob.habits().early_media = true;
    bob.habits().answers_after = milliseconds(50 * seed);
    alice.dial("1002", {.require_100rel = true});
    ASSERT_TRUE(sim.until(40s, [&] { return alice.up() && bob.up(); })) << "seed " << seed;
    alice.hang_up();
    EXPECT_THAT(sim.close(), IsEmpty()) << "seed " << seed;
  }
}

TEST(Prack, ALateOfferAndAReliableRinger) {
  Sim sim{Seed{63}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().rings_reliably = bob.habits().early_media = true;
  alice.dial("1002", {.late_offer = true});
  ASSERT_TRUE(sim.until(3s, [&] { return bob.ringing() && alice.ringback(); }));
  bob.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return alice.up() && bob.up(); }));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
