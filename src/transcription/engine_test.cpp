// What each dialect says and understands.
#include "transcription/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace junctor::transcription {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

EngineResult result_of(const Engine& engine, std::string_view message) {
  const auto parsed = engine.parse(message);
  EXPECT_TRUE(parsed) << parsed.error();
  if (!parsed || !std::holds_alternative<EngineResult>(*parsed)) return {.text = "no result"};
  return std::get<EngineResult>(*parsed);
}

TEST(Deepgram, AsksForWhatItSends) {
  const auto engine = make_engine({.dialect = Dialect::deepgram,
                                   .url = "wss://api.test/v1/listen?model=nova&language=de",
                                   .token = "t0ken",
                                   .language = "en",
                                   .interim = false});
  const WebSocketRequest request = engine->request(16'000);
  EXPECT_EQ(request.url,
            "wss://api.test/v1/listen?model=nova&language=de&encoding=linear16&sample_rate=16000&channels=1"
            "&interim_results=false");
  EXPECT_THAT(request.headers, ElementsAre(Pair("Authorization", "Token t0ken")));
  EXPECT_EQ(engine->opening(16'000), "");
  EXPECT_EQ(engine->keep_alive(), R"({"type":"KeepAlive"})");
  EXPECT_EQ(engine->ending(), R"({"type":"CloseStream"})");
}

TEST(Deepgram, ResultsHaveTimes) {
  const auto engine = make_engine({.dialect = Dialect::deepgram, .url = "ws://a"});
  const EngineResult result = result_of(*engine, R"({"type":"Results","channel_index":[0,1],"duration":1.98,
    "start":5.99,"is_final":true,"speech_final":true,"channel":{"alternatives":[{"transcript":"Grüß Gott",
    "confidence":0.99,"words":[{"word":"grüß","start":5.99,"end":6.2,"confidence":0.98}]},{"transcript":"other"}]}})");
  EXPECT_EQ(result.text, "Grüß Gott");
  EXPECT_TRUE(result.final);
  EXPECT_DOUBLE_EQ(result.start_secs.value(), 5.99);
  EXPECT_DOUBLE_EQ(result.end_secs.value(), 7.97);
  EXPECT_DOUBLE_EQ(result.confidence, 0.99);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*engine->parse(R"({"type":"Metadata","duration":1})")));
  EXPECT_EQ(std::get<EngineComplaint>(*engine->parse(R"({"type":"Error","description":"no\nmoney"})")).text,
            "no money");
}

TEST(Vosk, SaysTheRateFirst) {
  const auto engine = make_engine({.dialect = Dialect::vosk, .url = "ws://127.0.0.1:2700", .language = "de"});
  EXPECT_EQ(engine->request(8000).url, "ws://127.0.0.1:2700");
  EXPECT_TRUE(engine->request(8000).headers.empty());
  EXPECT_EQ(engine->opening(8000), R"({"config":{"sample_rate":8000,"words":true,"language":"de"}})");
  EXPECT_EQ(engine->ending(), R"({"eof":1})");
}

TEST(Vosk, TimesAreThoseOfTheWords) {
  const auto engine = make_engine({.dialect = Dialect::vosk});
  const EngineResult result = result_of(*engine, R"({"result" : [{"conf" : 1.0, "end" : 0.9, "start" : 0.3,
    "word" : "hello"}, {"conf" : 0.5, "end" : 1.5, "start" : 1.0, "word" : "you"}], "text" : "hello you"})");
  EXPECT_EQ(result.text, "hello you");
  EXPECT_TRUE(result.final);
  EXPECT_DOUBLE_EQ(result.start_secs.value(), 0.3);
  EXPECT_DOUBLE_EQ(result.end_secs.value(), 1.5);
  EXPECT_DOUBLE_EQ(result.confidence, 0.75);
  const EngineResult partial = result_of(*engine, R"({"partial" : "hel"})");
  EXPECT_EQ(partial.text, "hel");
  EXPECT_FALSE(partial.final);
  EXPECT_FALSE(partial.start_secs);
  const auto silent = make_engine({.dialect = Dialect::vosk, .interim = false});
  EXPECT_EQ(result_of(*silent, R"({"partial" : "hel"})").text, "");
}

TEST(Engines, TextsAreCutBetweenCharacters) {
  const auto engine = make_engine({.dialect = Dialect::vosk});
  std::string text = "x";
  while (text.size() <= Engine::text_bytes_max) text += "é";
  EXPECT_EQ(result_of(*engine, R"({"text":")" + text + R"("})").text.size(), Engine::text_bytes_max - 1);
}

TEST(Engines, SamplesAreLittleEndian) {
  const std::int16_t samples[] = {1, -2};
  EXPECT_EQ(linear16(samples), std::string("\x01\x00\xfe\xff", 4));
}

}  // namespace
}  // namespace junctor::transcription
