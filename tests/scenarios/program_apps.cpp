// Applications that a program hands a call to, and sounds of other servers.
#include "audio/tone.hpp"
#include "audio/wav.hpp"
#include "program_client.hpp"

namespace junctor::sim {
namespace {

constexpr const char* with_room = R"(
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "observe_all"]
[[conferences]]
name = "board"
numbers = ["8002"]
pin = "1134"
tones = false
)";

struct ProgramApps : ::testing::Test {
  Sim sim{Seed{773}, {.config = with_room}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ProgramClient program{sim};

  std::string start(const char* app, json::object params = {}, const char* action = "call.app_start") {
    return program.run(action, {{"call_id", "a"}, {"app_name", app}, {"params", std::move(params)}});
  }
  bool hears_soon(Phone& phone, double hz) {
    return sim.until(1s, [&] { return phone.hears(hz); });
  }
};

TEST_F(ProgramApps, AreHeardUntilTheyAreStoppedOrGiveWay) {
  ASSERT_TRUE(program.call(alice, "a"));
  alice.speak(440);
  ASSERT_EQ(start("echo"), "done");
  EXPECT_TRUE(hears_soon(alice, 440));
  EXPECT_EQ(start("tone"), "invalid_state");
  ASSERT_EQ(start("tone", {}, "app.chain"), "done");
  EXPECT_TRUE(hears_soon(alice, 1004));
  EXPECT_FALSE(alice.hears(440));
  ASSERT_EQ(start("hold_music", {}, "app.chain"), "done");
  EXPECT_TRUE(sim.until(1s, [&] { return hears_music(alice); }));
  ASSERT_EQ(program.run("call.app_stop", {{"call_id", "a"}}), "done");
  EXPECT_TRUE(sim.until(1s, [&] { return is_silent(alice); }));
  EXPECT_EQ(program.run("call.app_stop", {{"call_id", "a"}}), "invalid_state");
  for (const char* app : {"ivr", "queue", "voicemail"}) EXPECT_EQ(start(app), "not_implemented");
  EXPECT_EQ(start("nothing"), "invalid_params");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_F(ProgramApps, TheConferenceOfTheConfigurationTakesACallAndGivesItBack) {
  bob.dial("8002");
  ASSERT_TRUE(sim.until(3s, [&] { return bob.up(); }));
  for (const char digit : std::string_view("1134")) {
    bob.line().audio().press(digit);
    sim.run_for(200ms);
  }
  bob.speak(880);
  ASSERT_TRUE(program.call(alice, "a"));
  alice.speak(440);
  EXPECT_EQ(start("conference", {{"name", "nowhere"}}), "not_found");
  ASSERT_EQ(start("conference", {{"name", "board"}}), "done");
  EXPECT_TRUE(hears_soon(alice, 880) && hears_soon(bob, 440));
  EXPECT_EQ(program.run("call.transfer", {{"call_id", "a"}, {"target", "1003"}}), "invalid_state");
  ASSERT_EQ(program.run("call.app_stop", {{"call_id", "a"}}), "done");
  EXPECT_TRUE(sim.until(1s, [&] { return is_silent(alice) && !bob.hears(440); }));
  // Back, and alone in a room that was there for it only; then it leaves by hanging up.
  bob.hang_up();
  ASSERT_EQ(start("conference", {{"name", "board"}}), "done");
  ASSERT_EQ(start("echo", {}, "app.chain"), "done");
  EXPECT_TRUE(hears_soon(alice, 440));
  ASSERT_EQ(start("conference", {{"name", "board"}}, "app.chain"), "done");
  alice.hang_up();
  EXPECT_TRUE(sim.until(1s, [&] { return program.count("call.hangup", "a") == 1; }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_F(ProgramApps, ANameThatIsFreeAgainMeansTheNewCall) {
  for (int turn = 0; turn < 2; ++turn) {
    (void)program.call(turn == 0 ? alice : bob, "a");  // counts the answers of both
    ASSERT_TRUE((turn == 0 ? alice : bob).up());
    ASSERT_EQ(start("tone"), "done");
    EXPECT_TRUE(hears_soon(turn == 0 ? alice : bob, 1004));
    (turn == 0 ? alice : bob).speak(880);
    sim.run_for(turn == 0 ? 0ms : 61s);  // the first one is forgotten, and its name with it if nobody else has it
    EXPECT_EQ(program.run("call.hangup", {{"call_id", "a"}}), "done");
    EXPECT_TRUE(sim.until(1s, [&] { return !alice.up() && !bob.up(); }));
  }
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_F(ProgramApps, ASoundOfAnotherServerIsFetchedAndHeard) {
  audio::MemoryFile file;
  auto wav = audio::WavWriter::create(file, 8'000, 1).value();
  std::vector<std::int16_t> samples(8'000);
  audio::ToneGenerator(620, -10, 8'000).generate(samples);
  ASSERT_TRUE(wav.write(samples) && wav.checkpoint());
  auto& servers = sim.hub().web_sounds;
  servers.emplace("https://sounds.test/a", std::string(file.bytes.begin(), file.bytes.end()));
  servers.emplace("https://sounds.test/page", std::string("<html>"));
  ASSERT_TRUE(program.call(alice, "a"));
  const auto play = [&](const char* uri) {
    return program.run("media.play", {{"call_id", "a"}, {"source", {{"type", "url"}, {"uri", uri}}}});
  };
  EXPECT_EQ(play("https://sounds.test/b"), "media_not_found");
  EXPECT_EQ(play("https://sounds.test/page"), "media_not_found");
  EXPECT_EQ(play("file:///etc/passwd"), "invalid_params");
  ASSERT_EQ(play("https://sounds.test/a"), "done");
  EXPECT_TRUE(hears_soon(alice, 620));
  EXPECT_TRUE(sim.until(2s, [&] { return program.count("media.play.finished", "a") == 1; }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
