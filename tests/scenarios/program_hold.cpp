// A program has far ends wait, and lets them go on.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

using ::testing::ElementsAre;

TEST(ProgramHold, TheResultComesWithThe200AndTheEventAfterIt) {
  Sim sim{Seed{741}, {.config = ProgramClient::config}};
  Phone& alice = sim.phone("1001");
  ProgramClient program(sim);
  ASSERT_TRUE(program.call(alice, "a"));
  alice.speak(440);
  sim.link(alice).delay(100ms);
  program.news("a");
  const std::string id = program.start("call.hold", {{"call_id", "a"}});
  sim.run_for(150ms);
  EXPECT_TRUE(program.result(id).is_null());  // the re-INVITE is on its way
  EXPECT_EQ(program.outcome(id), "done");
  EXPECT_TRUE(alice.line().on_hold_by_peer());
  EXPECT_TRUE(sim.until(2s, [&] { return hears_music(alice); }));
  EXPECT_THAT(program.news("a"), ElementsAre("= call.hold", "media.hold.started"));
  EXPECT_EQ(program.run("call.hold", {{"call_id", "a"}}), "invalid_state");
  EXPECT_EQ(program.run("call.hold", {{"call_id", "a"}, {"leg_id", "nobody"}}), "not_found");
  EXPECT_EQ(program.run("media.play", {{"call_id", "a"}, {"source", {{"type", "silence"}}}}), "invalid_state");
  program.news("a");
  EXPECT_EQ(program.run("call.unhold", {{"call_id", "a"}}), "done");
  EXPECT_EQ(alice.line().direction(), Direction::sendrecv);
  sim.run_for(500ms);
  EXPECT_TRUE(is_silent(alice));
  EXPECT_THAT(program.news("a"), ElementsAre("= call.unhold", "media.hold.stopped"));
  EXPECT_EQ(program.run("call.unhold", {{"call_id", "a"}}), "invalid_state");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHold, OneOfTwoThatAreBridged) {
  Sim sim{Seed{742}, {.config = ProgramClient::config}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ProgramClient program(sim);
  ASSERT_TRUE(program.call(alice, "a") && program.call(bob, "b") && program.bridge("a", "b"));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_EQ(program.run("call.hold", {{"call_id", "a"}, {"music", "not-there.wav"}}), "done");
  EXPECT_TRUE(sim.until(3s, [&] { return hears_music(alice) && is_silent(bob); }));  // the usual music instead
  EXPECT_FALSE(bob.line().on_hold_by_peer());
  EXPECT_EQ(program.run("call.unhold", {{"call_id", "a"}}), "done");
  EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHold, WhoDoesNotAnswerTheReinviteIsNotHeld) {
  Sim sim{Seed{743}, {.config = ProgramClient::config}};
  Phone& alice = sim.phone("1001");
  ProgramClient program(sim);
  ASSERT_TRUE(program.call(alice, "a"));
  program.news("a");
  alice.habits().never_answers = true;
  EXPECT_EQ(program.run("call.hold", {{"call_id", "a"}}, 40s), "sip_408");
  alice.habits().never_answers = false;
  EXPECT_THAT(program.news("a"), ElementsAre("= call.hold"));
  EXPECT_EQ(program.run("call.hold", {{"call_id", "a"}}), "done");
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
