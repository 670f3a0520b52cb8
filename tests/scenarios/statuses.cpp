// What the caller is told, and what the record says, when a call does not come about.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

/// Status, Q.850 cause of the Reason header, and disposition of a call that 1001 makes to `to`.
void expect_refused(Sim& sim, Phone& caller, const std::string& to, int status, int q850,
                    store::Disposition disposition) {
  Line& line = caller.dial(to);
  ASSERT_TRUE(sim.until(60s, [&] { return line.ended(); })) << to;
  EXPECT_EQ(line.status(), status) << to;
  if (q850 != 0) {
    EXPECT_THAT(line.reason(), HasSubstr("cause=" + std::to_string(q850))) << to;
  }
  const auto* r = record(sim, line);
  ASSERT_NE(r, nullptr) << to;
  EXPECT_EQ(r->call.sip_status, status) << to;
  EXPECT_EQ(r->call.q850, q850) << to;
  EXPECT_EQ(r->call.disposition, disposition) << to;
}

TEST(Statuses, UnknownNumber) {
  Sim sim{Seed{161}};
  expect_refused(sim, sim.phone("1001"), "4711", 404, 1, store::Disposition::failed);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, NotRegistered) {
  Sim sim{Seed{162}};
  expect_refused(sim, sim.phone("1001"), "1002", 480, 20, store::Disposition::no_answer);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, RangOut) {
  Sim sim{Seed{163}};
  Phone& bob = sim.phone("1002");
  expect_refused(sim, sim.phone("1001"), "1002", 480, 19, store::Disposition::no_answer);
  EXPECT_EQ(bob.line().status(), 487);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, Busy) {
  Sim sim{Seed{164}};
  sim.phone("1002").habits().rejects_with = 486;
  expect_refused(sim, sim.phone("1001"), "1002", 486, 17, store::Disposition::busy);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, Declined) {
  Sim sim{Seed{165}};
  sim.phone("1002").habits().rejects_with = 603;
  expect_refused(sim, sim.phone("1001"), "1002", 603, 21, store::Disposition::rejected);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, BusyEverywhere) {
  Sim sim{Seed{172}};
  sim.phone("1002").habits().rejects_with = 600;
  expect_refused(sim, sim.phone("1001"), "1002", 600, 17, store::Disposition::busy);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, ARedirectionIsNotFollowed) {
  Sim sim{Seed{173}};
  sim.phone("1002").habits().rejects_with = 302;
  expect_refused(sim, sim.phone("1001"), "1002", 480, 18, store::Disposition::no_answer);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, NoCommonCodecAndNoneThatWeCouldTranslate) {
  for (const auto& [of_alice, of_bob] : {std::pair{"pcma", "g729"}, std::pair{"g729", "pcma"}}) {
    Sim sim{Seed{166}};
    Phone& bob = sim.phone("1002");
    bob.habits().codecs = {of_bob};
    bob.habits().answers_after = 1s;
    Phone& alice = sim.phone("1001");
    alice.habits().codecs = {of_alice};
    expect_refused(sim, alice, "1002", 488, 88, store::Disposition::failed);
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

TEST(Statuses, TooManyHops) {
  Sim sim{Seed{167}};
  Phone& alice = sim.phone("1001");
  sim.phone("1002");
  Line& line = alice.dial("1002", {.max_forwards = 0});
  ASSERT_TRUE(sim.until(5s, [&] { return line.ended(); }));
  EXPECT_EQ(line.status(), 483);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, NoMediaPort) {
  Sim sim{Seed{168}, {.config = "[rtp]\nport_min = 20000\nport_max = 20007\nworkers = 1\n"}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(connect(sim, carol, alice));
  bob.dial("1003");
  ASSERT_TRUE(sim.until(5s, [&] { return bob.line().ended(); }));
  EXPECT_EQ(bob.line().status(), 503);
  ASSERT_TRUE(bob.line().last_words());
  EXPECT_TRUE(bob.line().last_words()->has(HeaderId::retry_after));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, ADeadPhone) {
  Sim sim{Seed{169}};
  Phone& bob = sim.phone("1002");
  bob.habits().never_answers = true;
  Phone& alice = sim.phone("1001");
  Line& line = alice.dial("1002");
  ASSERT_TRUE(sim.until(60s, [&] { return line.ended(); }));
  EXPECT_EQ(line.status(), 480);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, GuestsAreChallenged) {
  Sim sim{Seed{170}};
  Phone& stranger = sim.guest("eve");
  sim.phone("1001");
  Line& line = stranger.dial("1001");
  ASSERT_TRUE(sim.until(5s, [&] { return line.ended(); }));
  EXPECT_TRUE(line.status() == 401 || line.status() == 407);
  EXPECT_TRUE(sim.disk().calls.empty());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Statuses, RejectedByARoute) {
  Sim sim{Seed{171},
          {.config = "[[routes]]\nname = \"barred\"\npriority = 200\nmatch = { to = \"^0900\" }\naction = \"reject\"\n"
                     "code = 403\n"}};
  expect_refused(sim, sim.phone("1001"), "0900123", 403, 21, store::Disposition::rejected);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
