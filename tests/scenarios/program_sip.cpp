// A program sends SIP requests inside its calls, and hears and answers those that come.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

using ::testing::ElementsAre;

TEST(ProgramSip, RequestsAndTheirAnswers) {
  Sim sim{Seed{771}, {.config = ProgramClient::config}};
  Phone& alice = sim.phone("1001");
  ProgramClient program(sim);
  ASSERT_TRUE(program.call(alice, "a"));
  sim.link(alice).delay(50ms);
  EXPECT_EQ(program.run("sip.message", {{"call_id", "a"}, {"body", "hello"}}), "done");
  EXPECT_EQ(program.data().at("sip_status").as_int64(), 200);
  EXPECT_EQ(program.data().at("body").as_string(), "heard");
  EXPECT_EQ(alice.line().last_got(Method::message)->header("Content-Type"), "text/plain");
  EXPECT_EQ(program.run("sip.notify", {{"call_id", "a"}, {"event", "talk"}, {"body", "{}"}}), "done");
  EXPECT_EQ(alice.line().last_got(Method::notify)->header("Event"), "talk");
  EXPECT_EQ(alice.line().last_got(Method::notify)->header("Subscription-State"), "active");
  EXPECT_EQ(program.run("sip.info", {{"call_id", "a"}, {"content_type", "application/x-test"}, {"body", "1"}}), "done");
  EXPECT_EQ(alice.line().last_got(Method::info)->body, "1");
  EXPECT_EQ(program.run("sip.options_ping", {{"call_id", "a"}}), "done");
  EXPECT_GE(program.data().at("rtt_ms").to_number<double>(), 100);
  EXPECT_LT(program.data().at("rtt_ms").to_number<double>(), 110);

  alice.habits().answers_message = 488;
  EXPECT_EQ(program.run("sip.message", {{"call_id", "a"}, {"body", "x"}}), "sip_488");
  EXPECT_EQ(program.run("sip.options_ping", {{"call_id", "a"}}), "done");  // whatever it says, it is there
  EXPECT_EQ(program.data().at("sip_status").as_int64(), 488);
  EXPECT_EQ(program.run("sip.notify", {{"call_id", "a"}}), "invalid_params");
  EXPECT_EQ(program.run("sip.message", {{"call_id", "a"}, {"content_type", "a/b\r\nX: y"}}), "invalid_params");
  alice.habits().answers_message_after = 60s;
  const std::string id = program.start("sip.message", {{"call_id", "a"}, {"body", "late"}});
  sim.run_for(200ms);
  alice.hang_up();
  EXPECT_EQ(program.outcome(id), "call_ended");
  sim.run_for(70s);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramSip, WhatComesIsToldAndGoesToWhoItIsBridgedWith) {
  Sim sim{Seed{772}, {.config = ProgramClient::config}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ProgramClient program(sim);
  ASSERT_EQ(program.run("session.subscribe", {{"level", "full_control"}}), "done");
  ASSERT_TRUE(program.call(alice, "a"));
  program.news("a");
  alice.line().send(Method::message, "text/plain", "alone");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::message) == 200; }));
  EXPECT_THAT(program.news("a"), ElementsAre("sip.message.received"));
  EXPECT_EQ(program.last_event("sip.message.received").at("data").at("body").as_string(), "alone");

  ASSERT_TRUE(program.call(bob, "b") && program.bridge("a", "b"));
  program.news("a");
  bob.habits().answers_message = 202;
  alice.line().send(Method::message, "text/html", "both");
  alice.line().send(Method::notify, "text/plain", "n", {{"Event", "talk"}, {"Subscription-State", "active"}});
  alice.line().send(Method::info, "application/x-test", "i");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::info) == 202; }));
  EXPECT_EQ(alice.line().last_asked(Method::message), 202);
  EXPECT_EQ(alice.line().last_asked(Method::notify), 202);
  EXPECT_EQ(bob.line().last_got(Method::message)->body, "both");
  EXPECT_EQ(bob.line().last_got(Method::message)->header("Content-Type"), "text/html");
  EXPECT_EQ(bob.line().last_got(Method::notify)->header("Event"), "talk");
  EXPECT_THAT(program.news("a"), ElementsAre("sip.message.received", "sip.notify.received", "sip.info.received"));
  EXPECT_EQ(program.last_event("sip.notify.received").at("data").at("event").as_string(), "talk");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramSip, RulesSayWhoAnswers) {
  Sim sim{Seed{773}, {.config = std::string(ProgramClient::config) + R"(
[rwi.smart_routing]
enabled = true
[rwi.smart_routing.in_dialog]
enabled = true
[[rwi.smart_routing.in_dialog.rules]]
name = "ask"
priority = 10
method = "INFO"
content_type = "application/*"
action = { type = "forward_rwi", wait_response = true, timeout_ms = 2000 }
[[rwi.smart_routing.in_dialog.rules]]
name = "reply"
method = "MESSAGE"
action = { type = "auto_reply", code = 202 }
[[rwi.smart_routing.in_dialog.rules]]
name = "drop"
method = "NOTIFY"
action = { type = "drop" }
)"}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ProgramClient program(sim);
  ASSERT_EQ(program.run("session.subscribe", {{"level", "full_control"}}), "done");
  ASSERT_TRUE(program.call(alice, "a") && program.call(bob, "b") && program.bridge("a", "b"));
  program.news("a");
  alice.line().send(Method::info, "application/json", "{\"x\":1}");
  ASSERT_TRUE(sim.until(1s, [&] { return program.count("dialog.message", "a") == 1; }));
  const json::value asked = program.last_event("dialog.message").at("data");
  EXPECT_EQ(asked.at("method").as_string(), "INFO");
  EXPECT_EQ(asked.at("body").as_string(), "{\"x\":1}");
  sim.run_for(1s);
  EXPECT_EQ(alice.line().last_asked(Method::info), 0);
  const json::object answer{{"request_id", asked.at("request_id")}, {"code", 203}, {"body", "yes"}};
  EXPECT_EQ(program.run("sip.respond", answer), "done");
  ASSERT_TRUE(sim.until(1s, [&] { return alice.line().last_asked(Method::info) == 203; }));
  EXPECT_EQ(program.run("sip.respond", answer), "invalid_state");

  alice.line().send(Method::info, "application/json", "nobody answers");
  sim.run_for(1900ms);
  EXPECT_EQ(bob.line().count(Method::info), 0);
  ASSERT_TRUE(sim.until(1s, [&] { return alice.line().last_asked(Method::info) == 200; }));
  EXPECT_EQ(bob.line().last_got(Method::info)->body, "nobody answers");

  alice.line().send(Method::message, "text/plain", "m");
  alice.line().send(Method::notify, "text/plain", "n", {{"Event", "talk"}, {"Subscription-State", "active"}});
  alice.line().send(Method::info, "text/plain", "passes");
  sim.run_for(500ms);
  EXPECT_EQ(alice.line().last_asked(Method::message), 202);
  EXPECT_EQ(alice.line().last_asked(Method::notify), 200);
  EXPECT_EQ(bob.line().count(Method::message) + bob.line().count(Method::notify), 0);
  EXPECT_EQ(bob.line().last_got(Method::info)->body, "passes");
  EXPECT_EQ(program.count("sip.message.received", "a") + program.count("sip.notify.received", "a"), 0);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
