// An app holds a leg: the re-INVITE says so, nobody hears it, and it hears what is played to it alone.
#include "told_legs.hpp"

namespace junctor::sim {
namespace {

bool hold(Sim& sim, const Place& place, bool on, Replies& replies) {
  return sim.hub().core().calls().hold(place.call, place.leg, on, replies.callback(), sim.now()).has_value();
}

bool hears_music(Phone& phone) {
  return phone.line().audio().level_dbm0() > -40 && !phone.hears(440) && !phone.hears(880);
}

bool is_silent(Phone& phone) {
  return phone.line().audio().level_dbm0() < -60;
}

std::string plan(Sim& sim, const Place& place) {
  const call::Leg* const leg = leg_of(sim, place);
  return leg != nullptr && leg->mixer != nullptr ? leg->mixer->plan() : std::string();
}

void expect_held_and_back(Sim& sim, Phone& held, Phone& other, double held_says, double other_says) {
  const Place place = place_of(sim, held.line());
  const int told_before = other.line().count(Method::invite);
  Replies on, off;
  ASSERT_TRUE(hold(sim, place, true, on));
  EXPECT_FALSE(hold(sim, place, true, on));
  ASSERT_TRUE(sim.until(2s, [&] { return on.any(); }));
  EXPECT_EQ(on.status(), 200);
  EXPECT_TRUE(held.line().on_hold_by_peer());
  EXPECT_EQ(held.line().direction(), Direction::recvonly);
  ASSERT_TRUE(sim.until(2s, [&] { return is_silent(held) && !other.hears(held_says); }));
  sim.run_for(500ms);
  EXPECT_EQ(other.line().count(Method::invite), told_before);  // it is told nothing

  sim.hub().core().hold_music().start(place.call, place.leg, sim.now());
  ASSERT_TRUE(sim.until(2s, [&] { return hears_music(held); }));
  sim.run_for(1s);
  EXPECT_FALSE(held.hears(other_says));
  EXPECT_FALSE(hears_music(other));
  sim.hub().core().hold_music().stop(place.leg);
  ASSERT_TRUE(sim.until(2s, [&] { return is_silent(held); }));

  ASSERT_TRUE(hold(sim, place, false, off));
  ASSERT_TRUE(sim.until(2s, [&] { return off.any(); }));
  EXPECT_EQ(off.status(), 200);
  EXPECT_EQ(held.line().direction(), Direction::sendrecv);
  EXPECT_TRUE(sim.until(2s, [&] { return held.hears(other_says) && other.hears(held_says); }));
  EXPECT_EQ(plan(sim, place), "relay PCMA");
  EXPECT_EQ(on.all.size(), 1u);
  EXPECT_EQ(off.all.size(), 1u);
}

TEST(HoldByHub, InboundAndOutboundLegs) {
  Sim sim{Seed{701}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  expect_held_and_back(sim, alice, bob, 440, 880);
  expect_held_and_back(sim, bob, alice, 880, 440);
  EXPECT_EQ(alice.line().audio().ssrc_changes(), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(HoldByHub, ACarrier) {
  Sim sim{Seed{702}};
  Phone& alice = sim.phone("1001");
  Phone& carrier = sim.carrier();
  ASSERT_TRUE(connect(sim, alice, carrier, "0301234"));
  ASSERT_TRUE(talk(sim, alice, carrier));
  expect_held_and_back(sim, carrier, alice, 880, 440);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(HoldByHub, GlareIsTriedAgain) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sim sim{Seed{seed}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    ASSERT_TRUE(connect(sim, alice, bob));
    ASSERT_TRUE(talk(sim, alice, bob));
    Phone& held = seed % 2 == 0 ? alice : bob;
    Replies on, off;
    held.line().reinvite(Direction::sendrecv);
    ASSERT_TRUE(hold(sim, place_of(sim, held.line()), true, on));
    ASSERT_TRUE(sim.until(20s, [&] { return on.any(); })) << "seed " << seed;
    EXPECT_EQ(on.status(), 200) << "seed " << seed;
    sim.run_for(5s);
    EXPECT_TRUE(held.line().on_hold_by_peer()) << "seed " << seed;
    ASSERT_TRUE(hold(sim, place_of(sim, held.line()), false, off));
    EXPECT_TRUE(sim.until(20s, [&] { return alice.hears(880) && bob.hears(440); })) << "seed " << seed;
    EXPECT_EQ(on.all.size() + off.all.size(), 2u);
    EXPECT_THAT(sim.close(), IsEmpty()) << "seed " << seed;
  }
}

TEST(HoldByHub, TheFarEndHoldsAlready) {
  Sim sim{Seed{703}, {.config = "[features]\nhold_music = \"\"\n"}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().hold();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().on_hold_by_peer(); }));
  const Place place = place_of(sim, alice.line());
  Replies on, off;
  ASSERT_TRUE(hold(sim, place, true, on));
  ASSERT_TRUE(sim.until(5s, [&] { return on.any(); }));
  EXPECT_EQ(on.status(), 200);
  EXPECT_EQ(alice.line().direction(), Direction::inactive);
  sim.run_for(100ms);
  alice.line().unhold();  // it is still held by us
  ASSERT_TRUE(sim.until(5s, [&] { return alice.line().direction() == Direction::recvonly; }));
  sim.run_for(1s);
  EXPECT_FALSE(bob.line().on_hold_by_peer());
  EXPECT_TRUE(is_silent(alice));
  EXPECT_FALSE(bob.hears(440));
  ASSERT_TRUE(hold(sim, place, false, off));
  EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(HoldByHub, WhatThePeerOffersMeanwhileKeepsItHeld) {
  Sim sim{Seed{704}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  const Place place = place_of(sim, alice.line());
  Replies on, off;
  ASSERT_TRUE(hold(sim, place, true, on));
  ASSERT_TRUE(sim.until(2s, [&] { return on.any(); }));
  bob.line().change_codecs({"pcmu", "telephone-event"});
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().last_asked(Method::invite) == 200; }));
  EXPECT_EQ(alice.line().direction(), Direction::recvonly);
  EXPECT_EQ(bob.line().direction(), Direction::sendrecv);
  sim.run_for(1s);
  EXPECT_FALSE(bob.hears(440));
  EXPECT_FALSE(alice.hears(880));
  ASSERT_TRUE(hold(sim, place, false, off));
  EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(HoldByHub, NobodyAnswersTheReinvite) {
  Sim sim{Seed{705}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  const Place place = place_of(sim, bob.line());
  bob.habits().never_answers = true;
  Replies on;
  ASSERT_TRUE(hold(sim, place, true, on));
  ASSERT_TRUE(sim.until(40s, [&] { return on.any(); }));
  EXPECT_EQ(on.status(), 408);
  EXPECT_FALSE(leg_of(sim, place)->held());
  EXPECT_TRUE(alice.hears(880) && bob.hears(440));

  Replies again;
  ASSERT_TRUE(hold(sim, place, true, again));
  sim.run_for(100ms);
  bob.habits().never_answers = false;
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return again.any(); }));
  EXPECT_EQ(again.status(), 0);
  sim.run_for(60s);
  EXPECT_EQ(on.all.size() + again.all.size(), 2u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(HoldByHub, ABridgeTakesItBack) {
  Sim sim{Seed{706}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  const Place a = place_of(sim, alice.line());
  const Place b = place_of(sim, bob.line());
  Replies on;
  ASSERT_TRUE(hold(sim, a, true, on));
  ASSERT_TRUE(sim.until(2s, [&] { return on.any(); }));
  ASSERT_TRUE(sim.hub().core().calls().bridge(a.call, a.leg, b.leg, sim.now()).has_value());
  ASSERT_TRUE(sim.until(3s, [&] { return alice.line().direction() == Direction::sendrecv; }));
  EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
