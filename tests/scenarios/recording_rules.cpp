// What the configuration says is to be recorded: whole calls, through hold and transfer, and conferences.
#include <algorithm>
#include <boost/json.hpp>

#include "audio/file_decoder.hpp"
#include "audio/goertzel.hpp"
#include "recording/sha256.hpp"
#include "scenario.hpp"

namespace junctor::sim {
namespace {

SimSettings everything_recorded(std::string_view more = "") {
  return {.config = "[recording]\ncalls = true\n" + std::string(more) + R"(
[[conferences]]
name = "sales"
numbers = ["8001"]
record = true
tones = false
)"};
}

/// The one file that ends so and the channels in it; 16 bit WAV.
std::vector<std::vector<std::int16_t>> recorded(Sim& sim, std::string_view ending) {
  std::vector<std::vector<std::int16_t>> out;
  for (const auto& [path, file] : sim.files().files) {
    if (!path.ends_with(ending)) continue;
    const auto& bytes = file->content.bytes;
    const auto channels = static_cast<std::size_t>(bytes.at(22));
    out.resize(channels);
    for (std::size_t at = 44; at + 1 < bytes.size(); at += 2)
      out[(at - 44) / 2 % channels].push_back(static_cast<std::int16_t>(bytes[at] | bytes[at + 1] << 8));
  }
  return out;
}

double level(const std::vector<std::int16_t>& samples, double from_secs, double hz) {
  const auto begin = static_cast<std::size_t>(from_secs * 8000);
  if (begin + 4000 > samples.size()) return -99;
  return audio::tone_level_dbm0(std::span(samples).subspan(begin, 4000), hz, 8000);
}

TEST(RecordingRules, ACallHasEachSideOnItsChannel) {
  Sim sim{Seed{451}, everything_recorded()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(3s);
  Line& line = alice.line();
  alice.hang_up();
  const store::CallRecord* const row = record(sim, line);
  sim.run_for(2s);
  ASSERT_NE(row, nullptr);
  EXPECT_THAT(row->call.recordings, HasSubstr(".json"));
  const auto channels = recorded(sim, ".wav");
  ASSERT_EQ(channels.size(), 2u);
  EXPECT_NEAR(level(channels[0], 1.5, 440), -10, 1);
  EXPECT_LT(level(channels[0], 1.5, 880), -50);
  EXPECT_NEAR(level(channels[1], 1.5, 880), -10, 1);
  EXPECT_LT(level(channels[1], 1.5, 440), -50);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(RecordingRules, GoesOnThroughHoldAndTransfer) {
  Sim sim{Seed{452}, everything_recorded()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(1s);
  bob.line().hold();
  sim.run_for(2s);
  bob.line().refer("1003");
  ASSERT_TRUE(sim.until(3s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return carol.up() && bob.idle(); }));
  carol.speak(600);
  ASSERT_TRUE(sim.until(3s, [&] { return alice.hears(600) && carol.hears(440); }));
  sim.run_for(2s);
  alice.hang_up();
  sim.run_for(2s);
  const auto channels = recorded(sim, ".wav");
  ASSERT_EQ(channels.size(), 2u);
  const double end = static_cast<double>(channels[0].size()) / 8000;
  EXPECT_NEAR(level(channels[0], end - 1, 440), -10, 1);
  EXPECT_NEAR(level(channels[1], end - 1, 600), -10, 1);
  EXPECT_NEAR(level(channels[1], 0.3, 880), -10, 1);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(RecordingRules, AConferenceIsRecordedAsItsMix) {
  Sim sim{Seed{453}, everything_recorded()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  for (Phone* phone : {&alice, &bob}) {
    phone->dial("8001");
    ASSERT_TRUE(sim.until(3s, [&] { return phone->up(); }));
  }
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(2s);
  alice.hang_up();
  bob.hang_up();
  sim.run_for(2s);
  const auto channels = recorded(sim, "conference-sales.wav");
  ASSERT_EQ(channels.size(), 1u);
  EXPECT_NEAR(level(channels[0], 1.5, 440), -10, 1.5);
  EXPECT_NEAR(level(channels[0], 1.5, 880), -10, 1.5);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(RecordingRules, TheRecordNamesTheFilesUntilTheyAreTooOld) {
  Sim sim{Seed{455}, everything_recorded("keep_days = 2\n")};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.run_for(3s);
  Line& line = alice.line();
  alice.hang_up();
  const store::CallRecord* const row = record(sim, line);
  ASSERT_NE(row, nullptr);
  ASSERT_TRUE(sim.until(2s, [&] { return row->call.recordings.find("sha256") != std::string::npos; }));
  const auto told = boost::json::parse(row->call.recordings).as_array();
  ASSERT_EQ(told.size(), 1u);
  const auto& one = told[0].as_object();
  EXPECT_EQ(one.at("state"), "stopped");
  EXPECT_TRUE(sim.files().files.contains(std::string(one.at("manifest").as_string())));
  ASSERT_EQ(one.at("files").as_array().size(), 1u);
  const auto& file = one.at("files").as_array()[0].as_object();
  const auto at = sim.files().files.find(std::string(file.at("path").as_string()));
  ASSERT_NE(at, sim.files().files.end());
  const auto& bytes = at->second->content.bytes;
  EXPECT_EQ(file.at("bytes").to_number<std::size_t>(), bytes.size());
  EXPECT_NEAR(file.at("duration_ms").to_number<double>(), static_cast<double>(bytes.size() - 44) / 32, 20);
  recording::Sha256 hash;
  hash.add(bytes);
  EXPECT_EQ(file.at("sha256").as_string(), hash.finish());

  sim.run_for(47h);
  EXPECT_EQ(sim.files().files.size(), 2u);
  sim.run_for(2h);
  EXPECT_TRUE(sim.files().files.empty());
  EXPECT_TRUE(row->call.recordings.empty());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(RecordingRules, OffByDefault) {
  Sim sim{Seed{454}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.hang_up();
  sim.run_for(1s);
  EXPECT_TRUE(sim.files().files.empty());
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
