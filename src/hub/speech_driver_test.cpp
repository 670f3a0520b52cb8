// Speech by the drivers of the configuration, through the cache on a real disk.
#include "hub/speech_driver.hpp"

#include <deque>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "audio/tone.hpp"
#include "audio/wav.hpp"
#include "media/speech.hpp"
#include "net/hashes.hpp"

namespace junctor::hub {
namespace {

namespace fs = std::filesystem;

class Jobs final : public JobRunner {
 public:
  bool submit(Job job) override {
    waiting.push_back(std::move(job));
    return true;
  }
  std::deque<Job> waiting;
};

struct SpeechDriverTest : testing::Test {
  fs::path folder = fs::path(testing::TempDir()) / ("junctor-speech-" + std::to_string(::getpid()));
  audio::RealDisk disk;
  Jobs jobs;
  NullLog log;
  Counters counters;
  media::Sounds sounds{disk, jobs, counters};
  media::Speech speech{{disk, jobs, sounds, log, counters, net::sha256_hex}, folder / "sounds"};
  config::Speech settings;

  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }

  media::Sounds::Loaded got(const std::string& text) {
    speech.set_driver(make_speech_driver(settings), settings.voice);
    media::Sounds::Loaded out;
    speech.get({"", text}, 8000, [&](const media::Sounds::Loaded& loaded, TimePoint) { out = loaded; }, {});
    for (; !jobs.waiting.empty(); jobs.waiting.pop_front()) jobs.waiting.front()()({});
    return out;
  }
  void use_script(const std::string& script) {
    settings.driver = config::SpeechDriver::command;
    settings.voice = "olga";
    settings.command = {"/bin/sh", "-c", script, "{voice}", "{text}"};
  }
  std::size_t cached() const {
    return fs::exists(folder / "sounds/cache")
               ? static_cast<std::size_t>(std::distance(fs::directory_iterator(folder / "sounds/cache"), {}))
               : 0;
  }
  /// One second.
  std::string tone_file() const {
    audio::MemoryFile file;
    auto wav = audio::WavWriter::create(file, 8000, 1).value();
    std::vector<std::int16_t> samples(8000);
    audio::ToneGenerator(600, -10, 8000).generate(samples);
    EXPECT_TRUE(wav.write(samples) && wav.checkpoint());
    const fs::path path = folder / "tone.wav";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.bytes.data()), static_cast<std::streamsize>(file.bytes.size()));
    return path;
  }
};

TEST_F(SpeechDriverTest, FliteSpeaks) {
  const auto sound = got("Please wait for the moderator.");
  ASSERT_TRUE(sound) << sound.error();
  EXPECT_GT((*sound)->duration(), seconds(1));
  EXPECT_EQ(cached(), 1u);
}

TEST_F(SpeechDriverTest, ACommandSpeaksOnce) {
  const std::string said = folder / "said";
  use_script("echo \"$0:$1\" >> " + said + "; cat " + tone_file());
  for (int i = 0; i < 2; ++i) {
    const auto sound = got("It's $5 `now` {voice}");
    ASSERT_TRUE(sound) << sound.error();
    EXPECT_EQ((*sound)->samples.size(), 8000u);
  }
  std::ifstream file(said);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "olga:It's $5 `now` {voice}\n");
}

TEST_F(SpeechDriverTest, WithoutAMarkTheTextIsTheInput) {
  use_script("[ \"$(cat)\" = 'Hello there.' ] && cat " + tone_file());
  settings.command.pop_back();
  EXPECT_TRUE(got("Hello there."));
}

TEST_F(SpeechDriverTest, WhatGoesWrongIsToldAndNotKept) {
  use_script("echo this is not sound, whatever it may be called by those who wrote it");
  EXPECT_EQ(got("Hello.").error(), "what was made is no sound: not a WAV file");
  use_script("exit 7");
  EXPECT_EQ(got("Hello.").error(), "/bin/sh ended with status 7");
  use_script("sleep 1000");
  settings.timeout_secs = seconds(1);
  EXPECT_EQ(got("Hello.").error(), "/bin/sh took too long");
  settings = {.driver = config::SpeechDriver::none};
  EXPECT_EQ(got("Hello.").error(), "no speech driver is configured");
  EXPECT_EQ(cached(), 0u);
}

}  // namespace
}  // namespace junctor::hub
