// In which order a program is told, whatever happens to a call; who wins when two want the same; what becomes of calls
// whose program is gone in the middle; and that nothing is left over after ten thousand of them.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

using ::testing::ElementsAre;

constexpr const char* office = R"(
[rwi]
orphan_hold_secs = 2
originate_rate_limit = 100000
max_calls_per_connection = 100000
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "record.control", "supervisor.control", "media.stream"]
[[rwi.tokens]]
name = "boss"
token = "boss-secret"
scopes = ["call.control", "supervisor.control"]
[[rwi.contexts]]
name = "line"
no_answer_timeout_secs = 10
[[routes]]
name = "line"
match = { to = "^70$" }
action = "rwi"
target = "line"
)";

struct World {
  explicit World(std::uint64_t seed) : sim{Seed{seed}, {.config = office}} { (void)news(); }

  /// Everything that came since the last time: "= action" and "= action code" for results, "event call" for events.
  std::vector<std::string> news() {
    sim.run_for(50ms);
    std::vector<std::string> out;
    for (; told < program.heard().size(); ++told) {
      const json::object& each = program.heard()[told];
      const auto text = [](const json::object& from, std::string_view name) {
        const json::value* const value = from.if_contains(name);
        return value == nullptr || value->is_null() ? std::string()
               : value->is_string()                 ? ' ' + std::string(value->get_string())
                                                    : ' ' + json::serialize(*value);
      };
      if (each.contains("action_id")) {
        out.push_back("=" + text(each, "action") + text(each, "code"));
        continue;
      }
      std::string line = std::string(each.at("event").as_string()) + text(each, "call_id");
      for (const char* name : {"leg_a", "leg_b", "sip_status", "reason", "hangup_by", "interrupted", "digit", "digits"})
        line += text(each.at("data").as_object(), name);
      out.push_back(std::move(line));
    }
    return out;
  }
  std::string run(std::string_view action, json::object params) { return program.run(action, std::move(params)); }

  Sim sim;
  Phone &alice = sim.phone("1001"), &bob = sim.phone("1002"), &carol = sim.phone("1003");
  ProgramClient program{sim};
  std::size_t told = 0;
};

TEST(ProgramOrder, OfCallsThatComeToNothing) {
  World w{860};
  const auto call = [&](std::uint32_t patience = 30) {
    EXPECT_EQ(w.run("call.originate", {{"call_id", "x"}, {"destination", "1001"}, {"timeout_secs", patience}}), "done");
  };
  w.alice.habits().rejects_with = 486;
  call();
  EXPECT_THAT(w.news(), ElementsAre("= call.originate", "call.busy x 486"));
  w.alice.habits().rejects_with = 600;
  call();
  EXPECT_THAT(w.news(), ElementsAre("= call.originate", "call.busy x 600"));
  w.alice.habits().rejects_with = 404;
  call();
  EXPECT_THAT(w.news(), ElementsAre("= call.originate", "call.hangup x 404 originate_failed callee"));
  w.alice.habits().rejects_with = 500;
  call();
  EXPECT_THAT(w.news(), ElementsAre("= call.originate", "call.hangup x 500 originate_failed callee"));
  w.alice.habits().rejects_with.reset();
  call(3);
  w.sim.run_for(4s);
  EXPECT_THAT(w.news(), ElementsAre("= call.originate", "call.ringing x", "call.no_answer x 480"));
  call();
  w.sim.run_for(200ms);
  EXPECT_EQ(w.run("call.hangup", {{"call_id", "x"}}), "done");
  EXPECT_THAT(w.news(),
              ElementsAre("= call.originate", "call.ringing x", "= call.hangup", "call.hangup x 487 canceled system"));
  EXPECT_TRUE(w.alice.idle());

  // Inbound: rejected, given up by the caller.
  ASSERT_EQ(w.run("session.subscribe", {{"contexts", {"line"}}}), "done");
  (void)w.news();
  for (const bool rejected : {true, false}) {
    Line& line = w.bob.dial("70");
    ASSERT_TRUE(w.sim.until(1s, [&] { return w.bob.ringback(); }));
    w.sim.run_for(20ms);
    const std::string id(w.program.last_event("call.incoming").at("call_id").as_string());
    if (rejected) {
      EXPECT_EQ(w.run("call.reject", {{"call_id", id}, {"reason", "not_found"}}), "done");
      EXPECT_THAT(w.news(),
                  ElementsAre("call.incoming " + id, "= call.reject", "call.hangup " + id + " 404 rejected system"));
      EXPECT_EQ(line.status(), 404);
    } else {
      line.hang_up();
      EXPECT_THAT(w.news(), ElementsAre("call.incoming " + id, "call.hangup " + id + " 487 canceled caller"));
    }
  }
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramOrder, OfABridgeAndItsEnd) {
  World w{861};
  ASSERT_TRUE(w.program.call(w.alice, "a") && w.program.call(w.bob, "b"));
  EXPECT_THAT(w.news(), ElementsAre("= call.originate", "call.ringing a", "call.answered a", "= call.originate",
                                    "call.ringing b", "call.answered b"));
  ASSERT_EQ(w.run("media.play", {{"call_id", "b"}, {"source", {{"type", "ringback"}}}}), "done");
  ASSERT_EQ(w.run("record.start", {{"call_id", "a"}}), "done");
  (void)w.news();
  ASSERT_TRUE(w.program.bridge("a", "b"));
  EXPECT_THAT(w.news(), ElementsAre("media.play.finished b true", "= call.bridge", "call.bridged a b"));
  EXPECT_EQ(w.run("call.unbridge", {{"call_id", "b"}}), "done");
  EXPECT_THAT(w.news(), ElementsAre("= call.unbridge", "call.unbridged a", "call.unbridged b"));
  ASSERT_TRUE(w.program.bridge("a", "b"));
  (void)w.news();
  w.alice.hang_up();
  w.sim.run_for(1s);
  // The recording is complete soon after, and the call is still its program's.
  EXPECT_THAT(w.news(), ElementsAre("call.unbridged b", "call.hangup a callee callee", "record.stopped a stopped"));
  EXPECT_EQ(w.run("call.hangup", {{"call_id", "b"}}), "done");
  EXPECT_THAT(w.news(), ElementsAre("= call.hangup", "call.hangup b system system"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramOrder, CommandsOnARoomAreDoneInTheOrderInWhichTheyCame) {
  World w{862};
  ASSERT_TRUE(w.program.call(w.alice, "a") && w.program.call(w.bob, "b"));
  (void)w.news();
  // Nobody waits for results, and the first call is busy with something slow.
  w.alice.habits().answers_message_after = 500ms;
  w.program.start("sip.info", {{"call_id", "a"}, {"body", "x"}});
  w.program.start("conference.create", {{"conf_id", "room"}});
  w.program.start("conference.add", {{"conf_id", "room"}, {"call_id", "a"}});
  w.program.start("conference.add", {{"conf_id", "room"}, {"call_id", "b"}});
  w.program.start("conference.mute_all", {{"conf_id", "room"}});
  const std::string info = w.program.start("conference.info", {{"conf_id", "room"}});
  w.program.start("conference.destroy", {{"conf_id", "room"}});
  const std::string again = w.program.start("conference.create", {{"conf_id", "room"}});
  ASSERT_EQ(w.program.outcome(again), "done");
  EXPECT_THAT(w.news(),
              ElementsAre("= conference.create", "conference.created", "= conference.add", "conference.member.joined b",
                          "= sip.info", "= conference.add", "conference.member.joined a", "= conference.mute_all",
                          "conference.member.muted b", "conference.member.muted a", "= conference.info",
                          "= conference.destroy", "conference.member.left b", "conference.member.left a",
                          "conference.destroyed", "= conference.create", "conference.created"));
  EXPECT_EQ(w.program.result(info).at("data").at("members").as_array().size(), 2u);
  EXPECT_EQ(w.run("conference.destroy", {{"conf_id", "room"}}), "done");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramOrder, AWaitingFarEndIsNotSentElsewhere) {
  World w{863};
  ASSERT_TRUE(w.program.call(w.alice, "a"));
  ASSERT_EQ(w.run("call.transfer.attended", {{"call_id", "a"}, {"target", "1002"}}), "done");
  const std::string consulted(w.program.data().at("consultation_call_id").as_string());
  for (const char* action : {"call.transfer", "call.transfer.replace", "call.transfer.attended"})
    EXPECT_EQ(w.run(action, {{"call_id", "a"}, {"target", "1003"}}), "invalid_state") << action;
  EXPECT_EQ(w.run("call.unhold", {{"call_id", "a"}}), "invalid_state");
  EXPECT_EQ(w.run("call.hold", {{"call_id", "a"}}), "invalid_state");
  EXPECT_TRUE(w.carol.idle());
  ASSERT_TRUE(w.sim.until(2s, [&] { return w.bob.ringing(); }));
  ASSERT_EQ(w.run("call.transfer.cancel", {{"consultation_call_id", consulted}}), "done");
  EXPECT_EQ(w.alice.line().direction(), Direction::sendrecv);
  (void)w.news();
  // And then it may be; also after all three were put into a room.
  ASSERT_EQ(w.run("call.transfer.attended", {{"call_id", "a"}, {"target", "1002"}}), "done");
  const std::string second(w.program.data().at("consultation_call_id").as_string());
  ASSERT_TRUE(w.sim.until(2s, [&] { return w.bob.ringing(); }));
  w.bob.answer();
  ASSERT_TRUE(w.sim.until(2s, [&] { return w.program.count("call.answered", second) == 1; }));
  ASSERT_EQ(w.run("conference.create", {{"conf_id", "room"}}), "done");
  ASSERT_EQ(w.run("conference.merge", {{"conf_id", "room"}, {"call_id", "a"}, {"consultation_call_id", second}}),
            "done");
  EXPECT_TRUE(talk(w.sim, w.alice, w.bob));
  EXPECT_EQ(w.run("call.transfer.cancel", {{"consultation_call_id", second}}), "invalid_state");
  (void)w.news();
  w.bob.hang_up();
  w.sim.run_for(200ms);
  EXPECT_THAT(w.news(), ElementsAre("conference.member.left " + second, "call.hangup " + second + " callee callee"));
  ASSERT_EQ(w.run("conference.remove", {{"conf_id", "room"}, {"call_id", "a"}}), "done");
  ASSERT_EQ(w.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}}), "done");
  ASSERT_TRUE(w.sim.until(2s, [&] { return w.carol.ringing(); }));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramOrder, OfKeysThatAreCollected) {
  World w{868};
  ASSERT_TRUE(w.program.call(w.alice, "a"));
  (void)w.news();
  const auto press = [&](std::string_view keys) {
    for (const char key : keys) {
      w.alice.line().audio().press(key);
      w.sim.run_for(200ms);
    }
  };
  EXPECT_EQ(w.run("dtmf.collect", {{"call_id", "a"}, {"terminator", "#"}}), "done");
  EXPECT_EQ(w.run("dtmf.collect", {{"call_id", "a"}}), "invalid_state");
  press("12#");
  EXPECT_THAT(w.news(), ElementsAre("= dtmf.collect", "= dtmf.collect invalid_state", "dtmf a 1", "dtmf a 2",
                                    "dtmf a #", "dtmf.collected a 12"));
  // By INFO, where the far end knows nothing else; as many as are wanted.
  w.bob.habits().codecs = {"pcma"};
  ASSERT_TRUE(w.program.call(w.bob, "b"));
  (void)w.news();
  EXPECT_EQ(w.run("dtmf.collect", {{"call_id", "b"}, {"max_digits", 2}}), "done");
  for (const char* key : {"7", "8"}) {
    w.bob.line().send(Method::info, "application/dtmf-relay", std::string("Signal=") + key + "\r\nDuration=160\r\n");
    w.sim.run_for(300ms);
  }
  EXPECT_THAT(w.news(), ElementsAre("= dtmf.collect", "dtmf b 7", "dtmf b 8", "dtmf.collected b 78"));
  // Too few in time; and enough in time.
  const json::object two{{"call_id", "a"}, {"min_digits", 2}, {"timeout_ms", 1500}};
  EXPECT_EQ(w.run("dtmf.collect", two), "done");
  press("4");
  w.sim.run_for(2s);
  EXPECT_THAT(w.news(), ElementsAre("= dtmf.collect", "dtmf a 4", "dtmf.collection_timeout a 4"));
  EXPECT_EQ(w.run("dtmf.collect", two), "done");
  press("456");
  w.sim.run_for(2s);
  EXPECT_THAT(w.news(), ElementsAre("= dtmf.collect", "dtmf a 4", "dtmf a 5", "dtmf a 6", "dtmf.collected a 456"));
  // The terminator before there are enough, and the end of the call, end it once, too.
  EXPECT_EQ(w.run("dtmf.collect", {{"call_id", "a"}, {"min_digits", 3}, {"terminator", "*"}}), "done");
  press("1*");
  EXPECT_THAT(w.news(), ElementsAre("= dtmf.collect", "dtmf a 1", "dtmf a *", "dtmf.collection_timeout a 1"));
  EXPECT_EQ(w.run("dtmf.collect", {{"call_id", "a"}}), "done");
  w.alice.hang_up();
  w.sim.run_for(100ms);
  EXPECT_THAT(w.news(), ElementsAre("= dtmf.collect", "dtmf.collection_timeout a ", "call.hangup a callee callee"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramOrder, WhoWatchesIsToldAndMayNothing) {
  for (const char* mode : {"listen", "whisper", "barge"}) {
    World w{864};
    ProgramClient boss(w.sim, {.token = "boss-secret", .prefix = "b"});
    ASSERT_TRUE(w.program.call(w.alice, "a"));
    const std::string id(w.program.last_event("call.answered").at("data").at("id").as_string());
    EXPECT_EQ(boss.run("session.attach_call", {{"call_id", "a"}}), "not_found");  // not its name space
    EXPECT_EQ(boss.run("session.attach_call", {{"call_id", id}, {"mode", mode}}), "done");
    EXPECT_EQ(w.program.last_event("call.ownership_changed").at("data").at("mode"), json::value(mode));
    EXPECT_EQ(boss.run("call.hold", {{"call_id", id}}), "not_owner");
    ASSERT_EQ(w.run("call.hold", {{"call_id", "a"}}), "done");
    EXPECT_EQ(boss.count("media.hold.started", id), 1);
    EXPECT_EQ(w.program.count("media.hold.started", "a"), 1);
    EXPECT_EQ(boss.run("session.attach_call", {{"call_id", id}, {"mode", mode}}), "done");  // once is enough
    ASSERT_EQ(w.run("call.unhold", {{"call_id", "a"}}), "done");
    EXPECT_EQ(boss.count("media.hold.stopped", id), 1) << "told twice";
    EXPECT_EQ(boss.run("session.detach_call", {{"call_id", id}}), "done");
    w.alice.hang_up();
    w.sim.run_for(200ms);
    EXPECT_EQ(boss.count("call.hangup", id), 0);
    EXPECT_EQ(w.program.count("call.hangup", "a"), 1);
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST(ProgramOrder, AThousandRacesHaveOneWinnerEach) {
  World w{865};
  ProgramClient other(w.sim, {.token = "boss-secret", .prefix = "o"});
  for (ProgramClient* const each : {&w.program, &other})
    ASSERT_EQ(each->run("session.subscribe", {{"contexts", {"line"}}}), "done");
  SeededRandom random{Seed{865}};
  int wins = 0;
  constexpr int races = 1000;
  std::size_t first = w.program.heard().size();
  for (int i = 0; i < races; ++i) {
    w.alice.dial("70");
    const json::value incoming = w.program.wait(
        [](const json::object& each) { return each.contains("event") && each.at("event") == "call.incoming"; }, first);
    ASSERT_FALSE(incoming.is_null());
    const json::value call = incoming.at("call_id");
    const bool ours_first = random.next() % 2 == 0;
    ProgramClient& a = ours_first ? w.program : other;
    ProgramClient& b = ours_first ? other : w.program;
    const std::string one = a.start("call.answer", {{"call_id", call}});
    w.sim.run_for(std::chrono::microseconds(random.next() % 3000));
    const std::string two = b.start("call.answer", {{"call_id", call}});
    w.sim.run_for(8ms);
    const json::value results[] = {a.result(one), b.result(two)};
    ASSERT_TRUE(results[0].is_object() && results[1].is_object()) << i;
    const int won = (results[0].at("status") == "success" ? 1 : 0) + (results[1].at("status") == "success" ? 1 : 0);
    ASSERT_EQ(won, 1) << i;
    ASSERT_EQ(results[1].at("code"), "already_owned") << i;
    wins += won;
    first = w.program.heard().size();
    w.alice.hang_up();
    w.sim.run_for(5ms);
    if (i % 50 == 0) w.alice.forget_ended_lines();
  }
  EXPECT_EQ(wins, races);
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

/// Brings a's call into a state, in which its program's connection is lost.
struct State {
  const char* name;
  std::function<void(World&)> reach;
  bool goes_on;  ///< people talk with each other, and are left alone
};

TEST(ProgramOrder, ConnectionsLostInEveryState) {
  const auto originate = [](World& w) {
    ASSERT_EQ(w.run("call.originate", {{"call_id", "a"}, {"destination", "1001"}}), "done");
  };
  const auto up = [](World& w) { ASSERT_TRUE(w.program.call(w.alice, "a")); };
  const auto both = [](World& w) { ASSERT_TRUE(w.program.call(w.alice, "a") && w.program.call(w.bob, "b")); };
  const auto bridged = [both](World& w) {
    both(w);
    ASSERT_TRUE(w.program.bridge("a", "b"));
  };
  const auto after = [](const auto& before, const char* action, json::object params) {
    return [before, action, params](World& w) {
      before(w);
      params.contains("nowait") ? void(w.program.start(action, params)) : void(w.run(action, params));
    };
  };
  const std::vector<State> states{
      {"calling",
       [](World& w) {
         w.alice.habits().rings = false;
         w.program.start("call.originate", {{"call_id", "a"}, {"destination", "1001"}});
         w.sim.run_for(5ms);
       },
       false},
      {"ringing", originate, false},
      {"alone", up, false},
      {"playing", after(up, "media.play", {{"call_id", "a"}, {"source", {{"type", "ringback"}}}}), false},
      {"collecting", after(up, "dtmf.collect", {{"call_id", "a"}}), false},
      {"recording", after(up, "record.start", {{"call_id", "a"}}), false},
      {"streaming", after(up, "media.stream_start", {{"call_id", "a"}}), false},
      {"held", after(up, "call.hold", {{"call_id", "a"}}), false},
      {"being held", after(up, "call.hold", {{"call_id", "a"}, {"nowait", true}}), false},
      {"transferring",
       [up](World& w) {
         w.alice.habits().tells_of_refer = {100};
         up(w);
         w.program.start("call.transfer", {{"call_id", "a"}, {"target", "1003"}});
         w.sim.run_for(5ms);
       },
       false},
      {"consulting", after(up, "call.transfer.attended", {{"call_id", "a"}, {"target", "1003"}}), false},
      {"bridging", after(both, "call.bridge", {{"leg_a", "a"}, {"leg_b", "b"}, {"nowait", true}}), true},
      {"bridged", bridged, true},
      {"in a room",
       [both](World& w) {
         both(w);
         w.run("conference.create", {{"conf_id", "room"}});
         w.run("conference.add", {{"conf_id", "room"}, {"call_id", "a"}});
         w.run("conference.add", {{"conf_id", "room"}, {"call_id", "b"}});
       },
       true},
      {"supervised",
       [bridged](World& w) {
         bridged(w);
         EXPECT_TRUE(w.program.call(w.carol, "c"));
         w.run("supervisor.listen", {{"supervisor_call_id", "c"}, {"target_call_id", "a"}});
       },
       true},
      {"asking the far end",
       [up](World& w) {
         w.alice.habits().answers_message_after = 3s;
         up(w);
         w.program.start("sip.info", {{"call_id", "a"}, {"body", "x"}});
       },
       false},
      {"offered",
       [](World& w) {
         w.run("session.subscribe", {{"contexts", {"line"}}});
         w.alice.dial("70");
         w.sim.run_for(100ms);
       },
       false},
  };
  for (const State& state : states) {
    SCOPED_TRACE(state.name);
    World w{866};
    state.reach(w);
    w.sim.hub().web().hang_up(w.program.socket());
    w.sim.run_for(20s);
    if (state.goes_on) {
      EXPECT_TRUE(talk(w.sim, w.alice, w.bob));
    } else {
      EXPECT_TRUE(w.alice.idle());
    }
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST(ProgramOrder, TenThousandCallsLeaveNothingBehind) {
  World w{867};
  Phone& dave = w.sim.phone("1004");
  w.alice.habits().rejects_with = 486;
  w.bob.habits().answers_after = 1ms;
  dave.habits().rejects_with = 404;
  int begun = 0, ended = 0, done = 0;
  constexpr int calls = 10'000;
  std::size_t read = w.program.heard().size();
  while (ended < calls) {
    for (int i = 0; i < 100 && begun < calls; ++i, ++begun) {
      const char* const whom[] = {"1001", "1004", "1001", "1004", "1001", "1004", "1001", "1002"};
      w.program.start("call.originate", {{"call_id", "c" + std::to_string(begun)}, {"destination", whom[begun % 8]}});
    }
    w.sim.run_for(20ms);
    for (; read < w.program.heard().size(); ++read) {
      const json::object& each = w.program.heard()[read];
      if (each.contains("action_id")) {
        done += each.at("status") == "success" ? 1 : 0;
        continue;
      }
      const std::string_view event = each.at("event").as_string();
      if (event == "call.answered") w.program.start("call.hangup", {{"call_id", each.at("call_id")}});
      if (event == "call.busy" || event == "call.hangup" || event == "call.no_answer") ++ended;
    }
    for (const auto& phone : w.sim.phones()) phone->forget_ended_lines();
  }
  EXPECT_EQ(done, calls + calls / 8);
  EXPECT_EQ(ended, calls);
  w.sim.run_for(100s);  // what is kept of ended calls is forgotten by then
  const hub::Ledger ledger = w.sim.hub().core().ledger();
  EXPECT_EQ(ledger.calls + ledger.legs + ledger.ports + ledger.dialogs + ledger.programs + ledger.transactions, 0u);
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
