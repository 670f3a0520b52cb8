// One leg's sound and an engine that does what the test says.
#include "transcription/stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace junctor::transcription {
namespace {

using ::testing::HasSubstr;

class Sockets final : public WebSockets {
 public:
  WebSocketId open(const WebSocketRequest&, WebSocketSink& sink) override {
    const WebSocketId id{++opened};
    sinks[id] = &sink;
    return id;
  }
  void send_text(WebSocketId, std::string message) override { texts.push_back(std::move(message)); }
  void send_binary(WebSocketId, std::string message) override {
    sound += message;
    waiting += takes ? 0 : message.size();
  }
  std::size_t unsent(WebSocketId) const override { return waiting; }
  void close(WebSocketId id) override { sinks.erase(id); }

  WebSocketSink* sink() { return sinks.empty() ? nullptr : sinks.begin()->second; }

  std::uint64_t opened = 0;
  std::map<WebSocketId, WebSocketSink*> sinks;
  std::vector<std::string> texts;
  std::string sound;
  std::size_t waiting = 0;
  bool takes = true;
};

struct StreamTest : testing::Test {
  static constexpr std::uint32_t rate = 8000;

  void SetUp() override { use(Dialect::deepgram); }
  void use(Dialect dialect) {
    engine = make_engine({.dialect = dialect, .url = "ws://engine"});
    stream = std::make_unique<Stream>(Stream::Parts{sockets, *engine, counters}, TranscriptionId{1},
                                      Speaker{LegId{7}, PortId{9}, "caller"}, rate, origin);
  }
  void work() { stream->work(now, events); }
  void come_up() {
    work();
    ASSERT_NE(sockets.sink(), nullptr);
    sockets.sink()->on_open({}, now);
  }
  /// Ticks of 20 ms, which hold their number.
  void speak(Duration span) {
    for (Duration t{}; t < span; t += milliseconds(20)) {
      stream->hear(now, std::vector<std::int16_t>(rate / 50, ++tick));
      now += milliseconds(20);
      if (tick % 5 == 0) work();
    }
  }
  void say(const std::string& message) {
    sockets.sink()->on_text({}, message, now);
    work();
  }
  void result(const std::string& text, double start, double duration, bool final) {
    say(R"({"type":"Results","start":)" + std::to_string(start) + R"(,"duration":)" + std::to_string(duration) +
        R"(,"is_final":)" + (final ? "true" : "false") + R"(,"channel":{"alternatives":[{"transcript":")" + text +
        R"("}]}})");
  }
  void cut() {
    WebSocketSink* const sink = sockets.sink();
    sockets.sinks.clear();
    sink->on_closed({}, {0, "gone"}, now);
    work();
  }
  void pass(Duration span) {
    for (Duration t{}; t < span; t += milliseconds(100)) {
      now += milliseconds(100);
      work();
    }
  }
  template <class E>
  std::vector<E> of() const {
    std::vector<E> out;
    for (const Event& event : events)
      if (const E* one = std::get_if<E>(&event)) out.push_back(*one);
    return out;
  }
  int tick_at(std::size_t ticks) const { return static_cast<unsigned char>(sockets.sound.at(ticks * rate / 50 * 2)); }

  Counters counters_of_all;
  StreamCounters counters{counters_of_all};
  Sockets sockets;
  std::shared_ptr<const Engine> engine;
  TimePoint origin = TimePoint() + hours(1);
  TimePoint now = origin + seconds(10);
  std::int16_t tick = 0;
  std::vector<Event> events;
  std::unique_ptr<Stream> stream;
};

TEST_F(StreamTest, TimesAreOfTheMomentWhenItWasSaid) {
  come_up();
  speak(seconds(1));
  now += seconds(3);  // held: nobody sits in the mixer
  speak(seconds(1));
  result("before", 0.5, 0.5, true);
  result("after", 1.0, 0.5, true);
  const auto said = of<Segment>();
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].start, milliseconds(10'500));
  EXPECT_EQ(said[0].end, milliseconds(11'000));
  EXPECT_EQ(said[1].start, milliseconds(14'000));
  EXPECT_EQ(said[1].end, milliseconds(14'500));
  EXPECT_EQ(said[1].side, "caller");
  EXPECT_EQ(said[1].leg, LegId{7});
}

TEST_F(StreamTest, ANewConnectionBeginsWhereTheLastFinalResultEnded) {
  come_up();
  speak(seconds(2));
  result("first", 0, 1, true);
  result("not sure", 1, 0.9, false);
  cut();
  ASSERT_EQ(of<Trouble>().size(), 1u);
  speak(seconds(1));
  sockets.sound.clear();
  come_up();
  EXPECT_EQ(tick_at(0), 51);  // 1 s after the start
  EXPECT_EQ(sockets.sound.size(), 2u * 2 * rate);
  result("second", 0, 1, true);
  EXPECT_EQ(of<Segment>().back().start, milliseconds(11'000));
  EXPECT_EQ(counters.lost_ms.value(), 0u);
}

TEST_F(StreamTest, PausesBetweenTriesGrow) {
  work();
  std::vector<Duration> pauses;
  TimePoint last = now;
  for (int i = 0; i < 8; ++i) {
    cut();
    for (const auto before = sockets.opened; sockets.opened == before;) pass(milliseconds(100));
    pauses.push_back(now - std::exchange(last, now));
  }
  EXPECT_THAT(pauses, testing::ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(30),
                                           seconds(30), seconds(30)));
  EXPECT_EQ(of<Trouble>().size(), 1u);
  EXPECT_EQ(counters.reconnects.value(), 8u);
  come_up();
  speak(seconds(1));
  result("a word", 0, 1, true);
  cut();
  pass(seconds(1));
  EXPECT_EQ(sockets.opened, 10u);
  EXPECT_EQ(of<Trouble>().size(), 2u);
}

TEST_F(StreamTest, WhatIsKeptIsBoundedAndWhatIsLostIsTold) {
  work();
  speak(seconds(60));
  EXPECT_EQ(counters.lost_ms.value(), 55'000u);
  EXPECT_TRUE(of<Lost>().empty());
  come_up();
  work();
  ASSERT_EQ(of<Lost>().size(), 1u);
  EXPECT_EQ(of<Lost>()[0].start, milliseconds(10'000));
  EXPECT_EQ(of<Lost>()[0].end, milliseconds(65'000));
  EXPECT_EQ(of<Lost>()[0].length, milliseconds(55'000));
  EXPECT_EQ(sockets.sound.size(), 5u * 2 * rate);
}

TEST_F(StreamTest, AnEngineThatTakesNothingIsLeft) {
  sockets.takes = false;
  come_up();
  speak(seconds(30));
  EXPECT_LE(sockets.waiting, Stream::unsent_max + 1600);
  ASSERT_EQ(of<Trouble>().size(), 1u);
  EXPECT_THAT(of<Trouble>()[0].error, HasSubstr("takes no sound"));
  EXPECT_GT(counters.lost_ms.value(), 10'000u);
}

TEST_F(StreamTest, AConnectionWithoutSoundIsKeptAlive) {
  come_up();
  pass(seconds(16));
  EXPECT_EQ(sockets.texts, (std::vector<std::string>(3, R"({"type":"KeepAlive"})")));
}

TEST_F(StreamTest, TheLastWordsAreWaitedFor) {
  use(Dialect::vosk);
  come_up();
  speak(seconds(1));
  stream->finish(now);
  work();
  EXPECT_EQ(sockets.texts.back(), R"({"eof":1})");
  pass(seconds(2));
  EXPECT_FALSE(stream->done());
  say(R"({"text":"good bye"})");
  ASSERT_EQ(of<Segment>().size(), 1u);
  EXPECT_EQ(of<Segment>()[0].start, milliseconds(10'000));
  EXPECT_EQ(of<Segment>()[0].end, milliseconds(11'000));
  cut();
  EXPECT_TRUE(stream->done());
  EXPECT_TRUE(of<Trouble>().empty());
}

TEST_F(StreamTest, ButNotForEver) {
  come_up();
  speak(seconds(1));
  stream->finish(now);
  pass(Stream::last_results_max);
  EXPECT_TRUE(stream->done());
  EXPECT_EQ(sockets.sink(), nullptr);
  EXPECT_EQ(counters.lost_ms.value(), 0u);
}

TEST_F(StreamTest, ARefusalIsFinal) {
  work();
  WebSocketSink* const sink = sockets.sink();
  sockets.sinks.clear();
  sink->on_closed({}, {403, "answered 403"}, now);
  speak(seconds(1));
  pass(minutes(1));
  EXPECT_TRUE(stream->done());
  EXPECT_EQ(stream->refusal(), "answered 403");
  EXPECT_EQ(sockets.opened, 1u);
}

TEST_F(StreamTest, TooManyAtOnceIsNone) {
  work();
  WebSocketSink* const sink = sockets.sink();
  sockets.sinks.clear();
  sink->on_closed({}, {429, "answered 429"}, now);
  pass(seconds(2));
  EXPECT_FALSE(stream->done());
  EXPECT_EQ(sockets.opened, 2u);
}

}  // namespace
}  // namespace junctor::transcription
