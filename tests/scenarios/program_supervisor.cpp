// Supervisors and mutes of programs: everybody speaks a tone of their own, and who hears which is measured.
#include "program.hpp"

namespace junctor::sim {
namespace {

using namespace apps::program;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// Whether the tone was there at any time, for as short as 20 ms.
bool ever_heard(const std::vector<std::int16_t>& sound, double hz) {
  constexpr std::size_t window = 400;
  for (std::size_t at = 0; at + window <= sound.size(); at += window / 4)
    if (audio::tone_level_dbm0(std::span(sound).subspan(at, window), hz, 8000) > -28) return true;
  return false;
}

enum class Kind { bridged, dialled, outbound };

/// A customer c and an agent a talk, by a bridge or because one has dialled the other; s is to supervise them.
struct World {
  Sim sim;
  Program program{sim};
  std::map<char, Phone*> phones;
  std::string target = "c";

  World(std::uint64_t seed, Kind kind) : sim(Seed{seed}) {
    Phone& agent = sim.phone("1001");
    Phone& customer = kind == Kind::outbound ? sim.carrier() : sim.phone("1002");
    phones = {{'a', &agent}, {'c', &customer}, {'s', &sim.phone("1003")}};
    program.call(*phones['s'], "s");
    if (kind == Kind::bridged) {
      program.call(customer, "c").inbound = true;
      program.call(agent, "a");
      program.bridge("c", "a");
    } else {
      Phone& caller = kind == Kind::dialled ? customer : agent;
      EXPECT_TRUE(
          connect(sim, caller, kind == Kind::dialled ? agent : customer, kind == Kind::dialled ? "1001" : "0123"));
      program.core.calls().for_each([&](const call::Call& call) {
        if (call.legs().size() == 2) target = to_string(call.id());
      });
    }
    program.news();
  }
  std::string run(auto command) { return program.code(program.supervisors, command); }
  std::string listen() { return run(SupervisorListen{program.own("s"), program.ref<SeenCall>(target)}); }
  std::string whisper(std::string agent_leg = {}) {
    return run(SupervisorWhisper{program.own("s"), program.ref<SeenCall>(target), std::move(agent_leg)});
  }
  std::string barge() { return run(SupervisorBarge{program.own("s"), program.ref<SeenCall>(target), {}}); }
  std::string turn_to(SupervisorMode mode) {
    return run(SupervisorSwitch{program.own("s"), program.ref<SeenCall>(target), mode, {}});
  }
  std::string stop() { return run(SupervisorStop{program.own("s"), program.ref<SeenCall>(target)}); }
  std::string take_over(std::string agent_leg = {}) {
    return run(SupervisorTakeover{program.own("s"), program.ref<SeenCall>(target), std::move(agent_leg)});
  }
  Speaker& audio(char name) { return phones[name]->line().audio(); }
};

class ProgramSupervisor : public ::testing::TestWithParam<Kind> {};

TEST_P(ProgramSupervisor, HearsAndIsHeardAsItsModeSays) {
  for (std::uint64_t seed = 640; seed < 646; ++seed) {
    World w{seed, GetParam()};
    Voices voices(w.sim, w.phones);
    ASSERT_EQ(voices.heard(), "a:c c:a s:");
    w.audio('c').record();
    w.audio('a').record();
    w.audio('c').watch_gaps();
    w.sim.run_for(milliseconds(3 * (seed - 640)));
    ASSERT_EQ(w.listen(), "done");
    EXPECT_THAT(w.program.news(), ElementsAre("done", "supervisor.listen.started s " + w.target));
    w.sim.run_for(500ms);
    EXPECT_FALSE(ever_heard(w.audio('a').recorded(), voices.hz('s'))) << seed;
    EXPECT_FALSE(ever_heard(w.audio('c').recorded(), voices.hz('s'))) << seed;
    EXPECT_TRUE(ever_heard(w.audio('c').recorded(), voices.hz('a')));
    EXPECT_LE(w.audio('c').longest_gap(), 40ms);
    EXPECT_EQ(voices.heard(), "a:c c:a s:ac");
    w.audio('c').record();
    ASSERT_EQ(w.whisper(), "done");
    EXPECT_THAT(w.program.news(), ElementsAre("done", "supervisor.whisper.started s " + w.target));
    w.sim.run_for(500ms);
    EXPECT_FALSE(ever_heard(w.audio('c').recorded(), voices.hz('s'))) << seed;
    EXPECT_EQ(voices.heard(), "a:cs c:a s:ac");
    ASSERT_EQ(w.barge(), "done");
    EXPECT_THAT(w.program.news(), ElementsAre("done", "supervisor.barge.started s " + w.target));
    EXPECT_EQ(voices.heard(), "a:cs c:as s:ac");
    ASSERT_EQ(w.turn_to(SupervisorMode::whisper), "done");
    EXPECT_THAT(w.program.news(), ElementsAre("done", "supervisor.mode.changed s " + w.target + " whisper"));
    EXPECT_EQ(voices.heard(), "a:cs c:a s:ac");
    ASSERT_EQ(w.turn_to(SupervisorMode::listen), "done");
    EXPECT_EQ(voices.heard(), "a:c c:a s:ac");
    w.program.news();
    w.audio('c').watch_gaps();
    ASSERT_EQ(w.stop(), "done");
    EXPECT_THAT(w.program.news(), ElementsAre("done", "supervisor.mode.stopped s " + w.target));
    EXPECT_EQ(voices.heard(), "a:c c:a s:");
    EXPECT_LE(w.audio('c').longest_gap(), 40ms);
    EXPECT_EQ(w.program.supervisors.size(), 0u);
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST_P(ProgramSupervisor, TakesTheAgentsPlace) {
  World w{650, GetParam()};
  Voices voices(w.sim, w.phones);
  ASSERT_EQ(w.whisper(), "done");
  ASSERT_EQ(voices.heard(), "a:cs c:a s:ac");
  w.program.news();
  w.audio('c').watch_gaps();
  w.audio('s').watch_gaps();
  ASSERT_EQ(w.take_over(), "done");
  w.sim.run_for(300ms);
  EXPECT_LE(w.audio('c').longest_gap(), 45ms);
  EXPECT_LE(w.audio('s').longest_gap(), 45ms);
  const bool bridged = GetParam() == Kind::bridged;
  EXPECT_THAT(w.program.news(),
              ::testing::IsSupersetOf({std::string("done"), "supervisor.takeover.started s " + w.target,
                                       "supervisor.takeover.completed s " + w.target + (bridged ? " a" : ""),
                                       "call.bridged s " + w.target}));
  EXPECT_TRUE(w.phones['a']->line().ended());
  w.phones.erase('a');
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "c:s s:c");
  // And it is a bridge like any other.
  w.phones['c']->hang_up();
  w.sim.run_for(500ms);
  EXPECT_THAT(w.program.news(), ElementsAre("call.unbridged s"));
  EXPECT_TRUE(w.phones['s']->up());
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST_P(ProgramSupervisor, WhoGoesInTheMomentOfATakeoverLeavesEverythingAsItWas) {
  World w{651, GetParam()};
  ASSERT_EQ(w.listen(), "done");
  w.program.news();
  const auto result = w.program.start(w.program.supervisors,
                                      SupervisorTakeover{w.program.own("s"), w.program.ref<SeenCall>(w.target), {}});
  ASSERT_TRUE(w.program.core.calls().hang_up(w.program.own("s").id, call::normal_clearing(), w.sim.now()));
  ASSERT_TRUE(w.sim.until(2s, [&] { return result->has_value(); }));
  w.sim.run_for(1s);
  w.phones.erase('s');
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), result->value().has_value() ? "a: c:" : "a:c c:a");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST_P(ProgramSupervisor, EndsWithEitherCall) {
  for (const char first : {'c', 's'}) {
    World w{652, GetParam()};
    ASSERT_EQ(w.barge(), "done");
    w.program.news();
    w.phones[first]->hang_up();
    w.sim.run_for(1s);
    EXPECT_THAT(w.program.news(), Contains("supervisor.mode.stopped s " + w.target));
    EXPECT_EQ(w.program.supervisors.size(), 0u);
    if (first == 's') {
      w.phones.erase('s');
      EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:c c:a");
    } else {
      EXPECT_TRUE(w.phones['s']->up());
    }
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST_P(ProgramSupervisor, KeysStillReachTheOtherOne) {
  World w{653, GetParam()};
  ASSERT_EQ(w.listen(), "done");
  w.sim.run_for(500ms);
  w.audio('c').press('5');
  w.audio('s').press('7');
  EXPECT_TRUE(w.sim.until(2s, [&] { return w.audio('a').digits() == "5"; }));
  EXPECT_EQ(w.audio('c').digits() + w.audio('s').digits(), "");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Kinds, ProgramSupervisor, ::testing::Values(Kind::bridged, Kind::dialled, Kind::outbound),
                         [](const auto& kind) {
                           return kind.param == Kind::bridged   ? "Bridged"
                                  : kind.param == Kind::dialled ? "Dialled"
                                                                : "Outbound";
                         });

TEST(ProgramSupervision, FollowsTheCall) {
  World w{660, Kind::bridged};
  for (const char name : {'d', 'e'}) {
    w.phones[name] = &w.sim.phone(name == 'd' ? "1004" : "1005");
    w.program.call(*w.phones[name], std::string(1, name));
  }
  Voices voices(w.sim, w.phones);
  ASSERT_EQ(w.whisper("a"), "done");
  ASSERT_EQ(voices.heard(), "a:cs c:a d: e: s:ac");
  w.audio('c').record();
  const auto part = [&](const std::string& name) {
    w.program.bridges.part(
        *w.program.calls.find(w.program.own(name).id), [](Result<void, Failure>, TimePoint) {}, w.sim.now());
    w.sim.run_for(300ms);
  };
  part("c");
  EXPECT_FALSE(ever_heard(w.audio('c').recorded(), voices.hz('s')));
  EXPECT_EQ(voices.heard(), "a: c: d: e: s:c");
  w.program.bridge("c", "d");
  EXPECT_EQ(voices.heard(), "a: c:d d:cs e: s:cd");
  ASSERT_EQ(w.program.code(w.program.rooms, ConferenceCreate{.conf_id = "room"}), "done");
  for (const char* name : {"c", "d", "e"})
    ASSERT_EQ(w.program.code(w.program.rooms, ConferenceAdd{"room", w.program.own(name)}), "done");
  EXPECT_EQ(voices.heard(), "a: c:de d:ces e:cd s:cde");
  ASSERT_EQ(w.barge(), "done");
  EXPECT_EQ(voices.heard(), "a: c:des d:ces e:cds s:cde");
  // In a room it is to be said who is meant.
  EXPECT_EQ(w.whisper(), "invalid_params");
  ASSERT_EQ(w.whisper("e"), "done");
  EXPECT_EQ(voices.heard(), "a: c:de d:ce e:cds s:cde");
  w.program.news();
  ASSERT_EQ(w.take_over("e"), "done");
  EXPECT_THAT(w.program.news(), ::testing::IsSupersetOf({"supervisor.takeover.completed s c e",
                                                         "conference.seat_replace.succeeded room e s"}));
  EXPECT_TRUE(w.sim.until(1s, [&] { return w.phones['e']->line().ended(); }));
  w.phones.erase('e');
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a: c:ds d:cs s:cd");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramSupervision, WhatCannotBeIsRefused) {
  World w{661, Kind::bridged};
  EXPECT_EQ(w.stop(), "invalid_state");
  EXPECT_EQ(w.turn_to(SupervisorMode::barge), "invalid_state");
  EXPECT_EQ(w.whisper("nobody"), "not_found");
  EXPECT_EQ(w.run(SupervisorListen{w.program.own("a"), w.program.ref<SeenCall>("c")}), "invalid_state");
  EXPECT_EQ(w.run(SupervisorListen{w.program.own("s"), w.program.ref<SeenCall>("s")}), "invalid_params");
  EXPECT_EQ(w.run(SupervisorListen{w.program.own("s"), w.program.ref<SeenCall>("nobody")}), "not_found");
  w.program.news();
  EXPECT_EQ(w.take_over("nobody"), "not_found");
  EXPECT_THAT(w.program.news(),
              ElementsAre("supervisor.takeover.started s c", "supervisor.takeover.failed s c", "failed not_found"));
  // Supervisors do not hear what is whispered, and two may be there.
  w.phones['t'] = &w.sim.phone("1004");
  w.program.call(*w.phones['t'], "t");
  ASSERT_EQ(w.whisper(), "done");
  ASSERT_EQ(w.run(SupervisorListen{w.program.own("t"), w.program.ref<SeenCall>("c")}), "done");
  EXPECT_EQ(w.run(SupervisorListen{w.program.own("t"), w.program.ref<SeenCall>("s")}), "invalid_state");
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:cs c:a s:ac t:ac");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramMutes, LastWhereverTheCallGoes) {
  World w{662, Kind::bridged};
  Voices voices(w.sim, w.phones);
  const auto mute = [&](const std::string& name, MuteDirection direction) {
    return w.program.code(w.program.mutes, MediaMute{w.program.own(name), {}, direction});
  };
  EXPECT_EQ(mute("c", MuteDirection::says), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "media.muted c says"));
  EXPECT_EQ(voices.heard(), "a: c:a s:");
  w.audio('s').record();
  ASSERT_EQ(w.program.code(w.program.rooms, ConferenceCreate{.conf_id = "room"}), "done");
  for (const char* name : {"a", "s", "c"})
    ASSERT_EQ(w.program.code(w.program.rooms, ConferenceAdd{"room", w.program.own(name)}), "done");
  w.sim.run_for(300ms);
  EXPECT_FALSE(ever_heard(w.audio('s').recorded(), voices.hz('c')));
  EXPECT_EQ(voices.heard(), "a:s c:as s:a");
  EXPECT_EQ(mute("c", MuteDirection::both), "done");
  EXPECT_EQ(voices.heard(), "a:s c: s:a");
  EXPECT_EQ(w.program.code(w.program.mutes, MediaUnmute{w.program.own("c"), {}, MuteDirection::says}), "done");
  EXPECT_EQ(voices.heard(), "a:cs c: s:ac");
  EXPECT_EQ(w.program.code(w.program.mutes, MediaUnmute{w.program.own("c"), {}, MuteDirection::both}), "done");
  EXPECT_EQ(voices.heard(), "a:cs c:as s:ac");
  EXPECT_EQ(w.program.code(w.program.mutes, MediaMute{w.program.own("c"), "nothing", {}}), "not_found");
  EXPECT_EQ(w.program.code(w.program.mutes, MediaMute{w.program.own("nobody"), {}, {}}), "not_found");
  // Of a dialled call each leg by its name, through a relay that becomes a mixer and a relay again.
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramMutes, EachLegOfADialledCall) {
  World w{663, Kind::dialled};
  Voices voices(w.sim, w.phones);
  EXPECT_EQ(w.program.code(w.program.mutes, MediaMute{w.program.own(w.target), "callee", MuteDirection::says}), "done");
  EXPECT_EQ(voices.heard(), "a:c c: s:");
  EXPECT_EQ(w.program.code(w.program.mutes, MediaUnmute{w.program.own(w.target), "callee", MuteDirection::says}),
            "done");
  EXPECT_EQ(voices.heard(), "a:c c:a s:");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "media.muted " + w.target + " callee says", "done",
                                            "media.unmuted " + w.target + " callee says"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
