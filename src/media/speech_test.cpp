// Texts as sounds: spoken once, found again on the disk, replaced by a recording.
#include "media/speech.hpp"

#include <deque>
#include <gtest/gtest.h>

#include "audio/goertzel.hpp"
#include "audio/tone.hpp"
#include "audio/wav.hpp"

namespace junctor::media {
namespace {

std::string tone_wav(double hz, int ms) {
  audio::MemoryFile file;
  auto wav = audio::WavWriter::create(file, 16'000, 1).value();
  std::vector<std::int16_t> samples(static_cast<std::size_t>(16 * ms));
  audio::ToneGenerator(hz, -10, 16'000).generate(samples);
  EXPECT_TRUE(wav.write(samples) && wav.checkpoint());
  return {file.bytes.begin(), file.bytes.end()};
}

/// Speaks a tone.
class Driver final : public audio::SpeechDriver {
 public:
  Result<std::string, std::string> speak(const std::string& text, const std::string& voice) override {
    spoken.push_back(voice + ':' + text);
    return answer;
  }
  std::string identity() const override { return name; }

  std::string name = "test";
  std::vector<std::string> spoken;
  Result<std::string, std::string> answer = tone_wav(700, 200);
};

class Jobs final : public JobRunner {
 public:
  bool submit(Job job) override {
    if (refuse) return false;
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
  bool refuse = false;
};

class Lines final : public Log {
 public:
  void write(LogLevel, std::string_view message, std::initializer_list<LogField>) override {
    lines.emplace_back(message);
  }
  std::vector<std::string> lines;
};

std::string name_of(std::string_view text) {
  return std::to_string(std::hash<std::string_view>()(text));
}

struct SpeechTest : testing::Test {
  audio::MemoryDisk disk;
  Jobs jobs;
  Counters counters;
  Lines log;
  Sounds sounds{disk, jobs, counters};
  std::unique_ptr<Speech> speech = make();
  std::shared_ptr<Driver> driver = std::make_shared<Driver>();
  TimePoint now{seconds(100)};
  std::vector<Sounds::Loaded> answers;

  std::unique_ptr<Speech> make() {
    return std::make_unique<Speech>(Speech::Parts{disk, jobs, sounds, log, counters, name_of}, "sounds", 20'000);
  }
  void SetUp() override { speech->set_driver(driver, "slt"); }
  void ask(const std::string& text, const std::string& name = "", std::uint32_t rate = 8000) {
    speech->get(
        {name, text}, rate, [this](const Sounds::Loaded& loaded, TimePoint) { answers.push_back(loaded); }, now);
  }
  Sounds::Loaded got(const std::string& text, const std::string& name = "", std::uint32_t rate = 8000) {
    ask(text, name, rate);
    jobs.run(now);
    return answers.back();
  }
  std::uint64_t count(const char* name) { return counters.get(name).value(); }
};

TEST_F(SpeechTest, a_text_is_spoken_once_for_every_rate_and_every_start) {
  for (const std::uint32_t rate : {8000u, 16'000u, 48'000u}) {
    const auto sound = got("Hello.", "", rate);
    ASSERT_TRUE(sound) << sound.error();
    EXPECT_EQ((*sound)->samples.size(), rate / 5);
    EXPECT_NEAR(audio::tone_level_dbm0((*sound)->samples, 700, static_cast<int>(rate)), -10, 0.3);
  }
  speech = make();
  speech->set_driver(driver, "slt");
  EXPECT_TRUE(got("Hello."));
  EXPECT_EQ(driver->spoken, std::vector<std::string>{"slt:Hello."});
  EXPECT_EQ(count("speech_made"), 1u);
  EXPECT_EQ(count("speech_from_cache"), 3u);
}

TEST_F(SpeechTest, another_voice_driver_or_text_is_another_sound) {
  got("Hello.");
  got("Hello!");
  speech->set_driver(driver, "rms");
  got("Hello.");
  driver->name = "another";
  got("Hello.");
  EXPECT_EQ(driver->spoken.size(), 4u);
  EXPECT_EQ(disk.find("sounds/cache", ".wav")->size(), 3u);  // three of 6.4 kB; one more would be above the bound
}

TEST_F(SpeechTest, those_who_ask_together_wait_for_one) {
  for (int i = 0; i < 5; ++i) ask("Hello.");
  jobs.run(now);
  ASSERT_EQ(answers.size(), 5u);
  for (const auto& answer : answers) EXPECT_TRUE(answer);
  EXPECT_EQ(driver->spoken.size(), 1u);
}

TEST_F(SpeechTest, texts_are_spoken_one_after_the_other) {
  ask("one");
  ask("two");
  while (driver->spoken.empty()) {
    jobs.waiting.front()()(now);
    jobs.waiting.pop_front();
  }
  // The second is not spoken before the first one is told.
  EXPECT_EQ(driver->spoken.size(), 1u);
  jobs.run(now);
  EXPECT_EQ(driver->spoken.size(), 2u);
  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(SpeechTest, a_recording_is_heard_instead_with_or_without_a_driver) {
  ASSERT_TRUE(disk.replace("sounds/pin.wav", tone_wav(1200, 100)));
  auto sound = got("Hello.", "pin");
  ASSERT_TRUE(sound);
  EXPECT_NEAR(audio::tone_level_dbm0((*sound)->samples, 1200, 8000), -10, 0.3);
  speech->set_driver(nullptr, "");
  EXPECT_TRUE(got("Hello.", "pin"));
  EXPECT_TRUE(driver->spoken.empty());
  EXPECT_EQ(count("speech_recorded"), 2u);
  EXPECT_EQ(got("Hello.").error(), "no speech driver is configured");
  EXPECT_TRUE(log.lines.empty());
}

TEST_F(SpeechTest, what_is_no_sound_is_not_kept) {
  const std::string good = *driver->answer;
  for (const std::string& bad : {std::string(), std::string("not a sound at all, by any means, whatever it is called"),
                                 good.substr(0, 30), good.substr(0, 44)}) {
    driver->answer = bad;
    EXPECT_FALSE(got("Hello."));
    now += Speech::pause_after_failure;
  }
  EXPECT_TRUE(disk.files.empty());
  EXPECT_EQ(log.lines.size(), 4u);
  driver->answer = good;
  EXPECT_TRUE(got("Hello."));
}

TEST_F(SpeechTest, a_length_that_the_driver_could_not_know_is_mended) {
  std::string wav = *driver->answer;
  wav.replace(4, 4, "\xff\xff\xff\x7f");
  wav.replace(40, 4, "\xff\xff\xff\x7f");
  driver->answer = wav;
  const auto sound = got("Hello.");
  ASSERT_TRUE(sound) << sound.error();
  EXPECT_EQ((*sound)->samples.size(), 1600u);
}

TEST_F(SpeechTest, a_driver_that_failed_is_left_alone_for_a_while) {
  driver->answer = fail(std::string("is broken"));
  EXPECT_EQ(got("one").error(), "is broken");
  EXPECT_EQ(got("two").error(), "the speech driver has just failed");
  EXPECT_EQ(driver->spoken.size(), 1u);
  EXPECT_EQ(log.lines.size(), 1u);
  now += Speech::pause_after_failure;
  driver->answer = tone_wav(700, 200);
  EXPECT_TRUE(got("two"));
}

TEST_F(SpeechTest, a_disk_that_takes_nothing_is_a_failure) {
  disk.broken = true;
  EXPECT_EQ(got("Hello.").error(), "sounds/cache: Input/output error");
  disk.broken = false;
  now += Speech::pause_after_failure;
  EXPECT_TRUE(got("Hello."));
}

TEST_F(SpeechTest, the_oldest_files_make_room) {
  for (int i = 0; i < 10; ++i) got("text " + std::to_string(i));
  EXPECT_LE(disk.find("sounds/cache", ".wav")->size(), 3u);
  got("text 9");
  EXPECT_EQ(driver->spoken.size(), 10u);
  got("text 0");
  EXPECT_EQ(driver->spoken.size(), 11u);
}

TEST_F(SpeechTest, what_is_too_much_is_refused) {
  ask(std::string(Speech::text_bytes_max + 1, 'a'));
  EXPECT_EQ(answers.back().error(), "the text is too long");
  for (std::size_t i = 0; i <= Speech::waiting_max; ++i) ask("Hello.");
  EXPECT_EQ(answers.back().error(), "too many texts wait to be spoken");
  jobs.run(now);
  EXPECT_EQ(answers.size(), Speech::waiting_max + 2);
  jobs.refuse = true;
  EXPECT_EQ(got("busy").error(), "the hub is busy: try again");
}

TEST_F(SpeechTest, nobody_is_told_when_it_is_gone) {
  ask("Hello.");
  speech.reset();
  jobs.run(now);
  EXPECT_TRUE(answers.empty());
}

}  // namespace
}  // namespace junctor::media
