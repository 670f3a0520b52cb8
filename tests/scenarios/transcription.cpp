// What is said in a call is told while it is said, and stands in its record, whatever the engine does.
#include <algorithm>
#include <variant>

#include "scenario.hpp"

namespace junctor::sim {
namespace {

SimSettings transcribed(std::string_view engine = "deepgram", std::string_view more = "") {
  return {.config = "[transcription]\nengine = \"" + std::string(engine) +
                    "\"\nurl = \"wss://engine.test/v1/listen?model=a\"\ntoken = \"t0ken\"\ncalls = true\n" +
                    std::string(more)};
}

/// What is told of all calls.
struct Told {
  explicit Told(Sim& sim) {
    sim.hub().core().set_transcript_sink([this](const apps::TranscriptEvent& e, TimePoint) { events.push_back(e); });
  }
  template <class E>
  std::vector<E> of() const {
    std::vector<E> out;
    for (const auto& event : events)
      if (const E* one = std::get_if<E>(&event.body)) out.push_back(*one);
    return out;
  }
  std::vector<apps::TranscriptSegment> segments(std::string_view side, bool partial) const {
    auto out = of<apps::TranscriptSegment>();
    std::erase_if(out, [&](const auto& s) { return s.side != side || s.partial != partial; });
    return out;
  }
  std::vector<apps::TranscriptEvent> events;
};

std::vector<store::TranscriptRow> rows(const store::CallRecord* record, std::string_view side, std::string_view kind) {
  auto out = record->transcript;
  std::erase_if(out, [&](const auto& row) { return row.side != side || row.kind != kind; });
  return out;
}

bool all_say(const std::vector<store::TranscriptRow>& rows, std::string_view text) {
  return std::ranges::all_of(rows, [&](const auto& row) { return row.text == text; });
}

class Transcription : public testing::TestWithParam<const char*> {};

TEST_P(Transcription, EachSideIsUnderstoodByItself) {
  Sim sim{Seed{701}, transcribed(GetParam(), "language = \"en\"\n")};
  const Told told(sim);
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(4s);
  EXPECT_EQ(sim.hub().engine().connected(), 2u);
  Line& line = alice.line();
  alice.hang_up();
  const store::CallRecord* const record = sim::record(sim, line);
  ASSERT_TRUE(sim.until(3s, [&] { return !told.of<apps::TranscriptEnded>().empty(); }));
  sim.run_for(1s);

  const auto started = told.of<apps::TranscriptStarted>();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0].provider, GetParam());
  EXPECT_THAT(started[0].sides, testing::UnorderedElementsAre("caller", "callee"));
  EXPECT_TRUE(told.of<apps::TranscriptError>().empty());
  const std::int64_t start_ms = record->call.start_ms;
  for (const auto& [side, word] : {std::pair("caller", "440"), std::pair("callee", "880")}) {
    EXPECT_GE(told.segments(side, true).size(), 3u) << side;
    const auto finals = told.segments(side, false);
    ASSERT_GE(finals.size(), 3u) << side;
    const auto kept = rows(record, side, "text");
    ASSERT_EQ(kept.size(), finals.size()) << side;
    EXPECT_TRUE(all_say(kept, word)) << side;
    EXPECT_EQ(finals[0].lang, "en");
    // A second each, one after the other, since the call's start.
    EXPECT_NEAR(static_cast<double>(kept[0].from_ms), static_cast<double>(record->call.answer_ms - start_ms), 250);
    for (std::size_t i = 0; i + 1 < kept.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(kept[i].to_ms - kept[i].from_ms), 1000, 1);
      EXPECT_NEAR(static_cast<double>(kept[i + 1].from_ms), static_cast<double>(kept[i].to_ms), 1);
    }
    EXPECT_LE(kept.back().to_ms, record->call.end_ms - start_ms + 50);
    EXPECT_GE(kept.back().to_ms, record->call.end_ms - start_ms - 400) << side;
  }
  EXPECT_THAT(sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Dialects, Transcription, testing::Values("deepgram", "vosk"));

TEST(TranscriptionScenarios, AnEngineThatDiesIsFoundAgainAndMissesNothing) {
  Sim sim{Seed{702}, transcribed()};
  const Told told(sim);
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(2s);
  sim.hub().engine().there = false;
  sim.hub().engine().die();
  sim.run_for(2s);
  EXPECT_EQ(told.of<apps::TranscriptError>().size(), 2u);  // one for each side, not for each try
  EXPECT_TRUE(alice.hears(880) && bob.hears(440));
  sim.hub().engine().there = true;
  sim.run_for(6s);
  EXPECT_EQ(sim.hub().engine().connected(), 2u);
  Line& line = alice.line();
  alice.hang_up();
  const store::CallRecord* const record = sim::record(sim, line);
  ASSERT_TRUE(sim.until(3s, [&] { return !told.of<apps::TranscriptEnded>().empty(); }));
  sim.run_for(1s);
  EXPECT_TRUE(rows(record, "caller", "lost").empty());
  const auto kept = rows(record, "caller", "text");
  EXPECT_TRUE(all_say(kept, "440"));
  std::int64_t heard = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    heard += kept[i].to_ms - kept[i].from_ms;
    if (i == 0) continue;
    EXPECT_NEAR(static_cast<double>(kept[i].from_ms), static_cast<double>(kept[i - 1].to_ms), 25) << i;
  }
  EXPECT_NEAR(static_cast<double>(heard), static_cast<double>(record->call.end_ms - record->call.answer_ms), 500);
  EXPECT_GE(sim.hub().counters().get("transcription_reconnects").value(), 2u);
  EXPECT_EQ(sim.hub().counters().get("transcription_lost_ms").value(), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TranscriptionScenarios, WhatAnEngineMissesForTooLongIsSaid) {
  Sim sim{Seed{703}, transcribed()};
  const Told told(sim);
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(2s);
  sim.hub().engine().there = false;
  sim.hub().engine().die();
  sim.run_for(20s);
  sim.hub().engine().there = true;
  sim.run_for(32s);  // the longest pause between two tries
  Line& line = alice.line();
  alice.hang_up();
  const store::CallRecord* const record = sim::record(sim, line);
  ASSERT_TRUE(sim.until(6s, [&] { return !told.of<apps::TranscriptEnded>().empty(); }));
  sim.run_for(1s);
  for (const char* side : {"caller", "callee"}) {
    const auto lost = rows(record, side, "lost");
    ASSERT_EQ(lost.size(), 1u) << side;
    EXPECT_GT(lost[0].to_ms - lost[0].from_ms, 10'000);
    EXPECT_FALSE(rows(record, side, "text").empty());
    EXPECT_GT(rows(record, side, "text").back().from_ms, lost[0].to_ms);
  }
  EXPECT_GT(sim.hub().counters().get("transcription_lost_ms").value(), 20'000u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TranscriptionScenarios, AnEngineThatRefusesHarmsNoCall) {
  Sim sim{Seed{704}, transcribed()};
  const Told told(sim);
  sim.hub().engine().status = 401;
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  ASSERT_TRUE(sim.until(2s, [&] { return !told.of<apps::TranscriptEnded>().empty(); }));
  EXPECT_EQ(told.of<apps::TranscriptEnded>()[0].reason, "refused");
  ASSERT_EQ(told.of<apps::TranscriptError>().size(), 1u);
  EXPECT_THAT(told.of<apps::TranscriptError>()[0].error, HasSubstr("401"));
  EXPECT_EQ(sim.hub().engine().lines().size(), 2u);  // it is not asked again
  // Nobody needs samples any more: the call is relayed.
  sim.run_for(2s);
  bool relayed = true;
  sim.hub().core().calls().for_each([&](const call::Call& call) {
    for (const auto& leg : call.legs()) relayed = relayed && leg->mixer->path() == media::Path::relay;
  });
  EXPECT_TRUE(relayed);
  EXPECT_TRUE(alice.hears(880) && bob.hears(440));
  Line& line = alice.line();
  alice.hang_up();
  const store::CallRecord* const record = sim::record(sim, line);
  ASSERT_EQ(record->transcript.size(), 1u);
  EXPECT_EQ(record->transcript[0].kind, "trouble");
  EXPECT_THAT(record->transcript[0].text, HasSubstr("401"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TranscriptionScenarios, AnEngineThatNeverReadsCostsNoMoreThanItsBounds) {
  Sim sim{Seed{705}, transcribed()};
  const Told told(sim);
  sim.hub().engine().reads = false;
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(60s);
  EXPECT_TRUE(alice.hears(880) && bob.hears(440));
  for (const auto& [id, line] : sim.hub().engine().lines()) EXPECT_LE(line.unread, (std::size_t{64} << 10) + 1600);
  EXPECT_GT(sim.hub().counters().get("transcription_reconnects").value(), 0u);
  EXPECT_GT(sim.hub().counters().get("transcription_lost_ms").value(), 20'000u);
  Line& line = alice.line();
  alice.hang_up();
  const store::CallRecord* const record = sim::record(sim, line);
  ASSERT_TRUE(sim.until(6s, [&] { return !told.of<apps::TranscriptEnded>().empty(); }));
  sim.run_for(1s);
  EXPECT_EQ(rows(record, "caller", "lost").size(), 1u);
  EXPECT_EQ(rows(record, "callee", "lost").size(), 1u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TranscriptionScenarios, NonsenseFromTheEngineIsCounted) {
  Sim sim{Seed{706}, transcribed()};
  const Told told(sim);
  sim.hub().engine().answers = false;
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(1s);
  for (const char* message : {"{", "[]", "null", "{\"type\":\"Results\"}", "{\"type\":\"Results\",\"channel\":7}",
                              R"({"type":"Results","channel":{"alternatives":[]}})", "\xff\xfe"})
    sim.hub().engine().say(message);
  // Beyond everything that was ever said.
  sim.hub().engine().say(
      R"({"type":"Results","is_final":true,"start":-1e300,"duration":1e301,"channel":{"alternatives":)"
      R"([{"transcript":"odd\u0000\u001b[2J","confidence":17}]}})");
  sim.run_for(1s);
  EXPECT_EQ(sim.hub().counters().get("transcription_bad_messages").value(), 14u);
  const auto finals = told.segments("caller", false);
  ASSERT_EQ(finals.size(), 1u);
  EXPECT_EQ(finals[0].text, "odd  [2J");
  EXPECT_EQ(finals[0].confidence, 1);
  EXPECT_LE(finals[0].end, 4s);
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TranscriptionScenarios, GoesOnThroughHoldAndTransfer) {
  Sim sim{Seed{707}, transcribed()};
  const Told told(sim);
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(2s);
  bob.line().hold();
  sim.run_for(2s);
  bob.line().refer("1003");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return carol.up() && bob.idle(); }));
  carol.speak(600);
  ASSERT_TRUE(sim.until(3s, [&] { return alice.hears(600) && carol.hears(440); }));
  sim.run_for(4s);
  alice.hang_up();
  ASSERT_TRUE(sim.until(6s, [&] { return told.of<apps::TranscriptEnded>().size() == 1; }));
  const auto callee = told.segments("callee", false);
  ASSERT_GE(callee.size(), 3u);
  EXPECT_EQ(callee.front().text, "880");
  EXPECT_EQ(callee.back().text, "600");
  EXPECT_NE(callee.front().leg, callee.back().leg);
  EXPECT_EQ(told.segments("caller", false).back().text, "440");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TranscriptionScenarios, OffByDefault) {
  Sim sim{Seed{708}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.run_for(1s);
  EXPECT_TRUE(sim.hub().engine().lines().empty());
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
