// A program sends far ends elsewhere: by REFER, by calls of the hub's, with a consultation first.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

using ::testing::ElementsAre;

struct World3 {
  explicit World3(std::uint64_t seed, const std::string& more = {})
      : sim{Seed{seed}, {.config = ProgramClient::config + more}},
        alice(sim.phone("1001")),
        bob(sim.phone("1002")),
        carol(sim.phone("1003")),
        program(sim) {}
  Sim sim;
  Phone &alice, &bob, &carol;
  ProgramClient program;
};

TEST(ProgramTransfer, ByRefer) {
  World3 w{751};
  ASSERT_TRUE(w.program.call(w.alice, "a"));
  w.program.news("a");
  Line& before = w.alice.line();
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}}), "done");
  EXPECT_EQ(before.last_got(Method::refer)->header("Refer-To"), "<sip:1003@10.0.0.1:5060>");
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1002"}}), "invalid_state");
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.carol.ringing(); }));
  w.carol.answer();
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.program.count("call.hangup", "a") == 1; }));
  EXPECT_THAT(w.program.news("a"), ElementsAre("= call.transfer", "call.transfer.accepted", "= call.transfer",
                                               "call.transferred", "call.hangup refer transfer"));
  EXPECT_TRUE(talk(w.sim, w.alice, w.carol));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramTransfer, WhoTalkedWithItIsLetGo) {
  World3 w{752};
  ASSERT_TRUE(w.program.call(w.alice, "a") && w.program.call(w.bob, "b") && w.program.bridge("a", "b"));
  w.program.news("b");
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "sip:1003@local"}}), "done");
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.carol.ringing(); }));
  w.carol.answer();
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.bob.idle() && w.program.count("call.hangup", "b") == 1; }));
  EXPECT_THAT(w.program.news("b"), ElementsAre("call.unbridged", "call.hangup refer transfer"));
  EXPECT_TRUE(talk(w.sim, w.alice, w.carol));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramTransfer, WhereReferIsRefusedTheHubCalls) {
  for (const int status : {403, 405, 420, 480, 501, 603}) {
    World3 w{753};
    w.alice.habits().refuses_refer = status;
    ASSERT_TRUE(w.program.call(w.alice, "a") && w.program.call(w.bob, "b") && w.program.bridge("a", "b"));
    w.program.news("a");
    EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}}), "done") << status;
    ASSERT_TRUE(w.sim.until(3s, [&] { return w.carol.ringing(); }));
    EXPECT_EQ(w.alice.line().count(Method::refer), 1);
    w.carol.answer();
    ASSERT_TRUE(w.sim.until(3s, [&] { return w.carol.up() && w.bob.idle(); }));
    EXPECT_TRUE(talk(w.sim, w.alice, w.carol));
    EXPECT_EQ(w.alice.lines().size(), 1u);  // it is the same call for her
    w.carol.hang_up();
    ASSERT_TRUE(w.sim.until(3s, [&] { return w.alice.idle() && w.program.count("call.hangup", "a") == 1; }));
    EXPECT_THAT(w.program.news("a"), ElementsAre("= call.transfer", "call.transfer.accepted", "call.unbridged",
                                                 "call.transferred", "call.hangup callee transfer"));
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST(ProgramTransfer, TheTargetIsBusy) {
  World3 w{754};
  w.carol.habits().rejects_with = 486;
  ASSERT_TRUE(w.program.call(w.alice, "a") && w.program.call(w.bob, "b") && w.program.bridge("a", "b"));
  w.program.news("a");
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}, {"method", "b2bua"}}), "done");
  w.sim.run_for(1s);
  EXPECT_THAT(w.program.news("a"),
              ElementsAre("= call.transfer", "call.transfer.accepted", "call.transfer.failed 486 refer_rejected"));
  EXPECT_TRUE(talk(w.sim, w.alice, w.bob));
  w.alice.habits().tells_of_refer = {100, 486};
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}, {"method", "refer"}}), "done");
  w.sim.run_for(1s);
  EXPECT_THAT(w.program.news("a"),
              ElementsAre("= call.transfer", "call.transfer.accepted", "call.transfer.failed 486 refer_rejected"));
  EXPECT_TRUE(talk(w.sim, w.alice, w.bob));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramTransfer, NothingComesOfIt) {
  World3 w{755, "[rwi.transfer]\nrefer_timeout_secs = 5\nthree_pcc_timeout_secs = 5\n"};
  ASSERT_TRUE(w.program.call(w.alice, "a"));
  w.program.news("a");
  w.alice.habits().tells_of_refer = {100};
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}}), "done");
  w.sim.run_for(6s);
  EXPECT_THAT(w.program.news("a"),
              ElementsAre("= call.transfer", "call.transfer.accepted", "call.transfer.failed timeout"));
  w.alice.habits().tells_of_refer = {};
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}, {"method", "b2bua"}}), "done");
  w.sim.run_for(7s);
  EXPECT_TRUE(w.carol.idle());
  EXPECT_EQ(w.program.count("call.transfer.failed", "a"), 2);
  w.alice.habits().refuses_refer = 603;
  w.program.news("a");
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}, {"method", "refer"}}),
            "refer_rejected");
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "9999999"}, {"method", "b2bua"}}),
            "invalid_target");
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "ivr:none"}}), "invalid_target");
  EXPECT_THAT(w.program.news("a"), ElementsAre("= call.transfer", "call.transfer.failed 603 refer_rejected",
                                               "= call.transfer", "= call.transfer"));
  EXPECT_TRUE(w.alice.up());
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramTransfer, ToAConferenceRoom) {
  World3 w{756, "[[conferences]]\nname = \"team\"\nnumbers = [\"8000\"]\ntones = false\n"};
  w.bob.dial("8000");
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.bob.up(); }));
  ASSERT_TRUE(w.program.call(w.alice, "a"));
  w.program.news("a");
  EXPECT_EQ(w.program.run("call.transfer", {{"call_id", "a"}, {"target", "conference:team"}}), "done");
  EXPECT_TRUE(talk(w.sim, w.alice, w.bob));
  EXPECT_THAT(w.program.news("a"), ElementsAre("= call.transfer", "call.transfer.accepted", "call.transferred"));
  w.alice.hang_up();
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.program.count("call.hangup", "a") == 1; }));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramTransfer, IntoThePlaceOfAnotherDialog) {
  World3 w{757};
  ASSERT_TRUE(w.program.call(w.alice, "a") && w.program.call(w.bob, "b"));
  w.program.news("a");
  Line& replaced = w.bob.line();
  EXPECT_EQ(w.program.run("call.transfer.replace", {{"call_id", "a"}, {"target", "b"}}), "done");
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.program.count("call.hangup", "a") == 1 && replaced.ended(); }));
  EXPECT_THAT(w.program.news("a"), ElementsAre("= call.transfer.replace", "call.transfer.accepted", "call.transferred",
                                               "call.hangup refer transfer"));
  EXPECT_TRUE(talk(w.sim, w.alice, w.bob));  // without the hub
  EXPECT_EQ(w.program.run("call.transfer.replace", {{"call_id", "a"}, {"target", "b"}}), "call_ended");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

// ------------------------------------------------------------------------------------------------------------ attended

/// Alice waits, who talked with Bob; Carol is asked.
bool consult(World3& w, std::string& consulted) {
  if (!w.program.call(w.alice, "a") || !w.program.call(w.bob, "b") || !w.program.bridge("a", "b")) return false;
  if (!talk(w.sim, w.alice, w.bob)) return false;
  w.program.news("a");
  w.program.news("b");
  if (w.program.run("call.transfer.attended", {{"call_id", "a"}, {"target", "1003"}}) != "done") return false;
  consulted = std::string(w.program.data().at("consultation_call_id").as_string());
  return w.sim.until(3s, [&] { return w.carol.ringing() && hears_music(w.alice); });
}

TEST(ProgramTransferAttended, Completed) {
  World3 w{761};
  std::string consulted;
  ASSERT_TRUE(consult(w, consulted));
  EXPECT_TRUE(w.sim.until(1s, [&] { return is_silent(w.bob); }));
  EXPECT_EQ(w.program.run("call.transfer.complete", {{"call_id", "a"}, {"consultation_call_id", consulted}}),
            "invalid_state");
  w.carol.answer();
  w.carol.speak(600);
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.carol.hears(880) && w.bob.hears(600); }));
  EXPECT_TRUE(hears_music(w.alice));
  EXPECT_EQ(w.program.run("call.transfer.complete", {{"call_id", "a"}, {"consultation_call_id", consulted}}), "done");
  EXPECT_TRUE(w.sim.until(3s, [&] { return w.alice.hears(600) && w.carol.hears(440) && w.bob.idle(); }));
  EXPECT_THAT(w.program.news("a"),
              ElementsAre("= call.transfer.attended", "media.hold.started", "= call.transfer.complete",
                          "call.unbridged", "= call.transfer.complete", "call.transferred", "media.hold.stopped"));
  EXPECT_THAT(w.program.news("b"), Contains("call.hangup refer transfer"));
  w.carol.hang_up();
  EXPECT_TRUE(w.sim.until(3s, [&] { return w.alice.idle(); }));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramTransferAttended, TakenBack) {
  for (const bool answered : {false, true}) {
    World3 w{762};
    std::string consulted;
    ASSERT_TRUE(consult(w, consulted));
    if (answered) w.carol.answer();
    w.sim.run_for(1s);
    w.program.news("a");
    EXPECT_EQ(w.program.run("call.transfer.cancel", {{"consultation_call_id", consulted}}), "done");
    EXPECT_TRUE(w.sim.until(3s, [&] { return w.alice.hears(880) && w.bob.hears(440) && w.carol.idle(); }));
    EXPECT_THAT(w.program.news("a"), ElementsAre("media.hold.stopped", "call.transfer.failed 487 cancelled"));
    EXPECT_EQ(w.program.run("call.transfer.cancel", {{"consultation_call_id", consulted}}), "call_ended");
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST(ProgramTransferAttended, WhoIsAskedDeclinesOrHangsUp) {
  for (const bool answered : {false, true}) {
    World3 w{763};
    std::string consulted;
    ASSERT_TRUE(consult(w, consulted));
    w.program.news("a");
    if (answered) {
      w.carol.answer();
      w.sim.run_for(1s);
      w.carol.hang_up();
    } else {
      w.carol.reject(486);
    }
    EXPECT_TRUE(w.sim.until(3s, [&] { return w.alice.hears(880) && w.bob.hears(440); }));
    const auto news = w.program.news("a");
    EXPECT_THAT(news, Contains("media.hold.stopped"));
    EXPECT_THAT(news,
                Contains(answered ? "call.transfer.failed consult_ended" : "call.transfer.failed 486 consult_ended"));
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST(ProgramTransferAttended, OfACallThatTheProgramItselfHas) {
  World3 w{764};
  ASSERT_TRUE(w.program.call(w.alice, "a"));
  EXPECT_EQ(w.program.run("call.transfer.attended", {{"call_id", "a"}, {"target", "none@nowhere"}}),
            "invalid_destination");
  EXPECT_TRUE(w.sim.until(3s, [&] { return w.alice.line().direction() == Direction::sendrecv; }));
  EXPECT_EQ(w.program.run("call.transfer.attended", {{"call_id", "a"}, {"target", "1003"}}), "done");
  const std::string consulted(w.program.data().at("consultation_call_id").as_string());
  ASSERT_TRUE(w.sim.until(3s, [&] { return w.carol.ringing(); }));
  w.carol.answer();
  w.sim.run_for(500ms);
  EXPECT_EQ(w.program.run("call.transfer.complete", {{"call_id", "a"}, {"consultation_call_id", consulted}}), "done");
  EXPECT_TRUE(talk(w.sim, w.alice, w.carol));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramTransferAttended, WhoWaitsHangsUp) {
  World3 w{765};
  std::string consulted;
  ASSERT_TRUE(consult(w, consulted));
  w.carol.answer();
  w.sim.run_for(1s);
  w.alice.hang_up();
  w.sim.run_for(1s);
  w.carol.speak(600);
  EXPECT_TRUE(w.sim.until(3s, [&] { return w.carol.hears(880) && w.bob.hears(600); }));
  EXPECT_EQ(w.program.run("call.transfer.cancel", {{"consultation_call_id", consulted}}), "invalid_state");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
