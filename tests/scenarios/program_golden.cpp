// Every example of the protocol's document (seed_blocks.hpp): each command is given as it stands there, in a world in
// which what it names exists, and its result and the events that it causes are what the document says; and what older
// clients read (`flat`), message by message.
#include <set>

#include "apps/program/events.hpp"
#include "audio/tone.hpp"
#include "audio/wav.hpp"
#include "control/all_commands.hpp"
#include "program_client.hpp"
#include "seed_blocks.hpp"

namespace junctor::sim {
namespace {

namespace events = apps::program::events;

constexpr const char* office = R"(
[rwi]
originate_rate_limit = 100
[rwi.sip_header_passthrough]
inbound = ["X-Tenant-ID", "P-Asserted-Identity"]
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "record.control", "supervisor.control", "media.stream", "queue.control"]
[[rwi.contexts]]
name = "default"
[[rwi.contexts]]
name = "ivr_bot"
[[trunks]]
name = "trunk_main"
host = "10.3.0.7:5060"
[[routes]]
name = "2000"
priority = 50
match = { to = "^2000$" }
action = "rwi"
target = "default"
[[users]]
username = "bob"
password = "secret-bob"
[[users]]
username = "alice"
password = "secret-alice"
)";

json::object block(std::string_view name) {
  const auto at = std::ranges::find(seed_blocks, name, &SeedBlock::name);
  EXPECT_NE(at, std::end(seed_blocks)) << name;
  return json::parse(at->text).as_object();
}

/// What must be as it is, and "<string>", "<number>", "<bool>", "<null>" for what must be of that kind; objects have
/// these members and no others. Empty: it fits.
std::string misfit(const json::value& got, const json::value& wanted, const std::string& where = "") {
  const auto wrong = [&] { return where + ": " + json::serialize(got) + " is not " + json::serialize(wanted) + "\n"; };
  if (const json::string* const kind = wanted.if_string(); kind != nullptr && kind->starts_with('<')) {
    const bool fits = *kind == "<string>" ? got.is_string() && !got.get_string().empty()
                      : *kind == "<bool>" ? got.is_bool()
                                          : got.is_number();
    return fits ? "" : wrong();
  }
  if (!wanted.is_object() || !got.is_object()) return got == wanted ? "" : wrong();
  std::string out;
  for (const auto& member : wanted.get_object()) {
    const std::string path = where + '.' + std::string(member.key());
    const json::value* const value = got.get_object().if_contains(member.key());
    out += value == nullptr ? path + " is missing\n" : misfit(*value, member.value(), path);
  }
  for (const auto& member : got.get_object())
    if (!wanted.get_object().contains(member.key()))
      out += where + '.' + std::string(member.key()) + " = " + json::serialize(member.value()) + " is too much\n";
  return out;
}

struct World {
  explicit World(std::uint64_t seed, const std::string& query = {})
      : sim{Seed{seed}, {.config = office}}, program(sim, {.query = query, .prefix = "c"}) {
    skip();
  }

  void put_sound(const std::string& name) {
    std::vector<std::int16_t> samples(8000);
    audio::ToneGenerator(1000, -12, 8000).generate(samples);
    const auto file =
        sim.files().open(sim.hub().core().config().hub.data_dir + "/sounds/" + name, audio::OpenMode::create).value();
    auto wav = audio::WavWriter::create(*file, 8000, 1).value();
    EXPECT_TRUE(wav.write(samples) && wav.checkpoint());
  }
  /// Calls `user` under that name, who picks up.
  Phone& call(std::string_view name, std::string_view user) {
    Phone& phone = sim.phone(user);
    EXPECT_TRUE(program.call(phone, name)) << name;
    return phone;
  }
  Phone& carrier_calls() {
    if (carrier == nullptr) carrier = &sim.carrier(7);
    carrier->dial("2000", {.headers = {{"X-Tenant-ID", "corp_a"},
                                       {"P-Asserted-Identity", "sip:1001@pbx.local"},
                                       {"X-Other", "not for programs"}}});
    return *carrier;
  }
  /// Forgets what came so far.
  void skip() {
    sim.run_for(20ms);
    seen = program.heard().size();
  }
  json::value next() {
    const json::value got = program.wait([](const json::object&) { return true; }, seen);
    if (!got.is_null()) ++seen;
    return got;
  }
  /// The next message is an event of these: its data (besides what every event of a call has) fits.
  void expect_event(std::string_view name, std::string_view call, const json::value& data) {
    json::value got = next();
    ASSERT_TRUE(got.is_object()) << name << " did not come";
    json::object wanted{{"event", name}, {"seq", "<number>"}, {"ts", "<string>"}, {"data", data}};
    if (!call.empty()) wanted["call_id"] = call;
    EXPECT_EQ(misfit(got, wanted), "") << got;
    const json::value* const ts = got.as_object().if_contains("ts");
    ASSERT_TRUE(ts != nullptr && ts->is_string());
    EXPECT_EQ(ts->get_string().size(), 24u) << *ts;  // RFC 3339, UTC, milliseconds
  }
  void expect(const json::value& wanted) {
    const json::value got = next();
    EXPECT_EQ(misfit(got, wanted), "") << got;
  }
  /// What every event of an originated call has.
  static json::object of_call(json::object own, std::string_view callee, std::string_view caller = "rwi") {
    own["id"] = "<string>";
    own["context"] = "default";
    if (!own.contains("direction")) own["direction"] = "outbound";
    own["callee"] = callee;
    own["caller"] = caller;
    return own;
  }
  static json::object done(const json::object& command, std::string_view call_id, json::value data = nullptr) {
    json::object out{{"type", "command_completed"},
                     {"action_id", command.at("action_id")},
                     {"action", command.at("action")},
                     {"status", "success"}};
    if (!call_id.empty()) out["call_id"] = call_id;
    if (!data.is_null()) out["data"] = std::move(data);
    return out;
  }
  void say(const json::object& command) { program.say(json::serialize(command)); }
  /// In the flat form, whose failures have no code: what must succeed, and what it causes, is done and skipped.
  void must(std::string_view action, json::object params) {
    const json::value got = [&] {
      const std::string id = program.start(action, std::move(params));
      return program.wait(
          [&](const json::object& each) {
            return each.contains("action_id") && each.at("action_id") == json::value(id);
          },
          seen);
    }();
    ASSERT_TRUE(got.is_object()) << action;
    EXPECT_EQ(got.at("status"), "success") << got;
    skip();
  }

  Sim sim;
  ProgramClient program;
  Phone* carrier = nullptr;
  std::size_t seen = 0;
};

/// The document's failures, with what is always sent besides (decision 1).
json::object as_sent(json::object failure, std::string_view code) {
  failure["status"] = "error";
  failure["code"] = code;
  return failure;
}

TEST(ProgramGolden, TheTableHasAllThatTheDocumentHas) {
  std::set<int> blocks;
  for (const SeedBlock& each : seed_blocks) blocks.insert(each.block);
  EXPECT_EQ(blocks.size(), 23u);
  EXPECT_EQ(std::size(seed_blocks), 25u);
  EXPECT_EQ(std::size(seed_commands), 52u);
  EXPECT_EQ(std::size(seed_events), 51u);
  std::set<std::string_view> commands, told;
  control::for_each_command([&]<class Command>() { commands.insert(Command::info.name); });
  for (const std::string_view name : seed_commands) EXPECT_TRUE(commands.contains(name)) << name;
  [&]<class... Body>(std::type_identity<std::variant<Body...>>) {
    (told.insert(Body::info.name), ...);
  }(std::type_identity<apps::program::EventBody>{});
  for (const std::string_view name : seed_events) {
    if (name.starts_with("queue.")) continue;  // not_implemented
    EXPECT_TRUE(told.contains(name)) << name;
  }
}

TEST(ProgramGolden, AnnouncedAnsweredAndUnknown) {
  World w{820};
  // 4.2 and 7: nobody of that name.
  w.say(block("4.2 answer"));
  w.expect(as_sent(block("4.2 answer failed"), "not_found"));
  json::object again = block("4.2 answer");
  again["action_id"] = block("7 answer failed").at("action_id");
  w.say(again);
  w.expect(as_sent(block("7 answer failed"), "not_found"));

  ASSERT_EQ(w.program.run("session.subscribe", {{"contexts", {"default"}}}), "done");
  w.skip();
  Phone& carrier = w.carrier_calls();
  json::object incoming = block("4.2 incoming");
  json::object data = incoming.at("data").as_object();
  data["id"] = "<string>";          // the hub's own id (decision 12)
  data["claim_timeout_secs"] = 30;  // how long it waits
  data["caller_name"] = nullptr;
  data["caller"] = "carrier";  // so the far end of the trunk calls itself here
  w.expect_event("call.incoming", "<string>", data);
  const std::string call(w.program.heard().at(w.seen - 1).at("call_id").as_string());

  // An inbound call has the hub's name; the block's stands for it.
  json::object answer = block("4.2 answer");
  answer["action_id"] = "b0e31d3a";  // its own was given before, for another call
  answer["params"] = {{"call_id", call}};
  w.say(answer);
  json::object answered = block("4.2 answer done");
  answered["action_id"] = "b0e31d3a";
  answered["call_id"] = call;
  w.expect(answered);
  w.expect_event("call.answered", call,
                 {{"id", "<string>"},
                  {"answered_by", "<string>"},
                  {"caller", "carrier"},
                  {"callee", "2000"},
                  {"direction", "inbound"},
                  {"trunk", "trunk_main"},
                  {"context", "default"}});
  EXPECT_TRUE(w.sim.until(1s, [&] { return carrier.up(); }));
  carrier.hang_up();
  ASSERT_FALSE(
      w.program
          .wait([](const json::object& each) { return each.contains("event") && each.at("event") == "call.hangup"; })
          .is_null());
  w.skip();

  // 5.2: busy.
  Line& refused = w.carrier_calls().line();
  (void)w.next();
  const std::string second(w.program.heard().at(w.seen - 1).at("call_id").as_string());
  json::object reject = block("5.2 reject");
  reject["params"].as_object()["call_id"] = second;
  w.say(reject);
  w.expect(World::done(reject, second));
  w.expect_event("call.hangup", second,
                 {{"id", "<string>"},
                  {"reason", "rejected"},
                  {"sip_status", 486},
                  {"hangup_by", "<string>"},
                  {"q850", 17},
                  {"answered_at", nullptr},
                  {"caller", "carrier"},
                  {"callee", "2000"},
                  {"direction", "inbound"},
                  {"trunk", "trunk_main"},
                  {"context", "default"}});
  EXPECT_TRUE(w.sim.until(1s, [&] { return refused.ended(); }));
  EXPECT_EQ(refused.status(), 486);
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGolden, Originated) {
  for (const std::string_view name : {"4.3 originate", "5.2 originate"}) {
    World w{821};
    Phone& bob = w.sim.phone("bob");
    w.say(block(name));
    for (const std::string_view shown : {"4.2 originate done", "6.1 originate done"}) {
      json::object wanted = block(shown);
      wanted["call_id"] = "leg_a";  // always sent; 4.2 leaves it out
      wanted["data"].as_object()["call_id"] = "leg_a";
      if (shown == "6.1 originate done") w.expect(wanted);
    }
    w.expect_event("call.ringing", "leg_a", World::of_call({}, "sip:bob@local", "4000"));
    const sip::Message& invite = bob.line().invite();
    EXPECT_EQ(invite.header("X-Campaign-ID").value_or(""), name == "5.2 originate" ? "camp_001" : "");
    EXPECT_THAT(std::string(*invite.header(HeaderId::from)), HasSubstr("<sip:4000@"));
    w.sim.run_for(32s);  // timeout_secs is 30
    w.expect_event("call.no_answer", "leg_a",
                   World::of_call({{"sip_status", "<number>"}, {"q850", "<number>"}}, "sip:bob@local", "4000"));
    EXPECT_TRUE(bob.idle());
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST(ProgramGolden, OriginatedWithMusicAndBridged) {
  World w{822};
  w.put_sound("hold.wav");
  Phone& bob = w.call("leg_a", "bob");
  Phone& alice = w.sim.phone("alice");
  w.skip();
  w.say(block("5.2 originate with music"));
  w.expect(World::done(block("5.2 originate with music"), "leg_b", json::object{{"call_id", "leg_b"}}));
  std::set<std::string> told;
  for (int i = 0; i < 2; ++i) {  // of two calls: in either order
    const json::value got = w.next();
    ASSERT_TRUE(got.is_object());
    told.insert(std::string(got.at("event").as_string()) + ' ' + std::string(got.at("call_id").as_string()));
  }
  EXPECT_THAT(told, ::testing::ElementsAre("call.ringing leg_b", "media.hold.started leg_a"));
  EXPECT_TRUE(w.sim.until(2s, [&] { return bob.hears(1000); }));
  w.sim.run_for(3s);
  EXPECT_TRUE(bob.hears(1000)) << "looped: true";
  alice.answer();
  ASSERT_FALSE(w.program
                   .wait([](const json::object& each) {
                     return each.contains("event") && each.at("event") == "media.hold.stopped";
                   })
                   .is_null());
  w.skip();
  EXPECT_EQ(w.program.count("call.answered", "leg_b"), 1);
  w.say(block("5.2 bridge"));
  w.expect(World::done(block("5.2 bridge"), "leg_a"));
  w.expect_event("call.bridged", "", {{"leg_a", "leg_a"}, {"leg_b", "leg_b"}});
  EXPECT_TRUE(talk(w.sim, bob, alice));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGolden, Media) {
  World w{823};
  w.put_sound("welcome.wav");
  w.put_sound("hold.wav");
  Phone& bob = w.call("c_92f4", "bob");
  w.skip();
  const json::object of_bob = World::of_call({}, "bob");
  const auto of_track = [&](json::object more) {
    more["leg_id"] = nullptr;
    more["track_id"] = "<string>";
    return World::of_call(std::move(more), "bob");
  };
  w.say(block("5.3 play"));
  w.expect(World::done(block("5.3 play"), "c_92f4", json::object{{"track_id", "<string>"}}));
  w.expect_event("media.play.started", "c_92f4", of_track({}));
  EXPECT_TRUE(w.sim.until(1s, [&] { return bob.hears(1000); }));
  w.expect_event("media.play.finished", "c_92f4", of_track({{"interrupted", false}}));

  for (const std::string_view name : {"5.3 source file", "5.3 source silence", "5.3 source ringback"}) {
    const std::string id = "play " + std::string(name);
    w.say({{"action_id", id}, {"action", "media.play"}, {"params", {{"call_id", "c_92f4"}, {"source", block(name)}}}});
    w.expect({{"type", "command_completed"},
              {"action_id", id},
              {"action", "media.play"},
              {"status", "success"},
              {"call_id", "c_92f4"},
              {"data", {{"track_id", "<string>"}}}});
    if (name != "5.3 source file") w.expect_event("media.play.finished", "c_92f4", of_track({{"interrupted", true}}));
    w.expect_event("media.play.started", "c_92f4", of_track({}));
    w.sim.run_for(name == "5.3 source ringback" ? 1s : 2500ms);  // which has pauses
    EXPECT_EQ(bob.hears(1000), name == "5.3 source file");
    EXPECT_EQ(is_silent(bob), name == "5.3 source silence");
  }
  ASSERT_EQ(w.program.run("media.stop", {{"call_id", "c_92f4"}}), "done");
  w.skip();

  w.say(block("5.3 stream"));
  w.expect(World::done(block("5.3 stream"), "c_92f4",
                       json::object{{"stream_id", "<string>"}, {"media_url", "<string>"}, {"frame_bytes", 160}}));
  w.expect_event("media.stream.started", "c_92f4",
                 World::of_call({{"stream_id", "<string>"}, {"direction", "recv"}}, "bob"));
  ASSERT_EQ(w.program.run("media.stream_stop", {{"call_id", "c_92f4"}}), "done");
  w.skip();

  w.say(block("5.4 record"));
  constexpr std::string_view path = "records/2026/03/13/c_92f4.wav";
  w.expect(World::done(block("5.4 record"), "c_92f4", json::object{{"recording_id", "<string>"}, {"path", path}}));
  w.expect_event("record.started", "c_92f4", World::of_call({{"recording_id", "<string>"}, {"path", path}}, "bob"));
  ASSERT_EQ(w.program.run("record.stop", {{"call_id", "c_92f4"}}), "done");
  EXPECT_TRUE(w.sim.files().files.contains("/simulated/recordings/" + std::string(path)));
  w.skip();

  w.say(block("5.7 message"));
  w.expect(World::done(block("5.7 message"), "c_92f4", json::object{{"sip_status", 200}, {"body", "<string>"}}));
  ASSERT_NE(bob.line().last_got(Method::message), nullptr);
  EXPECT_EQ(bob.line().last_got(Method::message)->body, "Your ticket number is 12345");

  w.say(block("5.5 enqueue"));
  json::value refused = w.next();
  EXPECT_EQ(misfit(refused, {{"type", "command_failed"},
                             {"action_id", "req-030"},
                             {"action", "queue.enqueue"},
                             {"call_id", "c_92f4"},
                             {"status", "error"},
                             {"error", "<string>"},
                             {"code", "not_implemented"}}),
            "");
  EXPECT_THAT(std::string(refused.at("error").as_string()), HasSubstr("Not implemented: "));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGolden, SupervisedAndInARoom) {
  World w{824};
  w.call("c_92f4", "1001");
  w.call("a_leg", "1002");
  w.call("sup_001", "1003");
  ASSERT_TRUE(w.program.bridge("c_92f4", "a_leg"));
  w.skip();
  w.say(block("5.6 whisper"));
  w.expect(World::done(block("5.6 whisper"), "c_92f4"));
  w.expect_event("supervisor.whisper.started", "", {{"supervisor_call_id", "sup_001"}, {"target_call_id", "c_92f4"}});

  w.say(block("5.8 create"));
  w.expect(World::done(block("5.8 create"), "", json::object{{"conf_id", "room_42"}}));
  w.expect_event("conference.created", "", {{"conf_id", "room_42"}});
  w.call("call_a", "1004");
  w.call("call_a1", "1005");
  ASSERT_EQ(w.program.run("conference.add", {{"conf_id", "room_42"}, {"call_id", "call_a"}}), "done");
  w.skip();
  w.say(block("5.8 seat_replace"));
  w.expect(World::done(block("5.8 seat_replace"), "call_a"));
  const json::object seat{{"conf_id", "room_42"}, {"old_call_id", "call_a"}, {"new_call_id", "call_a1"}};
  const auto of_member = [](const char* name, const char* callee) {
    return World::of_call({{"conf_id", "room_42"}, {"call_id", name}}, callee);
  };
  w.expect_event("conference.seat_replace.started", "", seat);
  w.expect_event("conference.member.left", "call_a", of_member("call_a", "1004"));
  w.expect_event("conference.member.joined", "call_a1", of_member("call_a1", "1005"));
  w.expect_event("conference.seat_replace.succeeded", "", seat);
  EXPECT_EQ(w.next().at("event"), "call.hangup");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGolden, Subscribed) {
  World w{825};
  const auto data = [](json::array contexts, std::string_view level) {
    return json::object{{"contexts", std::move(contexts)}, {"level", level},
                        {"events", json::array()},         {"dialect", "seed"},
                        {"session_id", "<string>"},        {"resume_secret", "<string>"}};
  };
  w.say(block("5.1 subscribe"));
  w.expect(World::done(block("5.1 subscribe"), "", data({"ivr_bot", "queue_overflow"}, "control")));
  w.say(block("12.6 subscribe"));  // the document's slip: without an action_id nothing can be answered to
  w.expect({{"type", "command_failed"},
            {"action_id", ""},
            {"action", "session.subscribe"},
            {"status", "error"},
            {"error", "missing_action_id"},
            {"code", "missing_action_id"}});
  json::object meant = block("12.6 subscribe");
  meant["action_id"] = "s2";
  w.say(meant);
  w.expect(World::done(meant, "", data({"ivr_bot", "queue_overflow", "support_queue"}, "full_control")));
  // 4.3: the aliases.
  for (const std::string_view alias : {"Subscribe", "Originate", "Answer", "MediaPlay"}) {
    w.say({{"action_id", alias}, {"action", alias}});
    const json::value got = w.next();
    EXPECT_EQ(got.at("action"), json::value(alias));
    const json::value* const code = got.as_object().if_contains("code");
    EXPECT_TRUE(code == nullptr || *code != "unknown_action") << alias;
  }
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

// ------------------------------------------------------------------------------------ what clients of RustPBX 0.4.7
// read

json::value flat(std::string_view text) {
  return json::parse(text);
}

TEST(ProgramGoldenFlat, OriginatedPlayedAndEnded) {
  World w{826, "?dialect=flat"};
  w.put_sound("welcome.wav");
  Phone& bob = w.sim.phone("bob");
  bob.habits().rings = false;
  bob.on_incoming([](Line& line) {
    line.ring();
    line.ring({.status = 183, .with_sdp = true});
  });
  w.program.say(R"({"action_id":"s1","action":"session.subscribe","params":{"contexts":["ivr_bot"],)"
                R"("events":["call_ringing","call_early_media","call_answered","call_hangup","dtmf",)"
                R"("media_play_started","media_play_finished"]}})");
  json::value subscribed = w.next();
  subscribed.as_object().erase("data");  // has the secret, for want of a greeting (decision 14)
  EXPECT_EQ(subscribed, flat(R"({"action":"session.subscribe","action_id":"s1","status":"success",)"
                             R"("type":"command_completed"})"));
  w.program.say(R"({"action_id":"o1","action":"call.originate","params":{"call_id":"leg_a",)"
                R"("destination":"sip:bob@local","caller_id":"4000","timeout_secs":30}})");
  w.expect(flat(R"({"type":"command_completed","action_id":"o1","action":"call.originate","call_id":"leg_a",)"
                R"("status":"success","data":{"call_id":"leg_a"}})"));
  w.expect(flat(R"({"event_type":"call_ringing","call_id":"leg_a"})"));
  w.expect(flat(R"({"event_type":"call_early_media","call_id":"leg_a"})"));
  bob.answer();
  w.expect(flat(R"({"event_type":"call_answered","call_id":"leg_a"})"));
  w.program.say(R"({"action_id":"p1","action":"media.play","params":{"call_id":"leg_a",)"
                R"("source":{"source_type":"file","uri":"welcome.wav"}}})");
  const json::value played = w.next();
  const std::string track(played.at("data").at("track_id").as_string());
  EXPECT_EQ(played, flat(R"({"type":"command_completed","action_id":"p1","action":"media.play","call_id":"leg_a",)"
                         R"("status":"success","data":{"track_id":")" +
                         track + R"("}})"));
  w.expect(flat(R"({"event_type":"media_play_started","call_id":"leg_a","leg_id":null,"track_id":")" + track + "\"}"));
  w.expect(flat(R"({"event_type":"media_play_finished","call_id":"leg_a","leg_id":null,"track_id":")" + track +
                R"(","interrupted":false})"));
  bob.line().audio().press('5');
  w.expect(flat(R"({"event_type":"dtmf","call_id":"leg_a","digit":"5","leg_id":null})"));  // null: its own far end
  w.program.say(R"({"action_id":"v1","action":"call.get_var","params":{"call_id":"leg_a","key":"k"}})");
  w.expect(flat(R"({"type":"command_completed","action_id":"v1","action":"call.get_var","call_id":"leg_a",)"
                R"("status":"success","data":{"key":"k","value":null}})"));
  w.program.say(R"({"action_id":"l1","action":"session.list_calls"})");
  const json::value list = w.next();
  EXPECT_EQ(misfit(list.at("data").at(0), flat(R"({"session_id":"leg_a","caller":"4000","callee":"sip:bob@local",)"
                                               R"("direction":"outbound","status":"talking",)"
                                               R"("started_at":"<string>","answered_at":"<string>"})")),
            "");
  EXPECT_EQ(list.at("data").as_array().size(), 1u);
  w.program.say(R"({"action_id":"r1","action":"session.resume","params":{"last_sequence":0}})");
  const json::value resumed = w.next();
  EXPECT_EQ(misfit(resumed.at("data"), {{"replayed_count", "<number>"},
                                        {"current_sequence", "<number>"},
                                        {"events", resumed.at("data").at("events")}}),
            "");
  EXPECT_EQ(misfit(resumed.at("data").at("events").at(2),
                   flat(R"({"sequence":3,"timestamp":"<string>","call_id":"leg_a","event":{"event_type":)"
                        R"("call_answered","call_id":"leg_a","payload":{"event_type":"call_answered",)"
                        R"("call_id":"leg_a"}}})")),
            "");
  bob.hang_up();
  w.expect(flat(R"({"event_type":"call_hangup","call_id":"leg_a","reason":"callee","sip_status":null})"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGoldenFlat, WithTheNamesOf05) {
  World w{827, "?dialect=flat&names=0.5"};
  Phone& bob = w.sim.phone("bob");
  ASSERT_EQ(w.program.run("session.subscribe", {{"contexts", {"default"}}}), "done");
  w.skip();
  w.program.say(R"({"action_id":"o1","action":"call.originate","params":{"call_id":"leg_a",)"
                R"("destination":"sip:bob@local","caller_id":"4000"}})");
  EXPECT_EQ(w.next().at("action_id"), "o1");
  w.expect(flat(R"({"event_type":"call_created","call_id":"leg_a","context":"default","caller":"4000",)"
                R"("callee":"sip:bob@local","trunk":null,"sip_headers":{},"caller_name":null,"callee_name":null,)"
                R"("called_phone":null,"app_id":null,"routing_target":null,"uuid":null,"routing_path":null,)"
                R"("session_id":"leg_a","direction":"outbound"})"));
  EXPECT_EQ(w.next().at("event_type"), "call_ringing");
  bob.answer();
  w.expect(flat(R"({"event_type":"call_answered","call_id":"leg_a","session_id":"leg_a","caller":"4000",)"
                R"("callee":"sip:bob@local","direction":"outbound"})"));
  bob.hang_up();
  w.expect(flat(R"({"event_type":"call_hangup","call_id":"leg_a","reason":"callee","hangup_by":"callee",)"
                R"("sip_status":null,"session_id":"leg_a","caller":"4000","callee":"sip:bob@local",)"
                R"("direction":"outbound"})"));
  w.carrier_calls();
  json::object inbound = w.next().as_object();
  EXPECT_EQ(inbound.at("session_id"), inbound.at("call_id"));
  inbound.erase("call_id");
  inbound.erase("session_id");
  EXPECT_EQ(json::value(inbound),
            flat(R"({"event_type":"call_created","context":"default","caller":"carrier","callee":"2000",)"
                 R"("trunk":"trunk_main","sip_headers":{"X-Tenant-ID":"corp_a",)"
                 R"("P-Asserted-Identity":"sip:1001@pbx.local"},"caller_name":null,"callee_name":null,)"
                 R"("called_phone":null,"app_id":null,"routing_target":null,"uuid":null,"routing_path":null,)"
                 R"("direction":"inbound"})"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramGoldenFlat, TogetherAndRefused) {
  World w{828, "?dialect=flat"};
  Phone& alice = w.sim.phone("1001");
  const auto up = [&](Phone& phone, const char* name) {
    w.must("call.originate", {{"call_id", name}, {"destination", phone.user()}});
    EXPECT_TRUE(w.sim.until(2s, [&] { return phone.ringing(); }));
    phone.answer();
    EXPECT_TRUE(w.sim.until(2s, [&] { return phone.up(); }));
    w.skip();
  };
  up(alice, "leg_a");
  up(w.sim.phone("1002"), "leg_b");
  up(w.sim.phone("1003"), "sup_001");
  const auto say = [&](std::string_view id, std::string_view action, const json::value& params) {
    w.say({{"action_id", id}, {"action", action}, {"params", params}});
  };
  say("b1", "call.bridge", {{"leg_a", "leg_a"}, {"leg_b", "leg_b"}});
  w.expect(flat(R"({"type":"command_completed","action_id":"b1","action":"call.bridge","call_id":"leg_a",)"
                R"("status":"success"})"));
  w.expect(flat(R"({"event_type":"call_bridged","leg_a":"leg_a","leg_b":"leg_b"})"));
  say("u1", "supervisor.listen", {{"supervisor_call_id", "sup_001"}, {"target_call_id", "leg_a"}});
  w.expect(flat(R"({"type":"command_completed","action_id":"u1","action":"supervisor.listen","call_id":"leg_a",)"
                R"("status":"success"})"));
  w.expect(flat(R"({"event_type":"supervisor_listen_started","supervisor_call_id":"sup_001",)"
                R"("target_call_id":"leg_a"})"));
  w.must("session.subscribe", {{"level", "full_control"}});
  alice.line().send(Method::notify, "application/json", "{}",
                    {{"Event", "check-sync"}, {"Subscription-State", "active"}});
  w.expect(flat(R"({"event_type":"sip_notify_received","call_id":"leg_a","event":"check-sync",)"
                R"("content_type":"application/json","body":"{}"})"));
  w.must("supervisor.stop", {{"supervisor_call_id", "sup_001"}, {"target_call_id", "leg_a"}});
  w.must("call.unbridge", {{"call_id", "leg_a"}});
  w.must("conference.create", {{"conf_id", "room_42"}});
  say("x3", "conference.create", {{"conf_id", "room_42"}});
  w.expect({{"event_type", "conference_error"}, {"conf_id", "room_42"}, {"error", "<string>"}});
  w.expect(flat(R"({"type":"command_failed","status":"error","action_id":"x3","action":"conference.create",)"
                R"("call_id":"room_42","error":"Command failed: Conference room_42 already exists"})"));
  for (const std::string_view name : {"leg_a", "leg_b"}) {
    say(name, "conference.add", {{"conf_id", "room_42"}, {"call_id", name}});
    w.expect({{"type", "command_completed"},
              {"action_id", name},
              {"action", "conference.add"},
              {"call_id", "room_42"},
              {"status", "success"},
              {"data", {{"conf_id", "room_42"}, {"call_id", name}}}});
    w.expect({{"event_type", "conference_member_joined"}, {"conf_id", "room_42"}, {"call_id", name}});
  }
  say("q1", "conference.seat_replace",
      {{"conference_id", "room_42"}, {"old_call_id", "leg_b"}, {"new_call_id", "sup_001"}});
  w.expect(flat(R"({"type":"command_completed","action_id":"q1","action":"conference.seat_replace",)"
                R"("call_id":"room_42","status":"success"})"));
  w.expect(flat(R"({"event_type":"conference_seat_replace_started","conf_id":"room_42","old_call_id":"leg_b",)"
                R"("new_call_id":"sup_001"})"));
  w.sim.run_for(100ms);
  w.skip();
  say("x2", "call.transfer", {{"call_id", "leg_a"}, {"target", "1004"}});
  w.expect(flat(R"({"type":"command_failed","status":"error","action_id":"x2","action":"call.transfer",)"
                R"("call_id":"leg_a","error":"Command failed: Transfer failed: invalid_state"})"));
  w.must("conference.remove", {{"conf_id", "room_42"}, {"call_id", "leg_a"}});
  alice.habits().tells_of_refer = {100, 486};
  w.must("call.transfer", {{"call_id", "leg_a"}, {"target", "1004"}, {"method", "refer"}});
  const json::value failed = w.program.wait([](const json::object& each) {
    return each.contains("event_type") && each.at("event_type") == "call_transfer_failed";
  });
  EXPECT_EQ(failed, flat(R"({"event_type":"call_transfer_failed","call_id":"leg_a","sip_status":486,)"
                         R"("reason":"refer_rejected"})"));
  w.skip();
  say("a1", "call.transfer.attended", {{"call_id", "leg_a"}, {"target", "1002"}});
  w.expect(flat(R"({"type":"command_completed","action_id":"a1","action":"call.transfer.attended","call_id":"leg_a",)"
                R"("status":"success","data":{"original_call_id":"leg_a","consultation_call_id":"<string>"}})"));
  w.sim.run_for(100ms);
  w.skip();
  say("x1", "call.answer", {{"call_id", "nope"}});
  w.expect(flat(R"({"type":"command_failed","status":"error","action_id":"x1","action":"call.answer",)"
                R"("call_id":"nope","error":"Call not found: nope"})"));
  say("x4", "no.such", json::object());
  w.expect(flat(R"({"type":"command_failed","status":"error","action_id":"x4","action":"no.such",)"
                R"("error":"unknown_action: no.such"})"));
  w.program.say("{");
  json::value parse_error = w.next();
  EXPECT_TRUE(parse_error.at("error").as_string().starts_with("parse_error: "));
  parse_error.as_object().erase("error");
  EXPECT_EQ(parse_error, flat(R"({"type":"command_failed","status":"error","action_id":"","action":""})"));
  w.program.say(R"({"action_id":"x5"})");
  w.expect(flat(R"({"type":"command_failed","status":"error","action_id":"x5","action":"",)"
                R"("error":"missing_action"})"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
