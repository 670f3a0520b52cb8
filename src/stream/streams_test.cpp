// The control side, with a media worker of the test's own and sockets that do what the test says.
#include "stream/streams.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <random>

#include "stream/program_fixture.hpp"

namespace junctor::stream {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{4};
};

struct Plane final : media::Plane {
  std::optional<media::PortLease> take_port(Family, std::optional<std::uint32_t>) override { return std::nullopt; }
  void command(std::uint32_t, media::Command command) override {
    if (const auto* open = std::get_if<media::OpenTap>(&command)) taps.push_back(*open);
    if (std::holds_alternative<media::CloseTap>(command)) ++closed;
  }
  media::PortLease move_port(const media::PortLease& lease, std::uint32_t) override { return lease; }

  std::vector<media::OpenTap> taps;
  std::size_t closed = 0;
};

struct Socket final : WebTalker {
  void send_text(WebId, std::string message) override { texts.push_back(std::move(message)); }
  void send_binary(WebId, std::string message) override { frames.push_back(std::move(message)); }
  std::size_t unsent(WebId) const override { return 0; }
  void close(WebId, std::uint16_t, std::string) override { closed = true; }

  std::vector<std::string> texts, frames;
  bool closed = false;
};

struct Sockets final : WebSockets {
  WebSocketId open(const WebSocketRequest& request, WebSocketSink& its_sink) override {
    requests.push_back(request);
    sink = &its_sink;
    return {requests.size()};
  }
  void send_text(WebSocketId, std::string message) override { socket.send_text({}, std::move(message)); }
  void send_binary(WebSocketId, std::string message) override { socket.send_binary({}, std::move(message)); }
  std::size_t unsent(WebSocketId) const override { return 0; }
  void close(WebSocketId id) override {
    if (id.value == requests.size()) sink = nullptr;
  }

  std::vector<WebSocketRequest> requests;
  WebSocketSink* sink = nullptr;
  Socket socket;
};

struct StreamsTest : testing::Test {
  static constexpr media::MixerId mixer_id = media::make_mixer_id(0, 7);

  Source source(std::uint32_t rate = 8000) { return {mixer_id, rate, PortId{5}}; }
  SessionSettings settings(Direction direction = Direction::sendrecv) {
    return {.direction = direction, .format = {Codec::l16, 8000, 1, 20}};
  }
  void advance(Duration span) {
    now += span;
    timers.advance(now);
    streams.deliver(now);
  }
  template <class E>
  std::vector<E> of() const {
    std::vector<E> out;
    for (const Event& event : events)
      if (const E* one = std::get_if<E>(&event)) out.push_back(*one);
    return out;
  }

  TimePoint now{hours(1)};
  TimerWheel timers{now};
  SeededRandom random;
  Counters counters;
  Plane plane;
  Sockets sockets;
  int programs_roused = 0;
  std::vector<WebId> servants_roused;
  DialledPrograms programs{sockets, [this] { ++programs_roused; }};
  std::vector<Event> events;
  Streams streams{{plane, timers, random, counters, programs},
                  {.servant = [this](WebId id) { servants_roused.push_back(id); }, .control = [] {}},
                  [this](const Event& event, TimePoint) { events.push_back(event); }};
};

TEST_F(StreamsTest, a_media_socket_gets_the_session_and_gives_it_back) {
  const auto opened = streams.open(settings(), source(), now);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->id.size(), stream_id_length);
  ASSERT_EQ(plane.taps.size(), 1u);
  EXPECT_EQ(streams.take("unknown1", {3}), nullptr);
  Socket socket;
  auto servant = streams.take(opened->id, {3});
  ASSERT_NE(servant, nullptr);
  EXPECT_EQ(streams.take(opened->id, {4}), nullptr);
  servant->on_open({3}, socket, now);
  EXPECT_THAT(socket.texts.at(0), HasSubstr(R"("event":"started")"));
  servant->on_binary(std::string(320 * 10, '\2'), now);
  servant->work(now);
  Samples heard(160);
  EXPECT_EQ(opened->feed->take(heard), 160u);

  streams.press(opened->id, '5', now);
  EXPECT_EQ(servants_roused, std::vector<WebId>{{3}});
  servant->work(now);
  EXPECT_EQ(socket.texts.back(), R"({"event":"dtmf","digit":"5"})");

  servant->on_closed({1006, ""}, now);
  streams.press(opened->id, '6', now);
  servant.reset();
  EXPECT_TRUE(streams.deliver(now));
  EXPECT_TRUE(events.empty());
  Socket second;
  servant = streams.take(opened->id, {9});
  ASSERT_NE(servant, nullptr);
  servant->on_open({9}, second, now);
  EXPECT_EQ(second.texts.size(), 1u);  // a key that was pressed meanwhile is gone

  streams.stop(opened->id, "call ended", now);
  EXPECT_EQ(plane.closed, 1u);
  EXPECT_FALSE(streams.is_open(opened->id));
  EXPECT_EQ(streams.size(), 1u);
  servant->work(now);
  EXPECT_THAT(second.texts.back(), HasSubstr(R"("stopped","reason":"call ended")"));
  EXPECT_TRUE(second.closed);
  servant->on_closed({1000, ""}, now);
  streams.deliver(now);
  EXPECT_EQ(streams.size(), 0u);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(StreamsTest, one_that_nobody_uses_ends_and_one_that_was_never_served_comes_back) {
  const auto opened = streams.open(settings(), source(), now);
  advance(seconds(29));
  auto servant = streams.take(opened->id, {1});
  servant.reset();  // whoever asked is gone before it was answered
  advance(seconds(1));
  EXPECT_TRUE(events.empty());
  advance(seconds(29));
  EXPECT_TRUE(events.empty());
  advance(seconds(2));
  ASSERT_EQ(of<Ended>().size(), 1u);
  EXPECT_EQ(of<Ended>()[0].id, opened->id);
  EXPECT_EQ(streams.size(), 0u);
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(StreamsTest, frames_of_the_control_socket_are_heard) {
  const auto opened = streams.open(settings(Direction::send), source(), now);
  EXPECT_TRUE(plane.taps.empty());
  const std::string sound(16'000, '\3');
  ASSERT_TRUE(streams.on_frame(opened->id, {.rate = 8000, .samples = sound}, now));
  EXPECT_FALSE(streams.on_frame(opened->id, {.rate = 16'000, .samples = sound}, now));
  EXPECT_FALSE(streams.on_frame("abcdefgh", {.rate = 8000, .samples = sound}, now));
  Samples heard(160);
  std::size_t taken = 0;
  for (int i = 0; i < 60; ++i) {
    taken += opened->feed->take(heard);
    advance(milliseconds(20));
  }
  EXPECT_EQ(taken, 8000u);
  streams.stop(opened->id, "over", now);
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(StreamsTest, it_follows_its_call_to_another_mixer) {
  const auto opened = streams.open(settings(), source(), now);
  Socket socket;
  const auto servant = streams.take(opened->id, {1});
  servant->on_open({1}, socket, now);
  const auto feed = streams.follow(opened->id, source(16'000), now);
  EXPECT_EQ(plane.closed, 1u);
  ASSERT_EQ(plane.taps.size(), 2u);
  EXPECT_EQ(plane.taps[1].ring->rate(), 16'000u);
  opened->feed->end();
  servant->on_binary(std::string(16'000, '\4'), now);
  servant->work(now);
  Samples heard(320);
  EXPECT_EQ(opened->feed->take(heard), 0u);
  EXPECT_EQ(feed->take(heard), 320u);
}

TEST_F(StreamsTest, there_are_only_so_many) {
  std::vector<StreamId> ids;
  for (std::size_t i = 0; i < Streams::streams_max; ++i) ids.push_back(streams.open(settings(), source(), now)->id);
  EXPECT_FALSE(streams.open(settings(), source(), now));
  EXPECT_EQ(counters.get("streams_refused_full").value(), 1u);
  streams.stop(ids[3], "", now);
  EXPECT_TRUE(streams.open(settings(), source(), now));
}

TEST_F(StreamsTest, a_program_is_dialled_and_presses_keys) {
  const auto target = BridgeTarget::parse("voip_bridge:ws://bot.test/x?samplerate=16000&timeout_ms=2000");
  const auto opened = streams.dial(*target, {"c1", "l1", "100", "200"}, source(), now);
  ASSERT_TRUE(opened);
  EXPECT_EQ(programs_roused, 1);
  programs.run_once(now);
  ASSERT_EQ(sockets.requests.size(), 1u);
  EXPECT_EQ(sockets.requests[0].url, "ws://bot.test/x");
  sockets.sink->on_open({1}, now);
  const auto start = json::parse(sockets.socket.texts.at(0)).as_object();
  EXPECT_EQ(start.at("type"), "start");
  EXPECT_EQ(start.at("caller"), "100");
  sockets.sink->on_text({1}, R"({"type":"dtmf","digit":"12"})", now);
  streams.deliver(now);
  ASSERT_EQ(of<KeysPressed>().size(), 1u);
  EXPECT_EQ(of<KeysPressed>()[0].digits, "12");
  sockets.sink->on_binary({1}, std::string(640 * 6, '\1'), now);
  Samples heard(160);
  EXPECT_EQ(opened->feed->take(heard), 160u);
  streams.press(opened->id, '9', now);
  programs.run_once(now);
  EXPECT_THAT(sockets.socket.texts.back(), HasSubstr(R"("digit":"9")"));
  programs.run_once(now + milliseconds(1999));
  EXPECT_NE(sockets.sink, nullptr);
  programs.run_once(now + milliseconds(2000));
  EXPECT_EQ(sockets.sink, nullptr);
  streams.deliver(now);
  ASSERT_EQ(of<Ended>().size(), 1u);
  EXPECT_THAT(of<Ended>()[0].reason, HasSubstr("nothing came"));
  EXPECT_EQ(streams.size(), 0u);
}

TEST_F(StreamsTest, a_program_that_cannot_be_dialled_is_told_with_its_reason_and_one_that_is_stopped_hears_so) {
  const auto target = BridgeTarget::parse("bridge:ws://bot.test/");
  streams.dial(*target, {}, source(), now);
  programs.run_once(now);
  sockets.sink->on_closed({1}, {404, "answered 404 Not Found"}, now);
  streams.deliver(now);
  ASSERT_EQ(of<Ended>().size(), 1u);
  EXPECT_EQ(of<Ended>()[0].reason, "answered 404 Not Found");

  const auto second = streams.dial(*target, {}, source(), now);
  programs.run_once(now);
  sockets.sink->on_open({2}, now);
  streams.stop(second->id, "call ended", now);
  programs.run_once(now);
  EXPECT_EQ(sockets.socket.texts.back(), R"({"type":"stop","reason":"call ended"})");
  EXPECT_EQ(sockets.sink, nullptr);
  streams.deliver(now);
  EXPECT_EQ(streams.size(), 0u);
  EXPECT_EQ(of<Ended>().size(), 1u);
}

}  // namespace
}  // namespace junctor::stream
