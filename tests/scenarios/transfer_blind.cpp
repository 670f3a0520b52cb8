// REFER (RFC 3515): a phone hands its call to another number.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(TransferBlind, TheOthersTalk) {
  Sim sim{Seed{91}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  bob.line().refer("1003");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.ringing(); }));
  EXPECT_EQ(bob.line().last_asked(Method::refer), 202);
  carol.answer();
  ASSERT_TRUE(sim.until(5s, [&] { return carol.up() && bob.idle(); }));
  EXPECT_THAT(bob.line().transfer_progress(), Contains(200));
  EXPECT_TRUE(alice.up());
  ASSERT_TRUE(talk(sim, alice, carol));
  carol.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TransferBlind, TheCallerTransfers) {
  Sim sim{Seed{92}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  alice.line().refer("1003");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(5s, [&] { return carol.up() && alice.idle(); }));
  ASSERT_TRUE(talk(sim, bob, carol));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TransferBlind, ToSomebodyWhoDeclinesComesBack) {
  Sim sim{Seed{93}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  carol.habits().rejects_with = 603;
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.line().refer("1003");
  ASSERT_TRUE(sim.until(
      5s, [&] { return !bob.line().transfer_progress().empty() && bob.line().transfer_progress().back() >= 300; }));
  EXPECT_EQ(bob.line().transfer_progress().back(), 603);
  EXPECT_TRUE(alice.up() && bob.up());
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TransferBlind, ToNobody) {
  Sim sim{Seed{94}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.line().refer("4711");
  ASSERT_TRUE(sim.until(5s, [&] { return bob.line().transfer_progress().size() >= 2; }));
  EXPECT_EQ(bob.line().transfer_progress().back(), 404);
  EXPECT_TRUE(alice.up() && bob.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

// The phone itself complains when a NOTIFY overtakes the answer to the one before.
TEST(TransferBlind, ASlowTransferrerIsToldOneThingAtATime) {
  Sim sim{Seed{96}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  bob.habits().answers_notify_after = 300ms;
  bob.habits().hangs_up_after_transfer = false;
  carol.habits().answers_after = 200ms;
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.line().refer("1003");
  ASSERT_TRUE(sim.until(5s, [&] { return carol.up() && bob.idle(); }));
  // Ringing was over before it could be told. The last word came before the BYE.
  EXPECT_EQ(bob.line().transfer_progress(), (std::vector<int>{100, 200}));
  EXPECT_TRUE(bob.line().hung_up_by_peer());
  ASSERT_TRUE(talk(sim, alice, carol));
  carol.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TransferBlind, TheTransferrerHangsUpWhileItRings) {
  Sim sim{Seed{95}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.line().refer("1003");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.ringing(); }));
  bob.hang_up();
  sim.run_for(1s);
  EXPECT_TRUE(carol.ringing());
  carol.answer();
  ASSERT_TRUE(sim.until(5s, [&] { return carol.up(); }));
  ASSERT_TRUE(talk(sim, alice, carol));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
