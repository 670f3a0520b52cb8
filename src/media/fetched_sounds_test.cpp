// Sounds of other servers: fetched once for all who wait, played from the file, fetched again when they are old.
#include "media/fetched_sounds.hpp"

#include <deque>
#include <gtest/gtest.h>

#include "audio/tone.hpp"
#include "audio/wav.hpp"

namespace junctor::media {
namespace {

std::string tone_wav() {
  audio::MemoryFile file;
  auto wav = audio::WavWriter::create(file, 8'000, 1).value();
  std::vector<std::int16_t> samples(800);
  audio::ToneGenerator(700, -10, 8'000).generate(samples);
  EXPECT_TRUE(wav.write(samples) && wav.checkpoint());
  return {file.bytes.begin(), file.bytes.end()};
}

class Jobs final : public JobRunner {
 public:
  bool submit(Job job) override {
    waiting.push_back(std::move(job));
    return true;
  }
  void run(TimePoint now) {
    while (!waiting.empty()) {
      const auto result = waiting.front()();
      waiting.pop_front();
      if (result) result(now);
    }
  }
  std::deque<Job> waiting;
};

struct FetchedSoundsTest : testing::Test {
  audio::MemoryDisk disk;
  Jobs jobs;
  Counters counters;
  Sounds sounds{disk, jobs, counters};
  std::vector<std::string> asked;
  std::map<std::string, Result<std::string, std::string>> server{{"http://a/x", tone_wav()},
                                                                 {"http://a/y", tone_wav()}};
  FetchedSounds fetched{{disk, jobs, sounds, counters, [](std::string_view url) { return std::string(url.substr(9)); },
                         [this](const std::string& url) {
                           asked.push_back(url);
                           return server.at(url);
                         }},
                        "web",
                        1'800};  // one of them, and not two
  TimePoint now{seconds(100)};
  std::vector<Sounds::Loaded> answers;

  void get(const std::string& url) {
    fetched.get(url, 8'000, [this](Sounds::Loaded loaded, TimePoint) { answers.push_back(std::move(loaded)); }, now);
  }
  std::string last_error() { return answers.back() ? "none" : answers.back().error(); }
};

TEST_F(FetchedSoundsTest, AreFetchedOnceAndAgainWhenOldOrGone) {
  get("http://a/x");
  get("http://a/x");
  EXPECT_TRUE(answers.empty());
  jobs.run(now);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[0] && answers[1]);
  get("http://a/x");
  jobs.run(now);
  EXPECT_EQ(asked.size(), 1u);
  now += FetchedSounds::fresh_for + seconds(1);
  get("http://a/x");
  jobs.run(now);
  EXPECT_EQ(asked.size(), 2u);
  get("http://a/y");  // there is room for one file
  jobs.run(now);
  EXPECT_EQ(disk.files.size(), 1u);
  get("http://a/x");
  jobs.run(now);
  EXPECT_EQ(last_error(), "none");
  EXPECT_EQ(asked.size(), 4u);
  EXPECT_EQ(counters.get("sounds_fetched").value(), 4u);
}

TEST_F(FetchedSoundsTest, SayWhyTheyAreNotThere) {
  server.at("http://a/x") = fail(std::string("the server answered 404"));
  get("http://a/x");
  jobs.run(now);
  EXPECT_EQ(last_error(), "the server answered 404");
  server.at("http://a/x") = std::string("<html>");
  get("http://a/x");
  jobs.run(now);
  EXPECT_TRUE(last_error().starts_with("what came is no sound: ")) << last_error();
  EXPECT_TRUE(disk.files.empty());
  for (std::size_t i = 0; i <= FetchedSounds::waiting_max; ++i) get("http://a/x");
  EXPECT_EQ(last_error(), "too many sounds wait to be fetched");
  jobs.run(now);
  EXPECT_EQ(answers.size(), 2 + FetchedSounds::waiting_max + 1);
}

}  // namespace
}  // namespace junctor::media
