// Speech by the drivers of the configuration, through the cache on a real disk.
#include "hub/speech_driver.hpp"

#include <deque>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "audio/goertzel.hpp"
#include "audio/ogg_opus_writer.hpp"
#include "audio/tone.hpp"
#include "audio/wav.hpp"
#include "media/speech.hpp"
#include "net/hashes.hpp"
#include "net/test_service.hpp"

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
  std::string tone_bytes() const {
    audio::MemoryFile file;
    auto wav = audio::WavWriter::create(file, 8000, 1).value();
    std::vector<std::int16_t> samples(8000);
    audio::ToneGenerator(600, -10, 8000).generate(samples);
    EXPECT_TRUE(wav.write(samples) && wav.checkpoint());
    return {file.bytes.begin(), file.bytes.end()};
  }
  std::string tone_file() const {
    const fs::path path = folder / "tone.wav";
    std::ofstream(path, std::ios::binary) << tone_bytes();
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

TEST_F(SpeechDriverTest, AServiceSpeaksOnce) {
  std::vector<net::TestService::Request> asked;
  const std::string tone = tone_bytes();
  net::TestService service({.on_request = [&](const net::TestService::Request& request) {
    asked.push_back(request);
    return net::TestService::Answer{200, tone};
  }});
  settings.driver = config::SpeechDriver::http;
  settings.voice = "olga";
  settings.authorization = {"Bearer secret"};
  settings.url = "http://" + service.authority() + "/say";
  for (int i = 0; i < 2; ++i) {
    const auto sound = got("It's {voice}.");
    ASSERT_TRUE(sound) << sound.error();
    EXPECT_EQ((*sound)->samples.size(), 8000u);
    EXPECT_NEAR(audio::tone_level_dbm0((*sound)->samples, 600, 8000), -10, 1);
  }
  settings.url = "http://" + service.authority() + "/say?voice={voice}&text={text}";
  EXPECT_TRUE(got("Tea & \"coffee\""));
  settings.url = "http://" + service.authority() + "/say";
  settings.body = R"({"input":"{text}","voice":"{voice}"})";
  EXPECT_TRUE(got("Tea & \"coffee\"\n"));
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[0].method, "POST");
  EXPECT_EQ(asked[0].body, "It's {voice}.");
  EXPECT_EQ(asked[0].headers["Authorization"], "Bearer secret");
  EXPECT_EQ(asked[1].method, "GET");
  EXPECT_EQ(asked[1].target, "/say?voice=olga&text=Tea%20%26%20%22coffee%22");
  EXPECT_EQ(asked[2].method, "POST");
  EXPECT_EQ(asked[2].headers["Content-Type"], "application/json");
  EXPECT_EQ(asked[2].body, R"({"input":"Tea & \"coffee\"\u000a","voice":"olga"})");
}

TEST_F(SpeechDriverTest, AServiceMaySendOgg) {
  audio::MemoryFile file;
  auto writer = audio::OggOpusWriter::create(file, 16'000, 1);
  ASSERT_TRUE(writer) << writer.error();
  std::vector<std::int16_t> samples(16'000);
  audio::ToneGenerator(600, -10, 16'000).generate(samples);
  ASSERT_TRUE(writer->write(samples));
  ASSERT_TRUE(writer->finish());
  const std::string ogg(file.bytes.begin(), file.bytes.end());
  net::TestService service({.on_request = [&](const auto&) { return net::TestService::Answer{200, ogg}; }});
  settings.driver = config::SpeechDriver::http;
  settings.url = "http://" + service.authority() + "/say";
  const auto sound = got("Hello.");
  ASSERT_TRUE(sound) << sound.error();
  EXPECT_NEAR(audio::tone_level_dbm0((*sound)->samples, 600, 8000), -10, 1);
}

TEST_F(SpeechDriverTest, AServiceThatFailsIsToldAndNotKept) {
  net::TestService service({.on_request = [](const net::TestService::Request& request) {
    if (request.target == "/nonsense") return net::TestService::Answer{200, "this is not sound"};
    return net::TestService::Answer{429, "later", request.target != "/never"};
  }});
  settings.driver = config::SpeechDriver::http;
  settings.timeout_secs = seconds(1);
  settings.url = "http://" + service.authority() + "/busy";
  EXPECT_EQ(got("Hello.").error(), "the speech service answered 429");
  settings.url = "http://" + service.authority() + "/nonsense";
  EXPECT_THAT(got("Hello.").error(), testing::StartsWith("what came is no sound: "));
  settings.url = "http://" + service.authority() + "/never";
  EXPECT_EQ(got("Hello.").error(), service.authority() + ": took too long");
  EXPECT_EQ(cached(), 0u);
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
