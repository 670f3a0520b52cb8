// Files as sounds: decoded in a job, once as long as the file stays what it is.
#include "media/sounds.hpp"

#include <deque>
#include <gtest/gtest.h>

#include "audio/goertzel.hpp"
#include "audio/tone.hpp"
#include "audio/wav.hpp"

namespace junctor::media {
namespace {

class Jobs final : public JobRunner {
 public:
  bool submit(Job job) override {
    if (refuse) return false;
    waiting.push_back(std::move(job));
    return true;
  }
  void run() {
    while (!waiting.empty()) {
      const auto result = waiting.front()();
      waiting.pop_front();
      if (result) result(TimePoint{});
    }
  }
  std::deque<Job> waiting;
  bool refuse = false;
};

struct SoundsTest : testing::Test {
  audio::MemoryDisk disk;
  Jobs jobs;
  Counters counters;
  Sounds sounds{disk, jobs, counters, 100'000};
  std::vector<Sounds::Loaded> answers;

  void write(const std::string& path, double hz, int ms, int rate = 8000) {
    disk.files.erase(path);
    auto file = disk.open(path, audio::OpenMode::create).value();
    auto wav = audio::WavWriter::create(*file, rate, 1).value();
    std::vector<std::int16_t> samples(static_cast<std::size_t>(rate / 100 * (ms / 10)));
    audio::ToneGenerator(hz, -10, rate).generate(samples);
    ASSERT_TRUE(wav.write(samples));
    ASSERT_TRUE(wav.checkpoint());
  }
  void get(const std::string& path, std::uint32_t rate = 8000) {
    sounds.get(path, rate, [this](Sounds::Loaded loaded, TimePoint) { answers.push_back(std::move(loaded)); }, {});
  }
  Sounds::Loaded got(const std::string& path, std::uint32_t rate = 8000) {
    get(path, rate);
    jobs.run();
    return answers.back();
  }
  std::uint64_t count(const char* name) { return counters.get(name).value(); }
};

TEST_F(SoundsTest, a_file_is_brought_to_the_rate_that_is_wanted) {
  write("a.wav", 1000, 500, 44'100);
  for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
    const auto sound = got("a.wav", rate);
    ASSERT_TRUE(sound) << sound.error();
    EXPECT_EQ((*sound)->rate, rate);
    EXPECT_EQ((*sound)->samples.size(), rate / 2);
    EXPECT_NEAR(audio::tone_level_dbm0((*sound)->samples, 1000, rate), -10, 0.2);
    // No delay: the first period is where it was.
    const auto peak = std::max_element((*sound)->samples.begin(), (*sound)->samples.begin() + rate / 1000);
    EXPECT_NEAR(static_cast<double>(peak - (*sound)->samples.begin()), rate / 4000.0, rate / 8000.0);
  }
  EXPECT_EQ(count("sounds_decoded"), 3u);
}

TEST_F(SoundsTest, it_is_decoded_once_until_the_file_changes) {
  write("a.wav", 1000, 500);
  get("a.wav");
  get("a.wav");
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(jobs.waiting.size(), 1u);
  jobs.run();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0], answers[1]);
  const auto first = answers[0];
  EXPECT_EQ(got("a.wav"), first);
  EXPECT_EQ(count("sounds_decoded"), 1u);
  EXPECT_EQ(count("sounds_from_cache"), 1u);
  write("a.wav", 1000, 250);
  EXPECT_EQ((*got("a.wav"))->samples.size(), 2000u);
  EXPECT_EQ(sounds.bytes(), 4000u);
  disk.files.clear();
  EXPECT_EQ(got("a.wav").error(), "No such file or directory");
  EXPECT_EQ(sounds.bytes(), 0u);
}

TEST_F(SoundsTest, what_is_longest_out_of_use_goes_first) {
  for (const char* name : {"a", "b", "c"}) write(name, 500, 2500);  // 40,000 bytes each
  const auto a = got("a");
  got("b");
  got("a");
  got("c");
  EXPECT_EQ(sounds.bytes(), 80'000u);
  EXPECT_EQ(count("sounds_evicted"), 1u);
  EXPECT_EQ(got("a"), a);
  EXPECT_EQ(count("sounds_decoded"), 3u);
  got("b");
  EXPECT_EQ(count("sounds_decoded"), 4u);
}

TEST_F(SoundsTest, faults_are_told_and_a_late_job_finds_nobody) {
  disk.files["bad"] = std::make_shared<audio::MemoryDisk::File>();
  EXPECT_EQ(got("bad").error(), "the file is empty");
  write("silent.wav", 500, 0);
  EXPECT_EQ(got("silent.wav").error(), "it holds no sound");
  jobs.refuse = true;
  EXPECT_EQ(got("a.wav").error(), "the hub is busy: try again");
  jobs.refuse = false;
  write("a.wav", 500, 100);
  answers.clear();
  {
    Sounds brief(disk, jobs, counters);
    brief.get("a.wav", 8000, [this](Sounds::Loaded loaded, TimePoint) { answers.push_back(loaded); }, {});
  }
  jobs.run();
  EXPECT_TRUE(answers.empty());
  for (std::size_t i = 0; i < Sounds::waiting_max; ++i) get("a.wav");
  EXPECT_TRUE(answers.empty());
  get("a.wav");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0]);
}

TEST_F(SoundsTest, a_sound_above_the_bound_is_refused) {
  // 12 minutes at 48 kHz are 69 MB; as a file of 8 kHz they are 11.5 MB.
  write("long.wav", 500, 720'000);
  EXPECT_EQ(got("long.wav", 48000).error(), "it is longer than 699 seconds, the most that can be played at 48000 Hz");
}

}  // namespace
}  // namespace junctor::media
