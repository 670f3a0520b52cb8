// The gateway, through a program's WebSocket: who comes in, what is answered to what, who is told of which call, and
// what becomes of calls whose program is gone.
#include <boost/json.hpp>

#include "scenario.hpp"
#include "sim/web.hpp"

namespace junctor::sim {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;

constexpr const char* office = R"(
[rwi]
orphan_hold_secs = 20
max_calls_per_connection = 3
[[rwi.tokens]]
name = "bot"
token = "bot-token"
scopes = ["call.control"]
trunks = ["nothing"]
[[rwi.tokens]]
name = "other"
token = "other-token"
scopes = ["call.control", "supervisor.control"]
[[rwi.tokens]]
name = "eyes"
token = "eyes-token"
scopes = ["observe_all"]
[[rwi.contexts]]
name = "desk"
no_answer_timeout_secs = 10
[[rwi.contexts]]
name = "elsewhere"
no_answer_timeout_secs = 5
no_answer_action = "transfer"
no_answer_transfer_target = "user:1002"
[[rwi.contexts]]
name = "tone"
no_answer_timeout_secs = 5
no_answer_action = "play_tone"
[[routes]]
name = "desk"
match = { to = "^70$" }
action = "rwi"
target = "desk"
[[routes]]
name = "elsewhere"
match = { to = "^71$" }
action = "rwi"
target = "elsewhere"
[[routes]]
name = "tone"
match = { to = "^72$" }
action = "rwi"
target = "tone"
[rwi.sip_header_passthrough]
inbound = ["Subject"]
)";

class Client {
 public:
  Client(Sim& sim, std::string_view token, std::string_view query = {}, std::string prefix = "a")
      : sim_(sim), prefix_(std::move(prefix)) {
    socket_ =
        &sim.hub().web().connect("/rwi/v1" + std::string(query), {{"Authorization", "Bearer " + std::string(token)}});
    sim.until(1s, [&] { return socket_->status != 0; });
    EXPECT_EQ(socket_->status, 101);
    sim.run_for(20ms);
    if (query.empty()) started = next();
  }

  void say(std::string text) { sim_.hub().web().say(*socket_, std::move(text)); }
  std::string give(std::string_view action, json::value params, json::object beside = {}) {
    const std::string id = prefix_ + std::to_string(++last_);
    beside["action_id"] = id;
    beside["action"] = action;
    if (!params.is_null()) beside["params"] = std::move(params);
    say(json::serialize(beside));
    return id;
  }
  /// Gives a command: "done", or its code.
  std::string run(std::string_view action, json::value params, json::object beside = {}) {
    return outcome(give(action, std::move(params), std::move(beside)));
  }
  std::string outcome(const std::string& id) {
    const json::value result = wait([&](const json::object& each) {
      return each.contains("action_id") && each.at("action_id") == json::value(id);
    });
    if (result.is_null()) return "no result";
    data = result.as_object().contains("data") ? result.at("data") : json::value(nullptr);
    if (result.at("status") == "success") return "done";
    const json::value* const code = result.as_object().if_contains("code");
    return std::string(code != nullptr ? code->as_string() : result.at("error").as_string());
  }
  json::value event(std::string_view name) {
    return wait([&](const json::object& each) {
      return (each.contains("event") && each.at("event") == json::value(name)) ||
             (each.contains("event_type") && each.at("event_type") == json::value(name));
    });
  }
  /// The next message, whatever it is; null: none comes.
  json::value next() {
    return wait([](const json::object&) { return true; });
  }
  /// The names of all events that are there.
  std::vector<std::string> names() {
    sim_.run_for(50ms);
    read();
    std::vector<std::string> out;
    for (const json::object& each : heard_)
      if (each.contains("event")) out.emplace_back(each.at("event").as_string());
    heard_.clear();
    return out;
  }
  void hang_up() {
    sim_.hub().web().hang_up(*socket_);
    sim_.run_for(20ms);
  }

  json::value started, data;

 private:
  void read() {
    for (; read_ < socket_->texts.size(); ++read_)
      heard_.push_back(json::parse(socket_->texts[read_].bytes).as_object());
  }
  template <class Wanted>
  json::value wait(Wanted&& wanted) {
    json::value found;
    sim_.until(40s, [&] {
      read();
      const auto at = std::ranges::find_if(heard_, wanted);
      if (at == heard_.end()) return false;
      found = *at;
      heard_.erase(at);
      return true;
    });
    return found;
  }

  Sim& sim_;
  std::string prefix_;
  ProgramSocket* socket_ = nullptr;
  std::size_t read_ = 0;
  std::vector<json::object> heard_;
  int last_ = 0;
};

struct World {
  Sim sim;
  explicit World(std::uint64_t seed) : sim(Seed{seed}, {.config = office}) {}
};

int door(Sim& sim, std::string target, WebHeaders headers) {
  const ProgramSocket& socket = sim.hub().web().connect(std::move(target), std::move(headers));
  sim.until(1s, [&] { return socket.status != 0; });
  return socket.status;
}

TEST(ProgramGateway, OnlyWhoHasATokenComesIn) {
  World w{801};
  EXPECT_EQ(door(w.sim, "/rwi/v1", {}), 401);
  EXPECT_EQ(door(w.sim, "/rwi/v1?token=wrong", {}), 401);
  EXPECT_EQ(door(w.sim, "/rwi/v1?token=bot-token", {}), 101);
  EXPECT_EQ(door(w.sim, "/rwi/v1", {{"Authorization", "Bearer bot-token"}}), 101);
  EXPECT_EQ(door(w.sim, "/rwi/v1", {{"authorization", "bearer bot-token"}}), 101);
  EXPECT_EQ(door(w.sim, "/rwi/v1?token=bot-token", {{"Authorization", "Basic eDp5"}}), 101);
  EXPECT_EQ(door(w.sim, "/rwi/v1?token=bot-token", {{"Authorization", "Bearer wrong"}}), 401);
  EXPECT_EQ(door(w.sim, "/rwi/v1?token=bot%2Dtoken", {}), 101);
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, WhatIsNoCommandIsAnsweredExactly) {
  World w{802};
  Client bot(w.sim, "bot-token");
  EXPECT_EQ(bot.started.at("event"), "session.started");
  const auto answer = [&](std::string text) {
    bot.say(std::move(text));
    const json::value result = bot.next();
    return std::string(result.at("action_id").as_string()) + ' ' + std::string(result.at("code").as_string()) + ": " +
           std::string(result.at("error").as_string());
  };
  EXPECT_THAT(answer("{"), HasSubstr(" parse_error: parse_error: "));
  EXPECT_EQ(answer("7"), " missing_action: missing_action");
  EXPECT_EQ(answer(R"({"action_id":"1"})"), "1 missing_action: missing_action");
  EXPECT_EQ(answer(R"({"action_id":"1","action":7})"), "1 missing_action: missing_action");
  EXPECT_EQ(answer(R"({"action":"session.ping"})"), " missing_action_id: missing_action_id");
  EXPECT_EQ(answer(R"({"action":"session.ping","action_id":7})"), " missing_action_id: missing_action_id");
  EXPECT_EQ(answer(R"({"action":"no.such","action_id":"2"})"), "2 unknown_action: unknown_action: no.such");
  EXPECT_EQ(answer(R"({"action":"call.answer","action_id":"3","params":[]})"),
            "3 invalid_params: Command failed: \"params\" must be an object");
  EXPECT_EQ(answer(R"({"action":"call.answer","action_id":"4"})"),
            "4 invalid_params: Command failed: \"call_id\" is missing");
  EXPECT_EQ(answer(R"({"action":"call.hangup","action_id":"5","params":{"call_id":"x","code":99}})"),
            "5 invalid_params: Command failed: \"code\" must be a whole number from 200 to 699");
  EXPECT_EQ(answer(R"({"action":"call.originate","action_id":"6","params":{"destination":"1","strategy":"all"}})"),
            "6 invalid_params: Command failed: \"strategy\" must be one of race, staggered, sequential");
  EXPECT_EQ(answer(R"({"action":"media.play","action_id":"7","params":{"call_id":"x","source":{"uri":7}}})"),
            "7 invalid_params: Command failed: \"source.uri\" must be a string");
  EXPECT_EQ(
      answer(R"({"action":"call.answer","action_id":"8","params":{"call_id":")" + std::string(2000, 'x') + "\"}}"),
      "8 invalid_params: Command failed: \"call_id\" must be at most 1024 bytes");
  EXPECT_EQ(answer(R"({"action":"call.answer","action_id":"9","params":{"call_id":"nope"}})"),
            "9 not_found: Call not found: nope");
  EXPECT_EQ(answer(R"({"action":"supervisor.stop","action_id":"10","params":{}})"),
            "10 forbidden: Command failed: scope required: supervisor.control");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, AnActionIdCountsOnceOnEverySocketOfItsToken) {
  World w{803};
  Phone& alice = w.sim.phone("1001");
  Client bot(w.sim, "bot-token"), again(w.sim, "bot-token");
  const std::string text =
      R"({"action_id":"o","action":"call.originate","params":{"call_id":"leg","destination":"1001"}})";
  bot.say(text);
  EXPECT_EQ(bot.next().at("data").at("call_id"), "leg");
  again.say(text);
  const json::value second = again.next();
  EXPECT_EQ(second.at("duplicate"), true);
  EXPECT_EQ(second.at("data").at("call_id"), "leg");
  again.say(R"({"action_id":"o","action":"session.ping"})");
  EXPECT_EQ(again.next().at("code"), "duplicate_action_id");
  EXPECT_TRUE(w.sim.until(2s, [&] { return alice.ringing(); }));
  EXPECT_EQ(alice.lines().size(), 1u);
  bot.say(R"([{"action_id":"b1","action":"session.ping"},{"action_id":"b2","action":"session.ping"},7])");
  EXPECT_EQ(bot.outcome("b1"), "done");
  EXPECT_EQ(bot.outcome("b2"), "done");
  EXPECT_EQ(bot.outcome(""), "missing_action");
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "leg"}}, {{"dry_run", true}}), "done");
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "leg"}}, {{"if_state", "answered"}}), "conflict");
  EXPECT_TRUE(alice.ringing());
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "leg"}}, {{"if_state", "calling"}}), "done");
  EXPECT_TRUE(w.sim.until(1s, [&] { return !alice.ringing(); }));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, NobodySeesTheCallsOfAnotherToken) {
  World w{804};
  Phone& alice = w.sim.phone("1001");
  Client bot(w.sim, "bot-token"), second(w.sim, "bot-token", {}, "s"), other(w.sim, "other-token"),
      eyes(w.sim, "eyes-token");
  ASSERT_EQ(bot.run("call.originate", {{"call_id", "leg"}, {"destination", "1001"}}), "done");
  ASSERT_TRUE(w.sim.until(2s, [&] { return alice.ringing(); }));
  alice.answer();
  const json::value answered = bot.event("call.answered");
  ASSERT_FALSE(answered.is_null());
  (void)bot.names();
  EXPECT_EQ(other.run("call.hangup", {{"call_id", "leg"}}), "not_found");  // another name space
  EXPECT_EQ(second.run("call.hangup", {{"call_id", "leg"}}), "not_owner");
  EXPECT_THAT(other.names(), IsEmpty());
  EXPECT_THAT(second.names(), IsEmpty());
  const std::string id(answered.at("data").at("id").as_string());
  EXPECT_THAT(eyes.names(), Contains("call.answered"));
  EXPECT_EQ(eyes.run("call.get_var", {{"call_id", id}, {"key", "k"}}), "forbidden");
  EXPECT_EQ(bot.run("call.set_var", {{"call_id", "leg"}, {"key", "k"}, {"value", "v"}}), "done");
  EXPECT_EQ(bot.run("call.get_var", {{"call_id", "leg"}, {"key", "k"}}), "done");
  EXPECT_EQ(bot.data.at("value"), "v");
  // Whoever supervises may take it, and then it has the hub's name.
  EXPECT_EQ(other.run("call.hangup", {{"call_id", id}}), "not_owner");
  EXPECT_EQ(other.run("session.attach_call", {{"call_id", id}}), "already_owned");
  EXPECT_EQ(other.run("session.attach_call", {{"call_id", id}, {"force", true}}), "done");
  EXPECT_FALSE(bot.event("call.ownership_changed").is_null());
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", id}}), "not_found");
  EXPECT_EQ(other.run("call.hangup", {{"call_id", id}}), "done");
  EXPECT_FALSE(other.event("call.hangup").is_null());
  EXPECT_THAT(bot.names(), IsEmpty());
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, TheFirstToAnswerHasTheCallAndOthersHearOnce) {
  World w{805};
  Phone& alice = w.sim.phone("1001");
  Client bot(w.sim, "bot-token"), second(w.sim, "bot-token", {}, "s"), other(w.sim, "other-token");
  for (Client* const each : {&bot, &second, &other})
    EXPECT_EQ(each->run("session.subscribe", {{"contexts", {"desk"}}}), "done");
  alice.dial("70", {.headers = {{"Subject", "parts"}, {"X-Other", "no"}}});
  const json::value incoming = bot.event("call.incoming");
  ASSERT_FALSE(incoming.is_null());
  EXPECT_EQ(incoming.at("data").at("context"), "desk");
  EXPECT_EQ(incoming.at("data").at("caller"), "1001");
  EXPECT_EQ(incoming.at("data").at("callee"), "70");
  EXPECT_EQ(incoming.at("data").at("sip_headers"), (json::value{{"Subject", "parts"}}));
  EXPECT_TRUE(w.sim.until(1s, [&] { return alice.ringback(); }));
  const std::string call(incoming.at("call_id").as_string());
  const std::string a = bot.give("call.answer", {{"call_id", call}});
  const std::string b = second.give("call.answer", {{"call_id", call}});
  const std::string c = other.give("call.answer", {{"call_id", call}});
  EXPECT_EQ(bot.outcome(a), "done");
  EXPECT_EQ(second.outcome(b), "already_owned");
  EXPECT_EQ(other.outcome(c), "already_owned");
  EXPECT_TRUE(w.sim.until(1s, [&] { return alice.up(); }));
  EXPECT_EQ(bot.run("call.answer", {{"call_id", call}}), "invalid_state");
  alice.hang_up();
  EXPECT_EQ(bot.event("call.hangup").at("data").at("hangup_by"), "caller");
  EXPECT_THAT(second.names(), ElementsAre("call.incoming", "call.answered"));
  EXPECT_THAT(other.names(), ElementsAre("call.incoming", "call.answered"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, ACallThatNobodyClaimsGoesWhereItsContextSays) {
  World w{806};
  Phone& alice = w.sim.phone("1001");
  Phone& bob = w.sim.phone("1002");
  Client bot(w.sim, "bot-token");
  EXPECT_EQ(bot.run("session.subscribe", {{"contexts", {"*"}}}), "done");
  Line& hung_up = alice.dial("70");
  EXPECT_EQ(bot.event("call.hangup").at("data").at("reason"), "noAnswer");
  EXPECT_TRUE(w.sim.until(1s, [&] { return hung_up.ended(); }));
  EXPECT_EQ(record(w.sim, hung_up)->call.sip_status, 480);
  alice.dial("71");
  ASSERT_TRUE(w.sim.until(8s, [&] { return bob.ringing(); }));
  bob.answer();
  ASSERT_TRUE(w.sim.until(1s, [&] { return alice.up(); }));
  EXPECT_TRUE(talk(w.sim, alice, bob));
  alice.hang_up();
  ASSERT_TRUE(w.sim.until(2s, [&] { return bob.idle(); }));
  Line& tone = alice.dial("72");
  EXPECT_TRUE(w.sim.until(8s, [&] { return tone.audio().level_dbm0() > -30; }));
  EXPECT_FALSE(tone.up());
  EXPECT_TRUE(w.sim.until(70s, [&] { return tone.ended(); }));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, CallsOutliveTheirProgramAndAreTakenBackWithoutAGap) {
  World w{807};
  Phone& alice = w.sim.phone("1001");
  Phone& bob = w.sim.phone("1002");
  Client bot(w.sim, "bot-token");
  const auto call = [&](Phone& phone, const char* name) {
    ASSERT_EQ(bot.run("call.originate", {{"call_id", name}, {"destination", phone.user()}}), "done");
    ASSERT_TRUE(w.sim.until(2s, [&] { return phone.ringing(); }));
    phone.answer();
    ASSERT_FALSE(bot.event("call.answered").is_null());
  };
  call(alice, "a");
  call(bob, "b");
  const std::string secret(bot.started.at("data").at("resume_secret").as_string());
  EXPECT_EQ(bot.run("session.list_calls", nullptr), "done");
  EXPECT_EQ(bot.data.as_array().size(), 2u);
  bot.hang_up();
  EXPECT_TRUE(w.sim.until(3s, [&] { return alice.line().audio().level_dbm0() > -40; }));  // music
  bob.hang_up();
  w.sim.run_for(1s);
  Client back(w.sim, "bot-token", {}, "n");
  EXPECT_EQ(back.run("call.hangup", {{"call_id", "a"}}), "not_owner");
  EXPECT_EQ(back.run("session.resume", {{"last_sequence", 0}, {"resume_secret", "wrong"}}), "done");
  EXPECT_TRUE(back.data.at("reclaimed").as_array().empty());
  EXPECT_EQ(back.run("session.resume", {{"last_sequence", 0}, {"resume_secret", secret}}), "done");
  EXPECT_EQ(back.data.at("complete"), true);
  EXPECT_EQ(back.data.at("reclaimed"), (json::value{"a"}));
  std::uint64_t seq = 0;
  std::vector<std::string> names;
  for (const json::value& each : back.data.at("events").as_array()) {
    EXPECT_EQ(each.at("sequence").to_number<std::uint64_t>(), ++seq);
    names.emplace_back(each.at("event").at("event").as_string());
  }
  EXPECT_THAT(names, Contains("call.orphaned"));
  EXPECT_THAT(names, Contains("call.hangup"));
  EXPECT_TRUE(w.sim.until(2s, [&] { return alice.line().audio().level_dbm0() < -60; }));  // silence again
  // Nobody comes back this time.
  back.hang_up();
  EXPECT_TRUE(alice.up());
  EXPECT_TRUE(w.sim.until(25s, [&] { return alice.idle(); }));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, NumbersOfEventsAreNeverUsedAgain) {
  World w{808};
  w.sim.phone("1001").habits().rejects_with = 486;
  std::uint64_t last = 0;
  {
    Client bot(w.sim, "bot-token");
    ASSERT_EQ(bot.run("call.originate", {{"destination", "1001"}}), "done");
    last = bot.event("call.busy").at("seq").to_number<std::uint64_t>();
    w.sim.run_for(1s);
  }
  w.sim.crash_hub();
  w.sim.start_hub();
  Client bot(w.sim, "bot-token");
  EXPECT_EQ(bot.run("session.resume", {{"last_sequence", last}}), "done");
  EXPECT_GT(bot.data.at("current_sequence").to_number<std::uint64_t>(), last);
  EXPECT_EQ(bot.data.at("complete"), false);
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, AnOriginateHasOneResultAndOneTerminalEvent) {
  World w{809};
  Phone& alice = w.sim.phone("1001");
  Client bot(w.sim, "bot-token");
  const auto end = [&](std::string_view name) {
    const json::value event = bot.event(name);
    if (event.is_null()) return std::string("none");
    const json::object& data = event.at("data").as_object();
    const json::value* const reason = data.if_contains("reason");
    return json::serialize(data.at("sip_status")) + (reason != nullptr ? ' ' + json::serialize(*reason) : "");
  };
  const json::value to_alice{{"destination", "sip:1001@local"}, {"timeout_secs", 3}};
  alice.habits().rejects_with = 486;
  EXPECT_EQ(bot.run("call.originate", to_alice), "done");
  EXPECT_EQ(end("call.busy"), "486");
  alice.habits().rejects_with = 603;
  EXPECT_EQ(bot.run("call.originate", to_alice), "done");
  EXPECT_EQ(end("call.hangup"), "603 \"rejected\"");
  alice.habits().rejects_with.reset();
  EXPECT_EQ(bot.run("call.originate", to_alice), "done");
  EXPECT_EQ(end("call.no_answer"), "480");
  EXPECT_EQ(bot.run("call.originate", {{"call_id", "x"}, {"destination", "1001"}}), "done");
  EXPECT_EQ(bot.run("call.originate", {{"call_id", "x"}, {"destination", "1001"}}), "already_exists");
  EXPECT_EQ(bot.run("media.play", {{"call_id", "x"}, {"source", {{"type", "silence"}}}}), "invalid_state");
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "x"}}), "done");
  EXPECT_EQ(end("call.hangup"), "487 \"canceled\"");
  EXPECT_EQ(bot.run("call.originate", {{"destination", "9999"}}), "invalid_destination");
  EXPECT_EQ(bot.run("call.originate", {{"destination", "http://x"}}), "invalid_destination");
  EXPECT_EQ(bot.run("call.originate", {{"destination", "1001"}, {"trunk", "none"}}), "forbidden");
  EXPECT_EQ(bot.run("call.originate", {{"destination", "1001"}, {"extra_headers", {{"X-A", "b\r\nVia: c"}}}}),
            "invalid_params");
  EXPECT_EQ(bot.run("call.originate", {{"destination", "1001"}, {"extra_headers", {{"Via", "c"}}}}), "invalid_params");
  EXPECT_EQ(bot.run("call.originate", {{"destination", "1001"}, {"caller_id", "1\r\nX: y"}}), "invalid_params");
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "x"}}), "call_ended");
  for (const std::string& name : bot.names()) EXPECT_NE(name, "call.hangup");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, SeveralDestinationsRaceAndOneWins) {
  World w{810};
  Phone& alice = w.sim.phone("1001");
  Phone& bob = w.sim.phone("1002");
  Client bot(w.sim, "bot-token");
  ASSERT_EQ(bot.run("call.originate", {{"call_id", "x"},
                                       {"destinations", {"1001", "1002"}},
                                       {"caller_id", "4000"},
                                       {"extra_headers", {{"X-Campaign-ID", "camp_001"}}}}),
            "done");
  ASSERT_TRUE(w.sim.until(2s, [&] { return alice.ringing() && bob.ringing(); }));
  const sip::Message& invite = alice.line().invite();
  EXPECT_EQ(invite.header("X-Campaign-ID"), "camp_001");
  EXPECT_THAT(std::string(*invite.header(HeaderId::from)), HasSubstr("<sip:4000@"));
  bob.answer();
  EXPECT_FALSE(bot.event("call.answered").is_null());
  EXPECT_TRUE(w.sim.until(1s, [&] { return alice.idle() && bob.up(); }));
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "x"}}), "done");
  // In turn: the second is called when the first has refused.
  alice.habits().rejects_with = 486;
  ASSERT_EQ(
      bot.run("call.originate", {{"call_id", "y"}, {"destinations", {"1001", "1002"}}, {"strategy", "sequential"}}),
      "done");
  ASSERT_TRUE(w.sim.until(2s, [&] { return bob.ringing(); }));
  bob.answer();
  EXPECT_FALSE(bot.event("call.answered").is_null());
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "y"}}), "done");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, ASlowCommandOnOneCallHoldsUpNoOther) {
  World w{811};
  Phone& alice = w.sim.phone("1001");
  Phone& bob = w.sim.phone("1002");
  Client bot(w.sim, "bot-token");
  for (Phone* const phone : {&alice, &bob}) {
    ASSERT_EQ(bot.run("call.originate", {{"call_id", phone->user()}, {"destination", phone->user()}}), "done");
    ASSERT_TRUE(w.sim.until(2s, [&] { return phone->ringing(); }));
    phone->answer();
    ASSERT_FALSE(bot.event("call.answered").is_null());
  }
  alice.habits().answers_message_after = 5s;
  const std::string slow = bot.give("sip.info", {{"call_id", "1001"}, {"body", "{}"}});
  const std::string behind = bot.give("call.set_var", {{"call_id", "1001"}, {"key", "k"}, {"value", "v"}});
  const TimePoint before = w.sim.now();
  EXPECT_EQ(bot.run("call.set_var", {{"call_id", "1002"}, {"key", "k"}, {"value", "v"}}), "done");
  EXPECT_LT(w.sim.now() - before, 100ms);
  EXPECT_EQ(bot.outcome(behind), "done");
  EXPECT_GE(w.sim.now() - before, 4s);  // in its turn
  EXPECT_EQ(bot.outcome(slow), "done");
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "1001"}}), "done");
  EXPECT_EQ(bot.run("call.hangup", {{"call_id", "1002"}}), "done");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, TheFlatDialectIsWhatOlderClientsRead) {
  World w{812};
  Phone& alice = w.sim.phone("1001");
  Client flat(w.sim, "bot-token", "?dialect=flat", "f");
  flat.say(R"({"action_id":"s1","action":"session.subscribe","params":{"contexts":["desk"],"level":"control"}})");
  const json::value subscribed = flat.next();
  EXPECT_EQ(subscribed.at("type"), "command_completed");
  EXPECT_TRUE(subscribed.at("data").as_object().contains("resume_secret"));
  flat.say(R"({"action_id":"o1","action":"call.originate","params":{"call_id":"leg_a","destination":"sip:1001@local",)"
           R"("caller_id":"4000","timeout_secs":30}})");
  const auto expect_next = [&](std::string_view wanted) { EXPECT_EQ(flat.next(), json::parse(wanted)); };
  expect_next(R"({"type":"command_completed","action_id":"o1","action":"call.originate","call_id":"leg_a",)"
              R"("status":"success","data":{"call_id":"leg_a"}})");
  expect_next(R"({"event_type":"call_ringing","call_id":"leg_a"})");
  alice.answer();
  expect_next(R"({"event_type":"call_answered","call_id":"leg_a"})");
  flat.say(R"({"action_id":"v1","action":"call.get_var","params":{"call_id":"leg_a","key":"k"}})");
  expect_next(R"({"type":"command_completed","action_id":"v1","action":"call.get_var","call_id":"leg_a",)"
              R"("status":"success","data":{"key":"k","value":null}})");
  flat.say(R"({"action_id":"x1","action":"call.answer","params":{"call_id":"nope"}})");
  expect_next(R"({"type":"command_failed","status":"error","action_id":"x1","action":"call.answer","call_id":"nope",)"
              R"("error":"Call not found: nope"})");
  flat.say(R"({"action_id":"x5"})");
  expect_next(R"({"type":"command_failed","status":"error","action_id":"x5","action":"","error":"missing_action"})");
  alice.hang_up();
  expect_next(R"({"event_type":"call_hangup","call_id":"leg_a","reason":"callee","sip_status":null})");
  alice.dial("70");
  json::value incoming = flat.next();
  incoming.as_object().erase("call_id");
  EXPECT_EQ(incoming, json::parse(R"({"event_type":"call_incoming","context":"desk","caller":"1001","callee":"70",)"
                                  R"("dial_direction":"inbound","trunk":null,"sip_headers":{},"root_call_id":null,)"
                                  R"("caller_name":"User 1001","callee_name":null,"called_phone":null,"app_id":null,)"
                                  R"("routing_target":null,"uuid":null,"routing_path":null})"));
  alice.hang_up();
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGateway, OneSessionHasOnlySoManyCalls) {
  World w{813};
  w.sim.phone("1001");
  Client bot(w.sim, "bot-token");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bot.run("call.originate", {{"destination", "1001"}}), "done");
  EXPECT_EQ(bot.run("call.originate", {{"destination", "1001"}}), "rate_limited");
  EXPECT_EQ(bot.run("session.list_calls", nullptr), "done");
  for (const json::value& each : json::array(bot.data.as_array()))
    EXPECT_EQ(bot.run("call.hangup", {{"call_id", each.at("call_id")}}), "done");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
