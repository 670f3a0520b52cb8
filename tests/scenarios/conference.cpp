// Conference rooms: everybody hears all others and never themselves; PIN, moderator, limits, mute, tones.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

SimSettings with_rooms() {
  return {.config = R"(
[[conferences]]
name = "sales"
numbers = ["8001"]
tones = false
[[conferences]]
name = "board"
numbers = ["8002"]
pin = "1234"
moderator_pin = "9876"
tones = false
[[conferences]]
name = "small"
numbers = ["8003"]
max_members = 2
)"};
}

/// Dials a room and is answered.
bool enter(Sim& sim, Phone& phone, const std::string& room) {
  phone.dial(room);
  return sim.until(3s, [&] { return phone.up(); });
}

void type(Sim& sim, Phone& phone, std::string_view keys) {
  for (const char key : keys) {
    phone.line().audio().press(key);
    sim.run_for(250ms);
  }
}

TEST(Conference, EverybodyHearsTheOthersAndNeverThemselves) {
  Sim sim{Seed{421}, with_rooms()};
  std::vector<Phone*> phones;
  const std::vector<std::vector<std::string>> codecs = {
      {"pcma", "telephone-event"}, {"g722", "telephone-event"}, {"opus"}, {"pcmu", "telephone-event"}};
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    phones.push_back(&sim.phone(std::to_string(1001 + i)));
    phones.back()->habits().codecs = codecs[i];
    ASSERT_TRUE(enter(sim, *phones.back(), "8001"));
  }
  for (std::size_t speaker = 0; speaker < phones.size(); ++speaker) {
    phones[speaker]->line().speak(700);
    ASSERT_TRUE(sim.until(2s, [&] {
      return std::ranges::all_of(phones, [&](Phone* p) { return p == phones[speaker] || p->hears(700); });
    })) << speaker;
    EXPECT_FALSE(phones[speaker]->hears(700));
    EXPECT_LT(phones[speaker]->line().audio().level_dbm0(), -50);
    phones[speaker]->line().audio().be_quiet();
    sim.run_for(600ms);
  }
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Conference, StarOneMutesAndUnmutesOneself) {
  Sim sim{Seed{422}, with_rooms()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(enter(sim, alice, "8001"));
  ASSERT_TRUE(enter(sim, bob, "8001"));
  ASSERT_TRUE(talk(sim, alice, bob));
  type(sim, alice, "*1");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.line().audio().level_dbm0() < -50; }));
  sim.run_for(1s);
  EXPECT_FALSE(bob.hears(440));
  type(sim, alice, "*1");
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Conference, PinAndModerator) {
  Sim sim{Seed{423}, with_rooms()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& boss = sim.phone("1003");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  ASSERT_TRUE(enter(sim, bob, "8002"));
  type(sim, alice, "1234#");
  type(sim, bob, "1111#");
  type(sim, bob, "1234");
  alice.speak(440);
  bob.speak(880);
  sim.run_for(2s);
  EXPECT_FALSE(alice.hears(880));  // both wait for the moderator
  EXPECT_GT(alice.line().audio().level_dbm0(), -40) << "no music";
  ASSERT_TRUE(enter(sim, boss, "8002"));
  type(sim, boss, "9876");
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Conference, ThreeWrongPinsAreEnough) {
  Sim sim{Seed{424}, with_rooms()};
  Phone& alice = sim.phone("1001");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  type(sim, alice, "1#2#3#");
  EXPECT_TRUE(sim.until(1s, [&] { return alice.line().ended(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Conference, WhoEntersNoPinIsHungUp) {
  Sim sim{Seed{425}, with_rooms()};
  Phone& alice = sim.phone("1001");
  ASSERT_TRUE(enter(sim, alice, "8002"));
  EXPECT_TRUE(sim.until(40s, [&] { return alice.line().ended(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Conference, AFullRoomIsBusy) {
  Sim sim{Seed{426}, with_rooms()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(enter(sim, alice, "8003"));
  ASSERT_TRUE(enter(sim, bob, "8003"));
  carol.dial("8003");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.line().ended(); }));
  EXPECT_EQ(carol.line().status(), 486);
  bob.hang_up();
  sim.run_for(1s);
  EXPECT_TRUE(enter(sim, carol, "8003"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Conference, ACallIsBroughtInByATransfer) {
  Sim sim{Seed{427}, with_rooms()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(enter(sim, carol, "8001"));
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().refer("8001");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.line().ended(); }));
  carol.speak(600);
  EXPECT_TRUE(sim.until(3s, [&] { return carol.hears(880) && bob.hears(600); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Conference, SurvivesHoldAndLossOfMembers) {
  Sim sim{Seed{428}, with_rooms()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  for (Phone* phone : {&alice, &bob, &carol}) ASSERT_TRUE(enter(sim, *phone, "8001"));
  ASSERT_TRUE(talk(sim, alice, bob));
  bob.line().hold();
  sim.run_for(1s);
  bob.line().unhold();
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880); }));
  carol.hang_up();
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

// Whoever comes to a room on another media worker keeps address and stream, and is told nothing.
TEST(Conference, LegsOfAllWorkersMeet) {
  SimSettings settings = with_rooms();
  settings.config = "[rtp]\nworkers = 3\n" + settings.config;
  Sim sim{Seed{428}, settings};
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(enter(sim, carol, "8001"));
  carol.speak(600);
  std::vector<Phone*> brought;
  for (int i = 0; i < 3; ++i) {
    Phone& alice = sim.phone(std::to_string(1010 + i));
    Phone& bob = sim.phone(std::to_string(1020 + i));
    ASSERT_TRUE(connect(sim, alice, bob));
    ASSERT_TRUE(talk(sim, alice, bob));
    for (Phone* phone : {&bob, &carol}) phone->line().audio().watch_gaps();
    const std::uint16_t port = bob.line().remote_sdp()->media.front().port;
    alice.line().refer("8001");
    ASSERT_TRUE(sim.until(3s, [&] { return alice.line().ended() && bob.hears(600); })) << i;
    bob.line().speak(1000 + 150 * i);
    carol.line().audio().be_quiet();
    ASSERT_TRUE(sim.until(3s, [&] { return carol.hears(1000 + 150 * i); })) << i;
    bob.line().audio().be_quiet();
    carol.speak(600);
    sim.run_for(1s);
    EXPECT_EQ(bob.line().count(Method::invite), 0) << i;
    EXPECT_EQ(bob.line().remote_sdp()->media.front().port, port);
    // A frame is 20 ms and one may be missing.
    EXPECT_LE(bob.line().audio().longest_gap(), 40ms) << i;
    EXPECT_LE(carol.line().audio().longest_gap(), 40ms) << i;
    brought.push_back(&bob);
  }
  for (const Phone* phone : brought) {
    EXPECT_TRUE(phone->hears(600));
    EXPECT_EQ(phone->lines().back()->audio().ssrc_changes(), 0u);
    EXPECT_EQ(phone->lines().back()->audio().sequence_jumps(), 0u);
  }
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
