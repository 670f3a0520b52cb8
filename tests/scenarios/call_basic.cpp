// Two phones talk, and either of them hangs up.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(CallBasic, BothHearEachOtherAndTheCallerHangsUp) {
  Sim sim{Seed{1}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(1s);
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.idle(); }));
  EXPECT_TRUE(bob.line().hung_up_by_peer());

  const auto* r = record(sim, alice.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->call.disposition, store::Disposition::answered);
  EXPECT_EQ(r->call.sip_status, 200);
  EXPECT_EQ(r->call.q850, 16);
  EXPECT_EQ(r->call.hangup_by, "caller");
  EXPECT_EQ(r->call.from, "1001");
  EXPECT_EQ(r->call.to, "1002");
  EXPECT_EQ(r->call.to_answered, "user:1002");
  ASSERT_EQ(r->legs.size(), 2u);
  EXPECT_GT(r->legs[0].packets_received, 10u);
  EXPECT_GT(r->legs[1].packets_sent, 10u);
  EXPECT_EQ(r->legs[0].packets_lost, 0u);
  EXPECT_GT(r->legs[0].mos, 4.0);
  EXPECT_LE(r->call.start_ms, r->call.ring_ms);
  EXPECT_LE(r->call.ring_ms, r->call.answer_ms);
  EXPECT_LE(r->call.answer_ms, r->call.end_ms);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, TheCalledHangsUp) {
  Sim sim{Seed{2}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  const auto* r = record(sim, alice.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->call.hangup_by, "callee");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, BothHangUpAtOnce) {
  Sim sim{Seed{3}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  alice.hang_up();
  bob.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, TheCalledSeesWhoCalls) {
  Sim sim{Seed{4}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.dial("1002", {.headers = {{"P-Asserted-Identity", "<sip:boss@example.com>"}, {"Subject", "lunch"}}});
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing(); }));
  const auto from = bob.line().invite().from();
  ASSERT_TRUE(from);
  EXPECT_EQ(from->uri.user, "1001");
  EXPECT_EQ(from->display_name(), "User 1001");  // as configured, not as claimed
  EXPECT_FALSE(bob.line().invite().has(HeaderId::authorization));
  EXPECT_NE(bob.line().call_id(), alice.line().call_id());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, AcrossABadLine) {
  Sim sim{Seed{5}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  sim.link(alice).loss(0.2).delay(60ms, 40ms).duplicate(0.1).reorder(0.2);
  bob.habits().answers_after = 1s;
  alice.dial("1002");
  ASSERT_TRUE(sim.until(30s, [&] { return alice.up() && bob.up(); }));
  alice.speak(440);
  sim.run_for(3s);
  EXPECT_GT(bob.line().audio().received(), 50u);
  alice.hang_up();
  ASSERT_TRUE(sim.until(30s, [&] { return bob.idle(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, OverTcpAndBetweenUdpAndTcp) {
  Sim sim{Seed{6}};
  Phone& alice = sim.phone("1001", {.wire = Wire::Kind::tcp});
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003", {.wire = Wire::Kind::tcp});
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  bob.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  ASSERT_TRUE(connect(sim, alice, carol));
  carol.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, FeatureNumbers) {
  Sim sim{Seed{7}};
  Phone& alice = sim.phone("1001");
  alice.dial("9196");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  alice.speak(620);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(620); }));
  alice.hang_up();
  sim.run_for(1s);
  alice.dial("9197");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(1004); }));
  alice.line().reinvite(Direction::sendonly);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 1; }));
  EXPECT_TRUE(sim.until(2s, [&] { return alice.line().audio().hears_nothing(); }));
  alice.line().unhold();
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(1004); }));
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, KeysPassThrough) {
  Sim sim{Seed{8}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  for (const char key : {'1', '9', '#'}) {
    alice.line().audio().press(key);
    sim.run_for(300ms);
  }
  EXPECT_EQ(bob.line().audio().digits(), "19#");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(CallBasic, AddressesAreToldPerNetwork) {
  Sim sim{Seed{9}};
  Phone& alice = sim.phone("1001");
  Phone& home = sim.phone("1002", {.remote = true});
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return home.ringing() && alice.ringback(); }));
  const auto contact = home.line().invite().contact();
  ASSERT_TRUE(contact);
  EXPECT_EQ(contact->uri.host, "203.0.113.1");
  EXPECT_THAT(std::string(home.line().invite().body()), HasSubstr("c=IN IP4 203.0.113.1"));
  home.reject(486);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  home.dial("1001");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.ringing(); }));
  EXPECT_THAT(std::string(alice.line().invite().body()), HasSubstr("c=IN IP4 10.0.0.1"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
