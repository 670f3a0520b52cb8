// Recordings of programs: what is in the files is measured, second by second.
#include "audio/wav.hpp"
#include "program.hpp"
#include "recording/sha256.hpp"

namespace junctor::sim {
namespace {

using namespace apps::program;
using ::testing::ElementsAre;

constexpr std::string_view folder = "/simulated/recordings/";

struct World {
  Sim sim;
  Program program{sim};
  std::map<char, Phone*> phones;

  World(std::uint64_t seed, std::string_view names, SimSettings settings = {}) : sim(Seed{seed}, settings) {
    for (const char name : names) {
      phones[name] = &sim.phone(std::to_string(1001 + (name - 'a')));
      program.call(*phones[name], std::string(1, name));
    }
  }
  std::string run(auto command) { return program.code(program.records, command); }
  RecordStart start(const std::string& name, RecordOptions options = {}) {
    return RecordStart{program.own(name), std::move(options)};
  }
  std::string mask(const std::string& name, double from, double to, std::string id = {}) {
    return run(RecordMaskSegment{program.own(name), std::move(id), from, to});
  }
  const std::vector<std::uint8_t>& bytes(const std::string& path) {
    return sim.files().files.at(std::string(folder) + path)->content.bytes;
  }
  /// One channel between two seconds of the file.
  std::vector<std::int16_t> sound(const std::string& path, std::size_t channel, std::size_t channels, double from,
                                  double to) {
    const auto& all = bytes(path);
    std::vector<std::int16_t> out;
    for (std::size_t at = audio::wav_header_size + 2 * channel; at + 1 < all.size(); at += 2 * channels)
      out.push_back(static_cast<std::int16_t>(all[at] | all[at + 1] << 8));
    const auto first = std::min(out.size(), static_cast<std::size_t>(from * 8000));
    return {out.begin() + static_cast<std::ptrdiff_t>(first),
            out.begin() + static_cast<std::ptrdiff_t>(std::min(out.size(), static_cast<std::size_t>(to * 8000)))};
  }
  bool silent(const std::string& path, double from, double to) {
    return audio::total_level_dbm0(sound(path, 0, 1, from, to)) < -80;
  }
  std::string sha256(const std::string& path) {
    recording::Sha256 hash;
    hash.add(bytes(path));
    return hash.finish();
  }
};

TEST(ProgramRecord, EachSideIsOnItsOwnWhereverTheCallGoes) {
  World w{680, "acde"};
  Voices voices(w.sim, w.phones);
  const std::map<char, double> tones = {
      {'a', voices.hz('a')}, {'c', voices.hz('c')}, {'d', voices.hz('d')}, {'e', voices.hz('e')}};
  const auto started = w.program.run(
      w.program.records,
      w.start("c", {.mode = RecordMode::separate_legs, .storage = {.backend = "file", .path = "2026/03/13/c.wav"}}));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->path, "2026/03/13/c.wav");
  EXPECT_EQ(w.program.news()[1], "record.started c " + started->recording_id + " 2026/03/13/c.wav");
  const TimePoint begin = w.sim.now();
  w.sim.run_for(begin + 1s - w.sim.now());
  w.program.bridge("c", "a");
  w.sim.run_for(begin + 2s - w.sim.now());
  w.program.bridges.part(
      *w.program.calls.find(w.program.own("c").id), [](Result<void, Failure>, TimePoint) {}, w.sim.now());
  w.sim.run_for(begin + 3s - w.sim.now());
  w.program.bridge("d", "c");
  w.sim.run_for(begin + 4s - w.sim.now());
  ASSERT_EQ(w.program.code(w.program.rooms, ConferenceCreate{.conf_id = "room"}), "done");
  for (const char* name : {"a", "c", "e"})
    ASSERT_EQ(w.program.code(w.program.rooms, ConferenceAdd{"room", w.program.own(name)}), "done");
  w.sim.run_for(begin + 5500ms - w.sim.now());
  w.program.news();
  EXPECT_EQ(w.run(RecordStop{w.program.own("c")}), "done");
  const std::string path = "2026/03/13/c.wav";
  EXPECT_THAT(w.program.news(),
              ElementsAre("done", HasSubstr("record.stopped c c.wav " + to_string(w.program.own("c").id))));
  const auto in = [&](std::size_t channel, double from, double to) {
    return heard_in(w.sound(path, channel, 2, from, to), tones);
  };
  EXPECT_EQ(in(0, 0.3, 0.9), "c");
  EXPECT_EQ(in(1, 0.3, 0.9), "");
  EXPECT_EQ(in(0, 1.3, 1.9), "c");
  EXPECT_EQ(in(1, 1.3, 1.9), "a");
  EXPECT_EQ(in(1, 2.3, 2.9), "");
  EXPECT_EQ(in(1, 3.3, 3.9), "d");
  EXPECT_EQ(in(0, 4.6, 5.3), "c");
  EXPECT_EQ(in(1, 4.6, 5.3), "ae");
  // Nothing holds the room's mixer any more but the room.
  EXPECT_EQ(w.program.records.size(), 0u);
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramRecord, MasksAreWhereTheFileSaysBeforeAndAfterAndWhenItHasEnded) {
  World w{681, "a"};
  w.phones['a']->speak(600);
  w.sim.run_for(300ms);
  const auto started = w.program.run(w.program.records, w.start("a", {.storage = {.backend = "local", .path = "x"}}));
  ASSERT_TRUE(started);
  EXPECT_EQ(started->path, "x.wav");
  const std::string id = started->recording_id;
  w.program.news();
  w.sim.run_for(2s);
  EXPECT_EQ(w.run(RecordPause{w.program.own("a")}), "done");  // after 2 s and a little
  EXPECT_THAT(w.program.news(), ElementsAre("done", "record.paused a " + id));
  EXPECT_EQ(w.run(RecordPause{w.program.own("a")}), "invalid_state");
  w.sim.run_for(5s);
  EXPECT_EQ(w.run(RecordResume{w.program.own("a")}), "done");
  EXPECT_EQ(w.run(RecordResume{w.program.own("a")}), "invalid_state");
  w.program.news();
  EXPECT_EQ(w.mask("a", 0.5, 1), "done");       // past
  EXPECT_EQ(w.mask("a", 3, 3.55, id), "done");  // to come
  EXPECT_THAT(w.program.news(),
              ElementsAre("done", "record.segment_masked a " + id, "done", "record.segment_masked a " + id));
  EXPECT_TRUE(w.silent("x.wav", 0.5, 1));  // it is so when it is answered
  EXPECT_EQ(w.mask("a", 2, 1), "invalid_params");
  EXPECT_EQ(w.mask("a", 1, 2, "nothing"), "not_found");
  w.sim.run_for(3s);
  EXPECT_EQ(w.run(RecordStop{w.program.own("a")}), "done");
  EXPECT_EQ(w.run(RecordStop{w.program.own("a")}), "invalid_state");
  w.sim.run_for(300ms);
  const std::string before = w.sha256("x.wav");
  w.program.news();
  EXPECT_EQ(w.mask("a", 4, 4.25), "done");  // when it has ended
  EXPECT_THAT(w.program.news(), ElementsAre("done", "record.segment_masked a " + id));
  EXPECT_NE(w.sha256("x.wav"), before);
  for (const auto& [from, to] : {std::pair(0.5, 1.0), {3.0, 3.55}, {4.0, 4.25}})
    EXPECT_TRUE(w.silent("x.wav", from, to)) << from;
  for (const auto& [from, to] : {std::pair(0.1, 0.5), {1.0, 2.0}, {2.2, 3.0}, {3.55, 4.0}, {4.25, 4.9}}) {
    const auto there = w.sound("x.wav", 0, 1, from, to);
    EXPECT_GT(audio::tone_level_dbm0(there, 600, 8000), -30) << from;
  }
  const auto& manifest = w.bytes("x.json");
  EXPECT_THAT(std::string(manifest.begin(), manifest.end()), HasSubstr(w.sha256("x.wav")));
  w.phones['a']->hang_up();
  const auto* row = record(w.sim, w.phones['a']->line());
  ASSERT_NE(row, nullptr);
  EXPECT_THAT(row->call.recordings, HasSubstr(w.sha256("x.wav")));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramRecord, EndsWithTheCallAndTheCallKnowsAllOfThem) {
  World w{682, "ab"};
  ASSERT_EQ(w.run(w.start("a", {.storage = {.backend = "file", .path = "one"}})), "done");
  w.sim.run_for(1s);
  ASSERT_EQ(w.run(RecordStop{w.program.own("a")}), "done");
  ASSERT_EQ(w.run(w.start("a", {.pause_mode = PauseMode::silence, .storage = {.backend = "file", .path = "two"}})),
            "done");
  ASSERT_EQ(w.run(RecordPause{w.program.own("a")}), "done");
  w.sim.run_for(2s);
  w.program.news();
  w.phones['a']->hang_up();
  ASSERT_TRUE(w.sim.until(1s, [&] { return w.phones['a']->line().ended(); }));
  ASSERT_TRUE(w.sim.until(2s, [&] { return !w.program.told.empty(); }));
  EXPECT_THAT(w.program.news(), ElementsAre(HasSubstr("record.stopped a two.wav")));
  EXPECT_GT(w.sound("two.wav", 0, 1, 0, 100).size(), 2u * 8000);  // the pause is in the file
  w.sim.run_for(1s);
  const auto* row = record(w.sim, w.phones['a']->line());
  ASSERT_NE(row, nullptr);
  EXPECT_THAT(row->call.recordings, ::testing::AllOf(HasSubstr("one.wav"), HasSubstr("two.wav")));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramRecord, WhatCannotBeIsRefused) {
  World w{683, "a"};
  for (const char* path : {"../x.wav", "/etc/x.wav", "a/../../x", "a//b", "x.mp3", ".wav", "a/.hidden", "a\\b", "a\nb"})
    EXPECT_EQ(w.run(w.start("a", {.storage = {.backend = "file", .path = path}})), "invalid_params") << path;
  EXPECT_EQ(w.run(w.start("a", {.storage = {.backend = "s3", .path = {}}})), "invalid_params");
  EXPECT_EQ(w.run(w.start("nobody")), "not_found");
  EXPECT_EQ(w.run(RecordStop{w.program.own("a")}), "invalid_state");
  EXPECT_EQ(w.mask("a", 0, 1), "invalid_state");
  ASSERT_EQ(w.run(w.start("a", {.storage = {.backend = "file", .path = "x"}})), "done");
  EXPECT_EQ(w.run(w.start("a")), "invalid_state");
  ASSERT_EQ(w.run(RecordStop{w.program.own("a")}), "done");
  w.program.news();
  // The name is taken.
  EXPECT_EQ(w.run(w.start("a", {.storage = {.backend = "file", .path = "x.wav"}})), "command_failed");
  EXPECT_EQ(w.program.news().size(), 2u);
  // The disk breaks.
  ASSERT_EQ(w.run(w.start("a")), "done");
  w.program.news();
  w.sim.files().broken = true;
  w.sim.run_for(3s);
  EXPECT_THAT(w.program.news(), ElementsAre(HasSubstr("record.failed a ")));
  w.sim.files().broken = false;
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramRecord, BeepsAndEndsAtItsLength) {
  World w{684, "a"};
  w.phones['a']->line().audio().record();
  ASSERT_EQ(w.run(w.start("a", {.beep = true, .max_duration_secs = 20})), "done");
  w.program.news();
  w.sim.run_for(22s);
  EXPECT_THAT(w.program.news(), ElementsAre(HasSubstr("record.stopped a")));
  const auto& heard = w.phones['a']->line().audio().recorded();
  int beeps = 0;
  bool sounds = false;
  for (std::size_t at = 0; at + 400 <= heard.size(); at += 400) {
    const bool now = audio::tone_level_dbm0(std::span(heard).subspan(at, 400), 1400, 8000) > -40;
    beeps += now && !sounds;
    sounds = now;
  }
  EXPECT_EQ(beeps, 2);  // at once, and after 15 s
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramRecord, BeginsBeforeTheAnswer) {
  World w{685, ""};
  Phone& phone = w.sim.phone("1001");
  const CallId id = w.program.core.calls().start_outgoing({"9000", "", ""}, {"1001", "", ""}, {}, w.sim.now());
  ProgramCall& entry = w.program.calls.add(id, w.program.who.token, "a", w.sim.now());
  call::Call::AddLeg leg;
  leg.to.uri = w.program.core.registrar().lookup("1001", w.sim.now()).at(0).uri;
  entry.leg = w.program.core.calls().add_leg(id, std::move(leg), w.sim.now()).value();
  w.program.records.begin(entry, {.storage = {.backend = "file", .path = "early"}}, w.program.who, w.sim.now());
  ASSERT_TRUE(w.sim.until(3s, [&] { return phone.ringing(); }));
  EXPECT_THAT(w.program.news(), Contains(HasSubstr("record.started a")));
  w.sim.run_for(1s);
  phone.ring({.status = 183, .with_sdp = true});
  phone.speak(700);
  w.sim.run_for(2s);
  phone.answer();
  ASSERT_TRUE(w.sim.until(3s, [&] { return phone.up() && w.program.calls.leg_of(entry)->is_up(); }));
  ASSERT_TRUE(w.program.core.calls().settle(id, entry.leg, w.sim.now()));
  entry.answered = w.sim.now();
  w.program.bridges.seat_alone(entry, w.sim.now());
  w.sim.run_for(1s);
  phone.hang_up();
  w.sim.run_for(2s);
  EXPECT_THAT(w.program.news(), Contains(HasSubstr("record.stopped a early.wav")));
  EXPECT_TRUE(w.silent("early.wav", 0, 0.9));
  for (const double from : {1.5, 2.5, 3.2}) {
    const auto there = w.sound("early.wav", 0, 1, from, from + 0.4);
    EXPECT_GT(audio::tone_level_dbm0(there, 700, 8000), -30) << from;
  }
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramRecord, WhispersAreNotRecorded) {
  World w{686, "acs"};
  w.program.bridge("c", "a");
  Voices voices(w.sim, w.phones);
  ASSERT_EQ(w.run(w.start("c", {.mode = RecordMode::separate_legs, .storage = {.backend = "file", .path = "w"}})),
            "done");
  ASSERT_EQ(
      w.program.code(w.program.supervisors, SupervisorWhisper{w.program.own("s"), w.program.ref<SeenCall>("c"), "a"}),
      "done");
  w.sim.run_for(2s);
  ASSERT_EQ(
      w.program.code(w.program.supervisors, SupervisorBarge{w.program.own("s"), w.program.ref<SeenCall>("c"), {}}),
      "done");
  w.sim.run_for(2s);
  ASSERT_EQ(w.run(RecordStop{w.program.own("c")}), "done");
  const std::map<char, double> tones = {{'a', voices.hz('a')}, {'c', voices.hz('c')}, {'s', voices.hz('s')}};
  EXPECT_EQ(heard_in(w.sound("w.wav", 1, 2, 0.3, 1.8), tones), "a");
  EXPECT_EQ(heard_in(w.sound("w.wav", 1, 2, 2.5, 3.8), tones), "as");
  EXPECT_EQ(heard_in(w.sound("w.wav", 0, 2, 0.3, 3.8), tones), "c");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
