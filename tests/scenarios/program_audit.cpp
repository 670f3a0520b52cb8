// What is kept of what programs do: a number for every command, and a line for what must be answered for.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

using ::testing::ElementsAre;

constexpr const char* tokens = R"(
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "record.control", "supervisor.control"]
[[rwi.tokens]]
name = "bot"
token = "bot-secret-0123456789"
scopes = ["call.control"]
)";

struct ProgramAudit : ::testing::Test {
  Sim sim{Seed{772}, {.config = tokens}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ProgramClient desk{sim};

  std::vector<std::string> audit() {
    std::vector<std::string> out;
    for (const std::string& line : sim.hub().log_lines())
      if (line.starts_with("audit ")) out.push_back(line);
    return out;
  }
  std::string id_of(std::string_view call) {
    EXPECT_EQ(desk.run("session.list_calls", {}), "done");
    for (const json::value& each : desk.data().as_array())
      if (each.at("call_id").as_string() == call) return std::string(each.at("id").as_string());
    return {};
  }
  static std::string session_of(ProgramClient& program) {
    return std::string(program.last_event("session.started").at("data").at("session_id").as_string());
  }
  std::uint64_t counter(std::string_view name) { return sim.hub().counters().get(name).value(); }
};

TEST_F(ProgramAudit, TellsWhoSupervisedRecordedMaskedAndTookOver) {
  ASSERT_TRUE(desk.call(alice, "a") && desk.call(bob, "b") && desk.call(carol, "c"));
  ASSERT_TRUE(desk.bridge("a", "b"));
  const std::string a = id_of("a"), c = id_of("c");
  EXPECT_THAT(audit(), IsEmpty());
  const json::object pair{{"supervisor_call_id", "c"}, {"target_call_id", "a"}};
  EXPECT_EQ(desk.run("supervisor.listen", pair), "done");
  EXPECT_EQ(desk.run("supervisor.stop", pair), "done");
  EXPECT_EQ(desk.run("record.start", {{"call_id", "a"}, {"storage", {{"path", "a.wav"}}}}), "done");
  EXPECT_EQ(desk.run("record.pause", {{"call_id", "a"}}), "done");
  EXPECT_EQ(desk.run("record.resume", {{"call_id", "a"}}), "done");
  EXPECT_EQ(desk.run("record.mask_segment", {{"call_id", "a"}, {"start_secs", 0}, {"end_secs", 1}}), "done");
  EXPECT_EQ(desk.run("record.stop", {{"call_id", "a"}}), "done");
  EXPECT_EQ(desk.run("record.stop", {{"call_id", "a"}}), "invalid_state");

  const auto line = [this](const std::string& action, const std::string& call, const std::string& rest) {
    return "audit token=desk session=" + session_of(desk) + " action=" + action + " call=" + call + ' ' + rest;
  };
  const std::string plain = "forced=false owner= outcome=";
  EXPECT_THAT(audit(),
              ElementsAre(line("supervisor.listen", c + ' ' + a, plain + "done"),
                          line("supervisor.stop", c + ' ' + a, plain + "done"), line("record.start", a, plain + "done"),
                          line("record.pause", a, plain + "done"), line("record.resume", a, plain + "done"),
                          line("record.mask_segment", a, plain + "done"), line("record.stop", a, plain + "done"),
                          line("record.stop", a, plain + "invalid_state")));
  for (const std::string& each : sim.hub().log_lines()) EXPECT_EQ(each.find("secret"), std::string::npos) << each;
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_F(ProgramAudit, TellsOfForcedControlAndOfWhatWasRefused) {
  ProgramClient bot(sim, {.token = "bot-secret-0123456789"});
  ASSERT_TRUE(bot.call(alice, "a"));
  EXPECT_EQ(bot.run("record.stop", {{"call_id", "a"}}), "forbidden");
  EXPECT_EQ(desk.run("session.list_calls", {{"scope", "all"}}), "done");
  const std::string a(desk.data().at(0).at("id").as_string());
  EXPECT_EQ(desk.run("call.hangup", {{"call_id", a}}), "not_owner");
  EXPECT_EQ(desk.run("call.hangup", {{"call_id", a}}, json::object{{"force", true}}), "done");
  EXPECT_TRUE(sim.until(1s, [&] { return !alice.up(); }));
  EXPECT_THAT(audit(), ElementsAre("audit token=bot session=" + session_of(bot) +
                                       " action=record.stop call= forced=false owner= outcome=forbidden",
                                   "audit token=desk session=" + session_of(desk) + " action=call.hangup call=" + a +
                                       " forced=true owner=" + session_of(bot) + " outcome=done"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_F(ProgramAudit, TellsWhoHasACallRecordedFromItsBeginning) {
  EXPECT_EQ(desk.run("call.originate", {{"call_id", "r"}, {"destination", "1002"}, {"record", {{"mode", "mixed"}}}}),
            "done");
  EXPECT_THAT(audit(), ElementsAre("audit token=desk session=" + session_of(desk) +
                                   " action=call.originate call=" + id_of("r") + " forced=false owner= outcome=done"));
  EXPECT_EQ(desk.run("call.hangup", {{"call_id", "r"}}), "done");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_F(ProgramAudit, EveryCommandIsCountedByWhatCameOfIt) {
  ASSERT_TRUE(desk.call(alice, "a"));
  EXPECT_EQ(desk.run("call.hold", {{"call_id", "x"}}), "not_found");
  EXPECT_EQ(desk.run("no.such.thing", {}), "unknown_action");
  EXPECT_EQ(desk.run("sip.info", {{"call_id", "a"}, {"content_type", "a/b"}, {"body", "c"}}), "done");
  EXPECT_EQ(desk.run("session.ping", {}), "done");
  EXPECT_EQ(counter("rwi_command_results_call.originate,done"), 1u);
  EXPECT_EQ(counter("rwi_command_results_call.hold,not_found"), 1u);
  EXPECT_EQ(counter("rwi_command_results_unknown,unknown_action"), 1u);
  EXPECT_EQ(counter("rwi_command_results_session.ping,done"), 1u);
  EXPECT_EQ(counter("rwi_command_us_session.ping"), 0u);
  // The far end's answer to an INFO takes its time.
  EXPECT_GT(counter("rwi_command_us_sip.info"), 1'000u);
  EXPECT_GT(counter("rwi_events_sent"), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
