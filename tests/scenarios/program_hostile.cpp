// Programs that mean no good, or have gone wrong: whatever they send, the hub answers each command once, keeps what it
// must keep within its bounds, puts nothing on the wire that they had no right to say, and other programs do not
// notice.
#include <set>

#include "control/all_commands.hpp"
#include "control/dispatcher.hpp"
#include "control/event_router.hpp"
#include "program_client.hpp"
#include "sim/border.hpp"

namespace junctor::sim {
namespace {

namespace program = apps::program;

constexpr const char* office = R"(
[rwi]
originate_rate_limit = 100000
max_calls_per_connection = 1000
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "record.control", "supervisor.control", "media.stream", "queue.control"]
[[rwi.tokens]]
name = "eyes"
token = "eyes-secret"
scopes = ["observe_all"]
)";

std::uint64_t counter(Sim& sim, std::string_view name) {
  return sim.hub().counters().get(name).value();
}

/// The code with which a whole frame is answered; "" when nothing came.
std::string answer_to(Sim& sim, ProgramClient& client, std::string frame) {
  const std::size_t before = client.heard().size();
  client.say(std::move(frame));
  sim.run_for(10ms);
  std::string out;
  for (std::size_t i = before; i < client.heard().size(); ++i) {
    const json::object& each = client.heard()[i];
    if (!each.contains("action_id")) continue;
    out += std::string(out.empty() ? "" : " ") +
           (each.contains("code") ? std::string(each.at("code").as_string()) : "done");
  }
  return out;
}

TEST(ProgramHostile, FramesThatAreNoCommands) {
  Sim sim{Seed{840}, {.config = office}};
  ProgramClient client(sim), other(sim, {.prefix = "o"});
  const std::string deep(100'000, '[');
  std::string nested = "1";
  for (int i = 0; i < 5000; ++i) nested = R"({"a":)" + nested + "}";
  EXPECT_EQ(answer_to(sim, client, ""), "parse_error");
  EXPECT_EQ(answer_to(sim, client, "GET / HTTP/1.1\r\n\r\n"), "parse_error");
  EXPECT_EQ(answer_to(sim, client, std::string("\0\0", 2)), "parse_error");
  EXPECT_EQ(answer_to(sim, client, "{\"action\":\"\xff\xfe\"}"), "parse_error");
  EXPECT_EQ(answer_to(sim, client, deep), "parse_error");
  EXPECT_EQ(answer_to(sim, client, nested), "parse_error");
  EXPECT_EQ(answer_to(sim, client, "null"), "missing_action");
  EXPECT_EQ(answer_to(sim, client, "[]"), "");
  EXPECT_EQ(answer_to(sim, client, "[[]]"), "missing_action");
  EXPECT_EQ(answer_to(sim, client, R"({"action_id":["x"],"action":{"a":1}})"), "missing_action");
  const std::string megabyte(1'000'000, 'x');
  EXPECT_EQ(answer_to(sim, client, R"({"action":"session.ping","action_id":")" + megabyte + "\"}"),
            "missing_action_id");
  EXPECT_EQ(answer_to(sim, client, R"({"action_id":"1","action":")" + megabyte + "\"}"), "unknown_action");
  EXPECT_EQ(
      answer_to(sim, client, R"({"action_id":"2","action":"call.hangup","params":{"call_id":")" + megabyte + "\"}}"),
      "invalid_params");
  for (const json::object& each : client.heard()) EXPECT_LT(json::serialize(each).size(), 4096u);
  // More commands than a frame may have: those are answered, and one for all others.
  std::string batch = "[";
  for (int i = 0; i < 150; ++i)
    batch += (i == 0 ? "" : ",") + (R"({"action":"session.ping","action_id":"b)" + std::to_string(i) + "\"}");
  const std::string answered = answer_to(sim, client, batch + "]");
  EXPECT_EQ(std::ranges::count(answered, ' '), 100);
  EXPECT_TRUE(answered.ends_with(" rate_limited"));
  // Ten megabytes end the connection, and that one alone.
  client.say(std::string(10'000'000, ' '));
  ASSERT_TRUE(sim.until(1s, [&] { return client.socket().closed; }));
  EXPECT_EQ(client.socket().close.code, close_code::too_big);
  EXPECT_EQ(other.run("session.ping", json::object()), "done");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHostile, ABinaryFrameOfNoStreamIsDroppedAndCounted) {
  Sim sim{Seed{841}, {.config = office}};
  Phone& alice = sim.phone("1001");
  ProgramClient client(sim), eyes(sim, {.token = "eyes-secret"});
  ASSERT_TRUE(client.call(alice, "a"));
  ASSERT_EQ(client.run("media.inject_start", {{"call_id", "a"}}), "done");
  std::string frame(client.data().at("stream_id").as_string());
  frame += std::string(8, '\0') + std::string(320, 'x');
  ASSERT_EQ(client.run("media.inject_stop", {{"call_id", "a"}}), "done");
  Web& web = sim.hub().web();
  for (const std::string& each :
       {frame, std::string(), std::string(15, 'x'), std::string(16, '\0'), std::string(500'000, 'y')})
    web.say_binary(client.socket(), each);
  web.say_binary(eyes.socket(), frame);  // has no right to streams at all
  sim.run_for(50ms);
  EXPECT_EQ(counter(sim, "rwi_binary_dropped"), 6u);
  EXPECT_EQ(client.run("session.ping", json::object()), "done");
  EXPECT_TRUE(is_silent(alice));
  // A stream's own socket leads nowhere once the stream has ended.
  const ProgramSocket& gone =
      web.connect("/rwi/v1/media/" + frame.substr(0, 8), {{"Authorization", "Bearer desk-secret-0123456789"}});
  sim.run_for(50ms);
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHostile, AHundredThousandCommandsInASecond) {
  Sim sim{Seed{842}, {.config = office}};
  ProgramClient flood(sim), other(sim, {.prefix = "o"});
  constexpr int commands = 100'000;
  for (int i = 0; i < commands; ++i)
    sim.world().after(std::chrono::microseconds(i * 10), [&flood, i] {
      flood.say(R"({"action":"session.ping","action_id":"p)" + std::to_string(i) + "\"}");
    });
  sim.run_for(500ms);
  const TimePoint before = sim.now();
  EXPECT_EQ(other.run("session.ping", json::object()), "done");
  EXPECT_LT(sim.now() - before, 50ms);
  sim.run_for(600ms);
  EXPECT_EQ(flood.socket().texts.size(), 1u + commands);
  EXPECT_EQ(counter(sim, "rwi_failures"), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHostile, CommandsThatWaitForTheirCallAreBounded) {
  constexpr std::size_t waiting_max = control::Dispatcher::waiting_max;
  Sim sim{Seed{846}, {.config = office}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ProgramClient client(sim), other(sim, {.prefix = "o"});
  ASSERT_TRUE(client.call(alice, "a"));
  ASSERT_TRUE(client.call(bob, "b"));
  for (int round = 0; round < 2; ++round) {  // what has waited makes room
    const std::string first = client.start(round == 0 ? "call.hold" : "call.unhold", {{"call_id", "a"}});
    std::vector<std::string> waiting;
    for (std::size_t i = 0; i <= waiting_max; ++i)
      waiting.push_back(client.start("call.set_var", {{"call_id", "a"}, {"key", "n"}, {"value", std::to_string(i)}}));
    EXPECT_EQ(client.outcome(waiting.back()), "rate_limited");
    EXPECT_EQ(client.run("call.set_var", {{"call_id", "b"}, {"key", "n"}, {"value", "free"}}), "done");
    EXPECT_EQ(other.run("session.ping", json::object()), "done");
    EXPECT_EQ(client.outcome(first), "done");
    waiting.pop_back();
    for (const std::string& each : waiting) ASSERT_EQ(client.outcome(each), "done");
  }
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ProgramHostile, WhoDoesNotReadIsLetGoAndOthersMissNothing) {
  Sim sim{Seed{843}, {.config = office}};
  Phone& alice = sim.phone("1001");
  ProgramClient desk(sim), slow(sim, {.token = "eyes-secret", .prefix = "s"}),
      reads(sim, {.token = "eyes-secret", .prefix = "r"});
  for (ProgramClient* const each : {&slow, &reads})
    ASSERT_EQ(each->run("session.subscribe", {{"level", "full_control"}}), "done");
  ASSERT_TRUE(desk.call(alice, "a"));
  slow.socket().reads = false;
  const std::string body(30'000, 'm');
  constexpr int messages = 450;  // 13.5 MB
  for (int i = 0; i < messages; ++i) {
    alice.line().send(Method::message, "text/plain", body);
    sim.run_for(10ms);
  }
  EXPECT_TRUE(slow.socket().closed);
  EXPECT_EQ(slow.socket().close.code, close_code::try_again);
  EXPECT_EQ(counter(sim, "rwi_sessions_overflowed"), 1u);
  EXPECT_LT(slow.socket().unread, control::EventRouter::output_hard_max + 100'000);
  EXPECT_FALSE(reads.socket().closed);
  int told = 0;
  for (const json::object& each : reads.heard())
    if (each.contains("event") && each.at("event") == "sip.message.received") ++told;
  EXPECT_EQ(told, messages);
  EXPECT_TRUE(alice.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

/// Sees whether anything of a program's breaks out of where it belongs.
class Smuggled final : public BorderWatch {
 public:
  void on_sent(const Address&, std::string_view bytes, bool) override {
    if (bytes.find("\nX-Evil:") != std::string_view::npos) seen.emplace_back(bytes);
  }
  void on_received(const Address&, std::string_view) override {}
  std::vector<std::string> seen;
};

/// Every text that a command has becomes something else.
struct Poisoner {
  json::object& params;
  const json::value& poison;
  template <class T>
  void operator()(const Field& field, T&) {
    if constexpr (std::is_same_v<T, std::string>) {
      params[field.name] = poison;
    } else if constexpr (std::is_base_of_v<program::CallRef, T> && !std::is_same_v<T, program::NewCall>) {
      params[field.name] = field.name == "supervisor_call_id" || params.contains("call_id") ? "b" : "a";
    } else if constexpr (std::is_same_v<T, program::MediaSource>) {
      params[field.name] = {{"type", "file"}, {"uri", poison}};
    } else if constexpr (std::is_same_v<T, program::RecordStorage>) {
      params[field.name] = {{"path", poison}};
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
      params[field.name] = json::object{{"X-A", poison}};
    }
  }
};

TEST(ProgramHostile, TextsCannotLeaveTheirPlace) {
  Sim sim{Seed{844}, {.config = office}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Smuggled watch;
  sim.hub().border().watch(watch);
  ProgramClient client(sim);
  ASSERT_TRUE(client.call(alice, "a") && client.call(bob, "b"));
  std::set<std::string> done;
  for (const char* text : {"x\r\nX-Evil: 1", "\r\n\r\nX-Evil: 2", "sip:1003@local\r\nX-Evil: 3", "1003>\r\nX-Evil: 4",
                           "../../etc/passwd", "/etc/passwd", "sounds/../../x", "http://example.com/x", "mailto:a@b",
                           "\"><sip:1004@10.9.9.9>;x=", "", " ", "\x01\x7f", "\xc3\xa4\xe2\x82\xac"}) {
    const json::value poison(text);
    control::for_each_command([&]<class Command>() {
      const std::string_view name = Command::info.name;
      if (name == "call.hangup" || name == "session.unsubscribe" || name == "session.subscribe" ||
          name == "session.detach_call" || name == "call.leg_add")
        return;
      json::object params;
      Command command;
      Poisoner poisoner{params, poison};
      Command::fields(command, poisoner);
      if (name == "call.transfer.attended" || name == "call.transfer") params.erase("call_id");
      const std::string outcome = client.run(name, params);
      EXPECT_NE(outcome, "no result") << name << ' ' << json::serialize(poison);
      if (outcome == "done" && std::string_view(text).find("X-Evil") != std::string_view::npos)
        done.insert(std::string(name));
    });
  }
  EXPECT_THAT(watch.seen, IsEmpty());
  for (const auto& [path, file] : sim.files().files) EXPECT_TRUE(path.starts_with("/simulated/")) << path;
  // Done was only what has no text that could harm.
  EXPECT_THAT(done, ::testing::IsSubsetOf({"call.get_var", "call.resume", "call.set_var", "conference.list",
                                           "media.stream_start", "session.attach_call", "session.list_calls",
                                           "session.ping", "session.resume", "supervisor.listen", "supervisor.stop"}));
  EXPECT_TRUE(alice.up() && bob.up());
  ASSERT_EQ(client.run("conference.list", json::object()), "done");
  for (const json::value& room : json::array(client.data().at("items").as_array()))
    EXPECT_EQ(client.run("conference.destroy", {{"conf_id", room.at("conf_id")}}), "done");
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
