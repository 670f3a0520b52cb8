// RWI without a WebSocket: a command by POST, events as a stream; the limits of sessions; commands that are only
// checked.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

constexpr const char* office = R"(
[rwi]
max_connections = 2
originate_rate_limit = 2
max_calls_per_connection = 4
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control"]
[[rwi.tokens]]
name = "eyes"
token = "eyes-secret"
scopes = ["observe_all"]
[[rwi.contexts]]
name = "line"
[[routes]]
name = "line"
match = { to = "^70$" }
action = "rwi"
target = "line"
)";

const WebHeaders desk{{"Authorization", "Bearer desk-secret-0123456789"}};

/// What a request is answered.
struct Answer {
  int status = 0;
  json::value body;
};
Answer post(Sim& sim, const WebHeaders& headers, std::string body, Duration patience = 5s) {
  const ProgramSocket& asked = sim.hub().web().request("POST", "/rwi/v1/command", headers, std::move(body));
  EXPECT_TRUE(sim.until(patience, [&] { return asked.status != 0; }));
  boost::system::error_code error;
  return {asked.status, json::parse(asked.body, error)};
}

/// The events of a stream so far.
std::vector<json::object> told(const ProgramSocket& stream) {
  std::vector<json::object> out;
  for (const auto& piece : stream.texts) {
    const std::string& bytes = piece.bytes;
    EXPECT_TRUE(bytes.starts_with("data: ") && bytes.ends_with("\n\n")) << bytes;
    out.push_back(json::parse(std::string_view(bytes).substr(6, bytes.size() - 8)).as_object());
  }
  return out;
}
std::vector<std::string> names(const ProgramSocket& stream) {
  std::vector<std::string> out;
  for (const json::object& each : told(stream)) out.emplace_back(each.at("event").as_string());
  return out;
}

TEST(ProgramHttp, ACommandAndItsEventsAreWhatTheWebSocketHas) {
  Sim sim{Seed{850}, {.config = office}};
  Phone& alice = sim.phone("1001");
  const ProgramSocket& stream = sim.hub().web().request("GET", "/rwi/v1/events", desk);
  ASSERT_TRUE(sim.until(1s, [&] { return stream.status == 200; }));
  const std::string originate =
      R"({"action_id":"o","action":"call.originate","params":{"call_id":"leg","destination":"sip:1001@local"}})";
  const Answer made = post(sim, desk, originate);
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.body, json::parse(R"({"type":"command_completed","action_id":"o","action":"call.originate",)"
                                   R"("call_id":"leg","status":"success","data":{"call_id":"leg"}})"));
  Answer again = post(sim, desk, originate);
  EXPECT_EQ(again.body.at("duplicate"), true);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.ringing(); }));
  EXPECT_EQ(alice.lines().size(), 1u);
  alice.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  // The same call by WebSocket: another session, and so not its owner.
  ProgramClient socket(sim);
  EXPECT_EQ(socket.run("call.hangup", {{"call_id", "leg"}}), "not_owner");
  // An answer that takes its time.
  alice.habits().answers_message_after = 2s;
  const TimePoint before = sim.now();
  const Answer slow = post(
      sim, desk, R"({"action_id":"i","action":"sip.info","params":{"call_id":"leg","content_type":"text/plain"}})");
  EXPECT_EQ(slow.body.at("data").at("sip_status"), 200);
  EXPECT_GE(sim.now() - before, 2s);
  EXPECT_EQ(post(sim, desk, R"({"action_id":"h","action":"call.hangup","params":{"call_id":"leg"}})").status, 200);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  EXPECT_THAT(names(stream), ::testing::ElementsAre("call.ringing", "call.answered", "call.hangup"));
  const json::object last = told(stream).back();
  EXPECT_EQ(last.at("call_id"), "leg");
  EXPECT_TRUE(last.at("seq").is_number() && last.at("ts").is_string());
  EXPECT_EQ(last.at("data").at("hangup_by"), "system");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHttp, FailuresHaveAStatusOfTheirOwn) {
  Sim sim{Seed{851}, {.config = office}};
  sim.phone("1001");
  const auto refused = [&](const WebHeaders& headers, const char* body) {
    const Answer answer = post(sim, headers, body);
    return std::to_string(answer.status) + ' ' +
           (answer.body.is_object() ? std::string(answer.body.at("code").as_string()) : std::string());
  };
  const WebHeaders eyes{{"Authorization", "Bearer eyes-secret"}};
  EXPECT_EQ(refused({}, "{}"), "401 ");
  EXPECT_EQ(refused(desk, "{"), "400 parse_error");
  EXPECT_EQ(refused(desk, "{}"), "400 missing_action");
  EXPECT_EQ(refused(desk, R"([{"action_id":"1","action":"session.ping"}])"), "400 missing_action");  // one at a time
  EXPECT_EQ(refused(desk, R"({"action":"session.ping"})"), "400 missing_action_id");
  EXPECT_EQ(refused(desk, R"({"action_id":"2","action":"call.hangup"})"), "400 invalid_params");
  EXPECT_EQ(refused(desk, R"({"action_id":"3","action":"no.such"})"), "404 unknown_action");
  EXPECT_EQ(refused(desk, R"({"action_id":"4","action":"call.hangup","params":{"call_id":"x"}})"), "404 not_found");
  EXPECT_EQ(refused(eyes, R"({"action_id":"5","action":"call.hangup","params":{"call_id":"x"}})"), "403 forbidden");
  const char* const calls[] = {
      R"({"action_id":"6","action":"call.originate","params":{"call_id":"a","destination":"1001"}})",
      R"({"action_id":"7","action":"call.originate","params":{"call_id":"b","destination":"1001"}})",
      R"({"action_id":"8","action":"call.originate","params":{"call_id":"c","destination":"1001"}})"};
  EXPECT_EQ(post(sim, desk, calls[0]).status, 200);
  EXPECT_EQ(post(sim, desk, calls[1]).status, 200);
  EXPECT_EQ(refused(desk, calls[2]), "429 rate_limited");
  sim.run_for(1s);
  EXPECT_EQ(refused(desk, R"({"action_id":"9","action":"call.originate","params":{"call_id":"a","destination":"1"}})"),
            "409 already_exists");
  EXPECT_EQ(refused(desk, R"({"action_id":"10","action":"call.hold","params":{"call_id":"a"}})"), "409 invalid_state");
  const ProgramSocket& get = sim.hub().web().request("GET", "/rwi/v1/command", desk);
  const ProgramSocket& plain = sim.hub().web().request("GET", "/rwi/v1", desk);
  const ProgramSocket& wrong = sim.hub().web().request("POST", "/rwi/v1/events", desk);
  sim.run_for(10ms);
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(plain.status, 426);
  EXPECT_EQ(wrong.status, 405);
  for (const char* name : {"a", "b"})
    EXPECT_EQ(post(sim, desk,
                   std::string(R"({"action_id":"h)") + name + R"(","action":"call.hangup","params":{"call_id":")" +
                       name + "\"}}")
                  .status,
              200);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHttp, SessionsOriginatesAndCallsAreBounded) {
  Sim sim{Seed{852}, {.config = office}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ProgramClient first(sim), second(sim, {.prefix = "s"});
  const ProgramSocket& third = sim.hub().web().connect("/rwi/v1", desk);
  sim.run_for(20ms);
  EXPECT_EQ(third.status, 503);
  EXPECT_THAT(third.answered_with, Contains(::testing::Pair("Retry-After", "5")));
  sim.hub().web().hang_up(second.socket());
  sim.run_for(20ms);
  ProgramClient fourth(sim, {.prefix = "f"});  // there is room again
  // Two at once, two a second, and no more than four calls.
  const auto call = [&](const char* name, Phone& to) {
    return first.run("call.originate", {{"call_id", name}, {"destination", to.user()}});
  };
  EXPECT_EQ(call("a", alice), "done");
  EXPECT_EQ(call("b", alice), "done");
  EXPECT_EQ(call("c", alice), "rate_limited");
  EXPECT_EQ(fourth.run("call.originate", {{"destination", "1001"}}), "done") << "each session has its own rate";
  sim.run_for(500ms);
  EXPECT_EQ(call("c", alice), "done");
  EXPECT_EQ(call("d", alice), "rate_limited");
  sim.run_for(1s);
  EXPECT_EQ(call("d", alice), "done");
  sim.run_for(1s);
  EXPECT_EQ(call("e", alice), "rate_limited");
  // An answer counts, too, and what was refused is still offered to others.
  for (ProgramClient* const each : {&first, &fourth})
    ASSERT_EQ(each->run("session.subscribe", {{"contexts", {"line"}}}), "done");
  bob.dial("70");
  ASSERT_TRUE(sim.until(1s, [&] { return !first.last_event("call.incoming").is_null(); }));
  const json::value offered = first.last_event("call.incoming").at("call_id");
  EXPECT_EQ(first.run("call.answer", {{"call_id", offered}}), "rate_limited");
  EXPECT_EQ(fourth.run("call.answer", {{"call_id", offered}}), "done");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHttp, WhatIsOnlyCheckedOrRefusedClaimsNothing) {
  Sim sim{Seed{853}, {.config = office}};
  Phone& alice = sim.phone("1001");
  ProgramClient first(sim), second(sim, {.prefix = "s"});
  for (ProgramClient* const each : {&first, &second})
    ASSERT_EQ(each->run("session.subscribe", {{"contexts", {"line"}}}), "done");
  alice.dial("70");
  ASSERT_TRUE(sim.until(1s, [&] { return !first.last_event("call.incoming").is_null(); }));
  const json::value call = first.last_event("call.incoming").at("call_id");
  EXPECT_EQ(first.run("call.answer", {{"call_id", call}}, {{"dry_run", true}}), "done");
  EXPECT_EQ(first.run("call.hangup", {{"call_id", call}}, {{"dry_run", true}}), "done");
  EXPECT_EQ(first.run("call.answer", {{"call_id", call}}, {{"if_state", "answered"}}), "conflict");
  EXPECT_EQ(first.run("call.reject", {{"call_id", call}, {"reason", "because"}}), "invalid_params");
  EXPECT_EQ(first.run("call.ring", {{"call_id", call}}), "done");  // nor does ringing
  EXPECT_FALSE(alice.up());
  EXPECT_EQ(second.run("call.answer", {{"call_id", call}}, {{"if_state", "offered"}}), "done");
  ASSERT_TRUE(sim.until(1s, [&] { return alice.up(); }));
  EXPECT_EQ(first.run("call.hangup", {{"call_id", call}}), "not_owner");
  EXPECT_EQ(second.run("call.hangup", {{"call_id", call}}), "done");

  // Whoever only watches may not even begin.
  ASSERT_EQ(first.run("session.subscribe", {{"contexts", {"line"}}, {"level", "events_only"}}), "done");
  EXPECT_EQ(first.run("call.originate", {{"destination", "1001"}}), "forbidden");
  sim.run_for(100ms);
  alice.dial("70");
  ASSERT_TRUE(sim.until(1s, [&] { return second.count("call.incoming", "") >= 0 && alice.ringback(); }));
  const json::value next = second.last_event("call.incoming").at("call_id");
  EXPECT_EQ(first.run("call.ring", {{"call_id", next}}), "forbidden");
  EXPECT_EQ(first.run("call.reject", {{"call_id", next}}), "forbidden");
  EXPECT_EQ(second.run("call.reject", {{"call_id", next}}), "done");
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
