// Conference rooms of programs: who hears whom is measured, and what is told is compared word for word.
#include "program.hpp"

namespace junctor::sim {
namespace {

using namespace apps::program;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

struct World {
  Sim sim;
  Program program{sim};
  std::map<char, Phone*> phones;

  explicit World(std::uint64_t seed, std::string_view names, SimSettings settings = {}) : sim(Seed{seed}, settings) {
    for (const char name : names) add(name);
  }
  Phone& add(char name) {
    Phone& phone = sim.phone(std::to_string(1001 + (name - 'a')));
    phones[name] = &phone;
    program.call(phone, std::string(1, name));
    return phone;
  }
  std::string run(auto command) { return program.code(program.rooms, command); }
  std::string create(ConferenceCreate command = {}) {
    command.conf_id = "room";
    return run(command);
  }
  std::string add(const std::string& name) { return run(ConferenceAdd{"room", program.own(name)}); }
  std::string remove(const std::string& name) { return run(ConferenceRemove{"room", program.own(name)}); }
};

TEST(ProgramConference, MembersComeAreMutedAndGo) {
  World w{601, "abc"};
  ASSERT_EQ(w.create({.host_call_id = w.program.own("a")}), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.created room"));
  for (const char* name : {"a", "b", "c"}) ASSERT_EQ(w.add(name), "done");
  EXPECT_THAT(w.program.news(),
              ElementsAre("done", "conference.member.joined room a", "done", "conference.member.joined room b", "done",
                          "conference.member.joined room c"));
  Voices voices(w.sim, w.phones);
  EXPECT_EQ(voices.heard(), "a:bc b:ac c:ab");

  EXPECT_EQ(w.run(ConferenceMute{"room", w.program.own("b")}), "done");
  EXPECT_EQ(w.run(ConferenceMute{"room", w.program.own("b")}), "done");  // once more: nobody is told again
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.member.muted room b", "done"));
  EXPECT_EQ(voices.heard(), "a:c b:ac c:a");
  EXPECT_EQ(w.run(ConferenceMuteAll{"room"}), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.member.muted room c"));
  EXPECT_EQ(voices.heard(), "a: b:a c:a");
  EXPECT_EQ(w.run(ConferenceUnmute{"room", w.program.own("b")}), "done");
  EXPECT_EQ(voices.heard(), "a:b b:a c:ab");
  const auto info = w.program.run(w.program.rooms, ConferenceInfo{"room"}).value();
  ASSERT_EQ(info.members.size(), 3u);
  EXPECT_TRUE(info.members[0].host && !info.members[0].muted && info.members[2].muted);
  EXPECT_EQ(w.program.run(w.program.rooms, ConferenceList{})->items.size(), 1u);
  w.program.news();

  EXPECT_EQ(w.remove("c"), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.member.left room c"));
  EXPECT_EQ(voices.heard(), "a:b b:a c:");
  EXPECT_EQ(w.run(ConferenceKick{"room", w.program.own("b")}), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.member.left room b"));
  EXPECT_TRUE(w.sim.until(1s, [&] { return w.phones['b']->line().ended(); }));
  EXPECT_EQ(w.remove("a"), "done");  // the last one
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.member.left room a", "conference.auto_ended room",
                                            "conference.destroyed room"));
  EXPECT_EQ(w.program.rooms.size(), 0u);
  EXPECT_TRUE(w.phones['a']->up() && w.phones['c']->up());
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramConference, WhatCannotBeIsRefused) {
  World w{602, "abcd"};
  EXPECT_EQ(w.add("a"), "not_found");
  ASSERT_EQ(w.create({.max_members = 2}), "done");
  w.program.news();
  EXPECT_EQ(w.create(), "already_exists");
  EXPECT_THAT(w.program.news(), ElementsAre("conference.error room", "failed already_exists"));
  EXPECT_EQ(w.run(ConferenceCreate{.conf_id = "x", .backend = ConferenceBackend::external}), "invalid_params");
  EXPECT_EQ(w.remove("a"), "not_member");
  EXPECT_EQ(w.run(ConferenceMute{"room", w.program.own("a")}), "not_member");
  EXPECT_EQ(w.add("nobody"), "not_found");
  ASSERT_EQ(w.add("a"), "done");
  EXPECT_EQ(w.add("a"), "already_member");
  ASSERT_EQ(w.run(ConferenceCreate{.conf_id = "other"}), "done");
  EXPECT_EQ(w.run(ConferenceAdd{"other", w.program.own("a")}), "already_member");
  ASSERT_EQ(w.add("b"), "done");
  EXPECT_EQ(w.add("c"), "full");
  w.program.calls.find(w.program.own("d").id)->held = true;
  EXPECT_EQ(w.run(ConferenceAdd{"other", w.program.own("d")}), "invalid_state");
  EXPECT_EQ(w.run(ConferenceEnd{"room", w.program.own("a")}), "invalid_state");
  // Rooms are their token's.
  w.program.who.token = {2};
  EXPECT_EQ(w.run(ConferenceInfo{"room"}), "not_found");
  EXPECT_EQ(w.create(), "done");
  w.program.who.token = {1};
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramConference, ABridgedCallIsPartedFirst) {
  World w{603, "abc"};
  ASSERT_EQ(w.create(), "done");
  w.program.bridge("a", "b");
  ASSERT_EQ(w.add("c"), "done");
  w.program.news();
  ASSERT_EQ(w.add("a"), "done");
  w.sim.run_for(100ms);
  EXPECT_THAT(w.program.news(),
              UnorderedElementsAre("call.unbridged a", "call.unbridged b", "done", "conference.member.joined room a"));
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:c b: c:a");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramConference, WhoHangsUpHasLeft) {
  World w{604, "ab"};
  ASSERT_EQ(w.create(), "done");
  ASSERT_EQ(w.add("a"), "done");
  ASSERT_EQ(w.add("b"), "done");
  w.program.news();
  w.phones['a']->hang_up();
  w.sim.run_for(1s);
  EXPECT_THAT(w.program.news(), ElementsAre("conference.member.left room a"));
  w.phones['b']->hang_up();
  w.sim.run_for(1s);
  EXPECT_THAT(w.program.news(),
              ElementsAre("conference.member.left room b", "conference.auto_ended room", "conference.destroyed room"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramConference, EndsInEachOfItsWays) {
  World w{605, "ab"};
  ASSERT_EQ(w.create(), "done");
  ASSERT_EQ(w.add("a"), "done");
  ASSERT_EQ(w.add("b"), "done");
  w.program.news();
  EXPECT_EQ(w.run(ConferenceDestroy{"room"}), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.member.left room a", "conference.member.left room b",
                                            "conference.destroyed room"));
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a: b:");

  ASSERT_EQ(w.create({.host_call_id = w.program.own("a"), .max_duration_secs = 60}), "done");
  ASSERT_EQ(w.add("b"), "done");
  w.program.news();
  EXPECT_EQ(w.run(ConferenceEnd{"room", w.program.own("a")}), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.ended_by_host room a b",
                                            "conference.member.left room b", "conference.destroyed room"));

  ASSERT_EQ(w.create({.max_duration_secs = 5, .hangup_on_destroy = true}), "done");
  ASSERT_EQ(w.add("a"), "done");
  w.program.news();
  w.sim.run_for(6s);
  EXPECT_THAT(w.program.news(),
              ElementsAre("conference.auto_ended room", "conference.member.left room a", "conference.destroyed room"));
  EXPECT_TRUE(w.phones['a']->line().ended());
  EXPECT_TRUE(w.phones['b']->up());
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramConference, TwoCallsAreMerged) {
  World w{606, "abc"};
  ASSERT_EQ(w.create({.max_members = 3}), "done");
  ASSERT_EQ(w.add("c"), "done");
  w.program.news();
  const ConferenceMerge merge{"room", w.program.own("a"), w.program.own("b")};
  EXPECT_EQ(w.run(merge), "done");
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.merge_requested a b", "conference.member.joined room a",
                                            "conference.member.joined room b", "conference.merged room a"));
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:bc b:ac c:ab");
  ASSERT_EQ(w.remove("a"), "done");
  w.add('d');
  ASSERT_EQ(w.add("d"), "done");
  ASSERT_EQ(w.remove("b"), "done");
  w.program.news();
  EXPECT_EQ(w.run(merge), "full");
  EXPECT_THAT(w.program.news(),
              ElementsAre("conference.merge_requested a b", "conference.merge_failed room a", "failed full"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

/// The longest time in which neither of the two tones was there, in steps of 10 ms.
Duration longest_silence(const std::vector<std::int16_t>& sound, double one, double other) {
  constexpr std::size_t step = 80, window = 160;
  Duration longest{}, present{};
  for (std::size_t at = 0; at + window <= sound.size(); at += step) {
    const auto piece = std::span(sound).subspan(at, window);
    const bool any = audio::tone_level_dbm0(piece, one, 8000) > -30 || audio::tone_level_dbm0(piece, other, 8000) > -30;
    present = any ? Duration{} : present + milliseconds(10);
    longest = std::max(longest, present);
  }
  return longest;
}

TEST(ProgramConference, ASeatChangesHandsInAFullRoomWithoutAGap) {
  for (std::uint64_t seed = 610; seed < 616; ++seed) {  // workers, and moments within a tick, differ
    World w{seed, "abcd"};
    ASSERT_EQ(w.create({.max_members = 3, .host_call_id = w.program.own("b")}), "done");
    for (const char* name : {"a", "b", "c"}) ASSERT_EQ(w.add(name), "done");
    ASSERT_EQ(w.run(ConferenceMute{"room", w.program.own("c")}), "done");
    Voices voices(w.sim, w.phones);
    ASSERT_EQ(voices.heard(), "a:b b:a c:ab d:");
    w.program.news();
    for (const auto& [name, phone] : w.phones) phone->line().audio().record(), phone->line().audio().watch_gaps();
    w.sim.run_for(milliseconds(500 + 7 * (seed - 610)));
    EXPECT_EQ(w.run(ConferenceSeatReplace{"room", w.program.own("b"), w.program.own("d")}), "done");
    EXPECT_THAT(w.program.news(),
                ElementsAre("done", "conference.seat_replace.started room b d", "conference.member.left room b",
                            "conference.member.joined room d", "conference.seat_replace.succeeded room b d"));
    w.sim.run_for(500ms);
    for (const char listener : {'a', 'c'}) {
      const Speaker& audio = w.phones[listener]->line().audio();
      if (listener == 'a') {
        EXPECT_LE(longest_silence(audio.recorded(), voices.hz('b'), voices.hz('d')), 40ms) << seed;
      }
      EXPECT_LE(audio.longest_gap(), 40ms) << seed;
    }
    EXPECT_LE(w.phones['d']->line().audio().longest_gap(), 40ms) << seed;
    EXPECT_TRUE(w.phones['b']->line().ended());
    EXPECT_THAT(w.phones['b']->line().reason(), HasSubstr("conference_seat_replace"));
    w.phones.erase('b');
    EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:d c:ad d:a");
    const auto info = w.program.run(w.program.rooms, ConferenceInfo{"room"}).value();
    EXPECT_TRUE(info.members[1].host && info.members[1].call_id.name == "d");

    // Mute stays with the seat.
    w.add('e');
    w.program.news();
    EXPECT_EQ(w.run(ConferenceSeatReplace{"room", w.program.own("c"), w.program.own("e")}), "done");
    w.sim.run_for(500ms);
    w.phones.erase('c');
    EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:d d:a e:ad");
    EXPECT_THAT(w.sim.close(), IsEmpty());
  }
}

TEST(ProgramConference, ASeatThatCannotChangeHandsStaysWhereItIs) {
  World w{620, "abc"};
  ASSERT_EQ(w.create(), "done");
  ASSERT_EQ(w.add("a"), "done");
  ASSERT_EQ(w.add("b"), "done");
  w.program.news();
  EXPECT_EQ(w.run(ConferenceSeatReplace{"room", w.program.own("c"), w.program.own("a")}), "not_member");
  EXPECT_THAT(w.program.news(), ElementsAre("conference.seat_replace.started room c a",
                                            "conference.seat_replace.failed room c a", "failed not_member"));
  EXPECT_EQ(w.run(ConferenceSeatReplace{"room", w.program.own("a"), w.program.own("b")}), "already_member");
  EXPECT_THAT(w.program.news(), ElementsAre("conference.seat_replace.started room a b", "conference.member.left room a",
                                            "conference.member.joined room a",
                                            "conference.seat_replace.failed room a b", "failed already_member"));
  EXPECT_EQ(w.run(ConferenceSeatReplace{"room", w.program.own("a"), w.program.own("nobody")}), "not_found");
  EXPECT_THAT(w.program.news(), ElementsAre("failed not_found"));
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:b b:a c:");

  // The new one goes in the very moment in which it comes: the old one has its seat again.
  const auto result =
      w.program.start(w.program.rooms, ConferenceSeatReplace{"room", w.program.own("a"), w.program.own("c")});
  ASSERT_TRUE(w.program.core.calls().hang_up(w.program.own("c").id, call::normal_clearing(), w.sim.now()));
  ASSERT_TRUE(w.sim.until(2s, [&] { return result->has_value(); }));
  EXPECT_THAT(w.program.news(), ElementsAre("conference.seat_replace.started room a c", "conference.member.left room a",
                                            "conference.member.joined room a",
                                            "conference.seat_replace.failed room a c", "failed command_failed"));
  w.phones.erase('c');
  EXPECT_EQ(Voices(w.sim, w.phones).heard(), "a:b b:a");
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramConference, IsRecordedWhileSomebodyIsInIt) {
  World w{621, "ab"};
  ASSERT_EQ(w.create({.record = true}), "done");
  ASSERT_EQ(w.add("a"), "done");
  ASSERT_EQ(w.add("b"), "done");
  EXPECT_TRUE(w.program.run(w.program.rooms, ConferenceInfo{"room"})->recording);
  Voices voices(w.sim, w.phones);
  w.sim.run_for(3s);
  ASSERT_EQ(w.run(ConferenceDestroy{"room"}), "done");
  const auto files = [&] { return w.sim.files().find("/simulated/recordings", ".json").value(); };
  ASSERT_TRUE(w.sim.until(3s, [&] { return files().size() == 1 && !files()[0].ends_with(".open.json"); }));
  EXPECT_THAT(files()[0], HasSubstr("conference-room"));
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

TEST(ProgramConference, MembersOfAConferenceServer) {
  World w{622, "ab"};
  Phone& server = w.sim.carrier();
  ASSERT_EQ(w.create({.backend = ConferenceBackend::external, .mcu_uri = "sip:room42@carrier"}), "done");
  w.program.news();
  auto added = w.program.start(w.program.rooms, ConferenceAdd{"room", w.program.own("a")});
  ASSERT_TRUE(w.sim.until(3s, [&] { return server.ringing(); }));
  EXPECT_THAT(server.line().invite().serialize(), HasSubstr("INVITE sip:room42@10.3.0.1"));
  EXPECT_FALSE(added->has_value());
  server.answer();
  ASSERT_TRUE(w.sim.until(3s, [&] { return added->has_value(); }));
  EXPECT_THAT(w.program.news(), ElementsAre("done", "conference.member.joined room a"));
  ASSERT_TRUE(talk(w.sim, w.phones['a']->line(), server.line()));
  EXPECT_EQ(w.run(ConferenceMute{"room", w.program.own("a")}), "done");
  w.sim.run_for(500ms);
  EXPECT_LT(server.line().audio().level_dbm0(), -60);
  EXPECT_TRUE(w.phones['a']->hears(880));

  // b takes the seat: the server's call goes on.
  ASSERT_EQ(w.run(ConferenceUnmute{"room", w.program.own("a")}), "done");
  ASSERT_EQ(w.run(ConferenceSeatReplace{"room", w.program.own("a"), w.program.own("b")}), "done");
  EXPECT_TRUE(server.up());
  EXPECT_TRUE(talk(w.sim, w.phones['b']->line(), server.line()));
  EXPECT_TRUE(w.sim.until(1s, [&] { return w.phones['a']->line().ended(); }));
  w.program.news();

  // The server ends it: b stays, alone.
  server.hang_up();
  w.sim.run_for(1s);
  EXPECT_THAT(w.program.news(),
              ElementsAre("conference.member.left room b", "conference.auto_ended room", "conference.destroyed room"));
  EXPECT_TRUE(w.phones['b']->up());

  // And it refuses.
  ASSERT_EQ(w.create({.backend = ConferenceBackend::external, .mcu_uri = "sip:room42@carrier"}), "done");
  w.program.news();
  added = w.program.start(w.program.rooms, ConferenceAdd{"room", w.program.own("b")});
  ASSERT_TRUE(w.sim.until(3s, [&] { return server.ringing(); }));
  server.reject(486);
  ASSERT_TRUE(w.sim.until(3s, [&] { return added->has_value(); }));
  EXPECT_THAT(w.program.news(), ElementsAre("failed command_failed"));
  EXPECT_TRUE(w.phones['b']->up());
  // Or does not answer at all.
  added = w.program.start(w.program.rooms, ConferenceAdd{"room", w.program.own("b")});
  ASSERT_TRUE(w.sim.until(90s, [&] { return added->has_value(); }));
  EXPECT_EQ((*added)->error().code, "timeout");
  EXPECT_TRUE(w.phones['b']->up());
  EXPECT_THAT(w.sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
