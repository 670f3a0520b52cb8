// UPDATE (RFC 3311): with and without a description.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(Update, HoldsAndResumes) {
  Sim sim{Seed{71}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().update(Direction::sendonly);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::update) == 200; }));
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().on_hold_by_peer(); }));
  alice.line().update(Direction::sendrecv);
  ASSERT_TRUE(sim.until(2s, [&] { return !bob.line().on_hold_by_peer(); }));
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Update, BothAtOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sim sim{Seed{seed}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    ASSERT_TRUE(connect(sim, alice, bob));
    sim.run_for(500ms);
    alice.line().update(Direction::sendrecv);
    bob.line().update(Direction::sendrecv);
    sim.run_for(5s);
    EXPECT_TRUE(talk(sim, alice, bob)) << "seed " << seed;
    EXPECT_THAT(sim.close(), IsEmpty()) << "seed " << seed;
  }
}

TEST(Update, WithoutADescriptionOnlyRefreshes) {
  Sim sim{Seed{72}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.line().refresh();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().last_asked(Method::update) == 200; }));
  EXPECT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
