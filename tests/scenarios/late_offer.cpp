// INVITE without a description: the called side offers (RFC 3264 §4).
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(LateOffer, IsAnsweredInTheAck) {
  Sim sim{Seed{51}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob, "1002", {.late_offer = true}));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().hold();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().on_hold_by_peer(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(LateOffer, ToAFeatureNumber) {
  Sim sim{Seed{52}};
  Phone& alice = sim.phone("1001");
  alice.dial("9196", {.late_offer = true});
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  alice.speak(620);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(620); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(LateOffer, FromTheCarrierToAForkedUser) {
  Sim sim{Seed{53}};
  Phone& desk = sim.phone("1001");
  Phone& mobile = sim.phone("1001");
  Phone& carrier = sim.carrier();
  carrier.dial(carrier_number, {.late_offer = true});
  ASSERT_TRUE(sim.until(2s, [&] { return desk.ringing() && mobile.ringing(); }));
  mobile.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return carrier.up() && mobile.up() && desk.idle(); }));
  ASSERT_TRUE(talk(sim, carrier, mobile));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(LateOffer, Cancelled) {
  Sim sim{Seed{54}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.dial("1002", {.late_offer = true});
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing(); }));
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
