// From the taps' ring to one connection for each leg.
#include "transcription/session.hpp"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "audio/goertzel.hpp"
#include "audio/tone.hpp"

namespace junctor::transcription {
namespace {

/// Engines that listen and say nothing.
class Sockets final : public WebSockets {
 public:
  struct Line {
    WebSocketSink* sink = nullptr;
    std::string url;
    std::vector<std::int16_t> samples;
  };

  WebSocketId open(const WebSocketRequest& request, WebSocketSink& sink) override {
    lines.push_back({&sink, request.url, {}});
    return {lines.size()};
  }
  void send_text(WebSocketId, std::string) override {}
  void send_binary(WebSocketId id, std::string message) override {
    for (std::size_t i = 0; i + 1 < message.size(); i += 2)
      lines.at(id.value - 1)
          .samples.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(message[i]) |
                                                       static_cast<unsigned char>(message[i + 1]) << 8));
  }
  std::size_t unsent(WebSocketId) const override { return 0; }
  void close(WebSocketId id) override {
    if (id) lines.at(id.value - 1).sink = nullptr;
  }

  std::vector<Line> lines;
};

struct SessionTest : testing::Test {
  void begin(std::uint32_t ring_rate, std::uint32_t rate, std::size_t ring_bytes = 1 << 20) {
    ring = std::make_shared<media::TapRing>(ring_rate, media::TapWants{}, ring_bytes);
    session = std::make_unique<Session>(sockets, counters,
                                        Beginning{TranscriptionId{1},
                                                  make_engine({.dialect = Dialect::deepgram, .url = "ws://engine"}),
                                                  rate,
                                                  ring,
                                                  {{LegId{1}, PortId{11}, "caller"}, {LegId{2}, PortId{12}, "callee"}},
                                                  now});
    work();
  }
  void work() {
    session->work(now, events);
    for (std::size_t i = 0; i < sockets.lines.size(); ++i) {
      if (i >= open) sockets.lines[i].sink->on_open({i + 1}, now);
      open = std::max(open, i + 1);
    }
  }
  /// Each port says its tone into the ring.
  void talk(Duration span, std::map<std::uint64_t, audio::ToneGenerator>& voices, bool read = true) {
    std::vector<std::int16_t> samples(ring->rate() / 50);
    for (Duration t{}; t < span; t += milliseconds(20)) {
      ring->begin(now);
      for (auto& [port, tone] : voices) {
        tone.generate(samples);
        ring->add(PortId{port}, samples);
      }
      ring->commit();
      now += milliseconds(20);
      if (read && t % milliseconds(100) == Duration()) work();
    }
    if (read) work();
  }
  double level(std::size_t line, double hz, double rate, std::size_t from = 2000) {
    const auto& samples = sockets.lines.at(line).samples;
    return audio::tone_level_dbm0(std::span(samples).subspan(from), hz, rate);
  }
  template <class E>
  std::vector<E> of() const {
    std::vector<E> out;
    for (const Event& event : events)
      if (const E* one = std::get_if<E>(&event)) out.push_back(*one);
    return out;
  }

  Counters counters_of_all;
  StreamCounters counters{counters_of_all};
  Sockets sockets;
  std::size_t open = 0;
  TimePoint now = TimePoint() + hours(1);
  std::vector<Event> events;
  std::shared_ptr<media::TapRing> ring;
  std::unique_ptr<Session> session;
};

TEST_F(SessionTest, EachVoiceHasItsConnectionAtTheEnginesRate) {
  begin(48'000, 16'000);
  ASSERT_EQ(sockets.lines.size(), 2u);
  EXPECT_THAT(sockets.lines[0].url, testing::HasSubstr("sample_rate=16000"));
  std::map<std::uint64_t, audio::ToneGenerator> voices;
  voices.emplace(11, audio::ToneGenerator(440, -10, 48'000));
  voices.emplace(12, audio::ToneGenerator(3000, -10, 48'000));
  talk(seconds(1), voices);
  EXPECT_EQ(sockets.lines[0].samples.size(), 16'000u);
  EXPECT_NEAR(level(0, 440, 16'000), -10, 0.5);
  EXPECT_LT(level(0, 3000, 16'000), -60);
  EXPECT_NEAR(level(1, 3000, 16'000), -10, 0.5);
  EXPECT_LT(level(1, 440, 16'000), -60);
  EXPECT_EQ(of<Started>().size(), 1u);
}

TEST_F(SessionTest, ALegKeepsItsConnectionInAnotherMixerAndOnAnotherPort) {
  begin(8000, 8000);
  std::map<std::uint64_t, audio::ToneGenerator> voices;
  voices.emplace(11, audio::ToneGenerator(440, -10, 8000));
  talk(seconds(1), voices);
  ring = std::make_shared<media::TapRing>(16'000, media::TapWants{}, 1 << 20);
  session->change({Change::Follow{ring}});
  session->change({Change::Speakers{{{LegId{1}, PortId{21}, "caller"}, {LegId{3}, PortId{23}, "callee"}}}});
  work();
  voices.clear();
  voices.emplace(21, audio::ToneGenerator(600, -10, 16'000));
  voices.emplace(23, audio::ToneGenerator(880, -10, 16'000));
  talk(seconds(1), voices);
  ASSERT_EQ(sockets.lines.size(), 3u);
  EXPECT_EQ(sockets.lines[0].samples.size(), 16'000u);
  EXPECT_NEAR(level(0, 600, 8000, 9000), -10, 0.5);
  EXPECT_NEAR(level(2, 880, 8000), -10, 0.5);
  EXPECT_EQ(sockets.lines[1].samples.size(), 8000u);  // who left has said nothing, which the engine heard
  EXPECT_EQ(counters.lost_ms.value(), 0u);
}

TEST_F(SessionTest, WhatARingLosesIsTold) {
  begin(8000, 8000, 16 << 10);
  std::map<std::uint64_t, audio::ToneGenerator> voices;
  voices.emplace(11, audio::ToneGenerator(440, -10, 8000));
  talk(seconds(2), voices, false);
  talk(milliseconds(100), voices);
  const auto lost = of<Lost>();
  ASSERT_EQ(lost.size(), 2u);  // of each side
  EXPECT_GT(lost[0].length, milliseconds(500));
  EXPECT_EQ(lost[0].length, milliseconds(20 * ring->lost()));
  EXPECT_EQ(lost[0].end - lost[0].start, lost[0].length);
}

TEST_F(SessionTest, EndsWhenEveryLegHasHadItsLastWord) {
  begin(8000, 8000);
  session->change({Change::Stop{}});
  work();
  EXPECT_FALSE(session->done());
  for (const std::uint64_t id : {1u, 2u})
    std::exchange(sockets.lines[id - 1].sink, nullptr)->on_closed({id}, {0, ""}, now);
  work();
  EXPECT_TRUE(session->done());
  ASSERT_EQ(of<Ended>().size(), 1u);
  EXPECT_EQ(of<Ended>()[0].reason, EndReason::stopped);
}

}  // namespace
}  // namespace junctor::transcription
