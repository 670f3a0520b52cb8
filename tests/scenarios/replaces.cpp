// INVITE with Replaces (RFC 3891): a phone takes a call over.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(Replaces, TakesAnEstablishedCallOver) {
  Sim sim{Seed{111}};
  Phone& alice = sim.phone("1001");
  Phone& desk = sim.phone("1002");
  Phone& mobile = sim.phone("1002");
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return desk.ringing() && mobile.ringing(); }));
  desk.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return desk.up() && alice.up() && mobile.idle(); }));
  Line& taker = mobile.dial("1001", {.replaces = desk.line().call_id() + ";to-tag=" + desk.line().remote_tag() +
                                                 ";from-tag=" + desk.line().local_tag()});
  ASSERT_TRUE(sim.until(5s, [&] { return taker.up() && desk.idle(); }));
  EXPECT_TRUE(alice.up());
  ASSERT_TRUE(talk(sim, alice.line(), taker));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Replaces, OfNothingIs481) {
  Sim sim{Seed{112}};
  Phone& alice = sim.phone("1001");
  sim.phone("1002");
  Line& line = alice.dial("1002", {.replaces = "nothing@nowhere;to-tag=a;from-tag=b"});
  ASSERT_TRUE(sim.until(2s, [&] { return line.ended(); }));
  EXPECT_EQ(line.status(), 481);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
