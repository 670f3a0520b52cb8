// REFER with Replaces (RFC 3891): first ask, then connect.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(TransferAttended, TheOthersTalk) {
  Sim sim{Seed{101}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  Line& first = bob.line();
  first.hold();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().on_hold_by_peer(); }));
  Line& second = bob.dial("1003");
  ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return second.up() && carol.up(); }));
  first.refer(second);
  ASSERT_TRUE(sim.until(5s, [&] { return bob.idle(); }));
  EXPECT_TRUE(alice.up() && carol.up());
  ASSERT_TRUE(talk(sim, alice, carol));
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return carol.idle(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TransferAttended, ToACallThatIsGone) {
  Sim sim{Seed{102}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  Line& first = bob.line();
  Line& second = bob.dial("1003");
  ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return second.up() && carol.up(); }));
  carol.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return second.ended(); }));
  first.refer(second);
  ASSERT_TRUE(
      sim.until(5s, [&] { return !first.transfer_progress().empty() && first.transfer_progress().back() >= 300; }));
  EXPECT_GE(first.transfer_progress().back(), 480);
  EXPECT_TRUE(alice.up() && first.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
