// Conferences, supervisors, recordings and mutes as a program has them: by JSON, through the hub's own wiring.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

constexpr const char* all_scopes = R"(
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "record.control", "supervisor.control", "media.stream", "observe_all"]
)";

TEST(ProgramFamilies, WorkOverTheGateway) {
  Sim sim{Seed{760}, {.config = all_scopes}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ProgramClient program(sim);
  ASSERT_EQ(
      program.run("call.originate", {{"call_id", "a"},
                                     {"destination", "1001"},
                                     {"record", {{"mode", "separate_legs"}, {"storage", {{"path", "calls/a.wav"}}}}}}),
      "done");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.ringing(); }));
  alice.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return program.count("record.started", "a") == 1; }));
  ASSERT_TRUE(program.call(bob, "b") && program.call(carol, "c"));
  ASSERT_TRUE(program.bridge("a", "b"));
  ASSERT_TRUE(talk(sim, alice, bob));
  carol.speak(600);

  ASSERT_EQ(program.run("supervisor.listen", {{"supervisor_call_id", "c"}, {"target_call_id", "a"}}), "done");
  sim.run_for(500ms);
  EXPECT_TRUE(alice.hears(880) && bob.hears(440) && carol.line().audio().level_dbm0() > -30);
  ASSERT_EQ(program.run("supervisor.stop", {{"supervisor_call_id", "c"}, {"target_call_id", "a"}}), "done");
  EXPECT_TRUE(sim.until(1s, [&] { return !program.last_event("supervisor.mode.stopped").is_null(); }));
  EXPECT_EQ(program.run("media.mute", {{"call_id", "a"}, {"direction", "hears"}}), "done");
  sim.run_for(300ms);
  EXPECT_TRUE(is_silent(alice) && bob.hears(440));
  EXPECT_EQ(program.run("media.unmute", {{"call_id", "a"}, {"direction", "hears"}}), "done");

  // a waits while b is asked; then all three talk.
  ASSERT_EQ(program.run("call.unbridge", {{"call_id", "a"}}), "done");
  ASSERT_EQ(program.run("call.hold", {{"call_id", "a"}}), "done");
  ASSERT_EQ(program.run("conference.create", {{"conf_id", "room"}, {"max_members", 3}}), "done");
  ASSERT_EQ(program.run("conference.add", {{"conference_id", "room"}, {"call_id", "c"}}), "done");
  EXPECT_EQ(program.run("conference.add", {{"conf_id", "room"}, {"call_id", "a"}}), "invalid_state");
  ASSERT_EQ(program.run("conference.merge", {{"conf_id", "room"}, {"call_id", "a"}, {"consultation_call_id", "b"}}),
            "done");
  EXPECT_TRUE(sim.until(1s, [&] { return !program.last_event("conference.merged").is_null(); }));
  EXPECT_EQ(alice.line().direction(), Direction::sendrecv);
  alice.line().audio().be_quiet();
  carol.line().audio().be_quiet();
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && carol.hears(880); }));
  ASSERT_EQ(program.run("conference.info", {{"conf_id", "room"}}), "done");
  EXPECT_EQ(program.data().at("members").as_array().size(), 3u);

  ASSERT_EQ(program.run("record.mask_segment", {{"call_id", "a"}, {"start_secs", 0.5}, {"end_secs", 1}}), "done");
  ASSERT_EQ(program.run("record.stop", {{"call_id", "a"}}), "done");
  EXPECT_TRUE(sim.files().files.contains("/simulated/recordings/calls/a.wav"));
  ASSERT_EQ(program.run("conference.destroy", {{"conf_id", "room"}}), "done");
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
