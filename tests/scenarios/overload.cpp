// More than the hub can do: 503 with Retry-After, and what is going on goes on.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(Overload, ADiskThatIsStuckStopsNewCallsOnly) {
  Sim sim{Seed{201}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.hub().store().faults.stuck = true;
  Phone& carol = sim.phone("1003", {.registers = false});
  for (int i = 0; i < 200 && carol.register_status() != 503; ++i) {
    carol.register_with_hub(3600 + static_cast<std::uint32_t>(i));
    for (int j = 0; j < 200; ++j) alice.dial("4711");
    sim.run_for(200ms);
    if (!sim.disk().calls.empty() && alice.line().status() == 503) break;
  }
  bob.hang_up();
  EXPECT_TRUE(sim.until(2s, [&] { return bob.idle() && alice.line(0).ended(); }));
  sim.hub().store().faults.stuck = false;
  EXPECT_TRUE(sim.until(60s, [&] { return alice.idle(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Overload, Draining) {
  Sim sim{Seed{202}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.hub().core().drain(seconds(30), sim.now());
  carol.dial("1001");
  ASSERT_TRUE(sim.until(5s, [&] { return carol.line().ended(); }));
  EXPECT_EQ(carol.line().status(), 503);
  ASSERT_TRUE(carol.line().last_words());
  EXPECT_EQ(carol.line().last_words()->header(HeaderId::retry_after), "30");
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().hold();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 1; }));
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
