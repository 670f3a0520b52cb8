// The HTTP server on real sockets.
#include <atomic>
#include <csignal>
#include <gmock/gmock.h>

#include "net/web_fixture.hpp"

namespace junctor::net {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// --- requests

TEST_F(WebServerTest, AnswersRequestsOneAfterTheOther) {
  make();
  sink.answer = [this](WebId id, const WebRequest& request) {
    server->respond(id,
                    {201, "text/plain", request.method + ' ' + request.target + ' ' + request.body, {{"X-A", "b"}}});
  };
  WebClient client(address);
  const auto first = client.get("/a?b=c", "Authorization: Bearer x\r\n");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.body, "GET /a?b=c ");
  EXPECT_THAT(first.head, HasSubstr("HTTP/1.1 201 Created\r\n"));
  EXPECT_THAT(first.head, HasSubstr("X-A: b\r\n"));
  EXPECT_THAT(first.head, ContainsRegex("Date: [A-Z][a-z]{2}, [0-3][0-9] [A-Z][a-z]{2} 20[0-9]{2} ..:..:.. GMT\r\n"));
  EXPECT_THAT(first.head, HasSubstr("Content-Type: text/plain\r\n"));
  client.send("POST http://hub/d HTTP/1.1\r\nHost: hub\r\nContent-Length: 3\r\n\r\n");
  client.send("xyz");
  EXPECT_EQ(client.response().body, "POST /d xyz");
  client.send("PUT /e HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  EXPECT_EQ(client.response().body, "PUT /e abc");
  client.send("HEAD /f HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
  const auto head = client.response(false);
  EXPECT_THAT(head.head, HasSubstr("Content-Length: 7\r\n")) << "GET /f and a space, but without them";
  EXPECT_TRUE(client.ended());
  const auto requests = t.on_loop([&] { return sink.requests; });
  EXPECT_EQ(requests.front().header("AUTHORIZATION"), "Bearer x");
  EXPECT_EQ(requests.front().remote.ip, address.ip);
  EXPECT_FALSE(requests.front().secure);
  EXPECT_EQ(requests.back().method, "GET");
  EXPECT_EQ(counter("web_requests"), 4u);
  // Without the query: tokens may be there.
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"http GET /a 201 11 ms remote", "http POST /d 201 11 ms remote",
                                                   "http PUT /e 201 10 ms remote", "http HEAD /f 201 7 ms remote"}));
  EXPECT_EQ(counter("web_accepted"), 1u);
}

TEST_F(WebServerTest, WaitsForTheBodyThatWasAnnounced) {
  make();
  sink.answer = [this](WebId id, const WebRequest& request) { server->respond(id, {200, "", request.body, {}}); };
  WebClient client(address);
  client.send("POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(client.response().body, "ok");
}

TEST_F(WebServerTest, WhatIsTooLargeOrUnreadableIsRefusedAndCounted) {
  make({.header_bytes = 1'000, .body_bytes = 1'000});
  serve_sockets();
  const auto refused = [&](const std::string& request) {
    WebClient client(address);
    client.send(request);
    const auto response = client.response();
    EXPECT_TRUE(client.ended());
    EXPECT_THAT(response.head, HasSubstr("application/problem+json"));
    EXPECT_THAT(response.body, HasSubstr("\"status\":" + std::to_string(response.status)));
    return response.status;
  };
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: hub\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 1001\r\n\r\n"), 413) << "before it comes";
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                    std::string(2'000, 'x') + "\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(refused("no http\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), 400) << "without Host";
  EXPECT_EQ(refused("GET /s HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
            426);
  EXPECT_EQ(counter("web_refused_header_too_large"), 1u);
  EXPECT_EQ(counter("web_refused_body_too_large"), 2u);
  EXPECT_EQ(counter("web_refused_bad_request"), 3u);
  EXPECT_TRUE(t.on_loop([&] { return sink.requests.empty(); }));
}

TEST_F(WebServerTest, WhoIsSlowOrIdleOrNotAnsweredIsNotKept) {
  make({.request_timeout = milliseconds(300), .idle_timeout = milliseconds(200), .answer_timeout = milliseconds(200)});
  sink.answer = [this](WebId id, const WebRequest& request) {
    if (request.target == "/") server->respond(id, {});
  };
  WebClient slow(address), silent(address), idle(address);
  slow.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(idle.get("/").status, 200);
  EXPECT_TRUE(idle.ended());
  EXPECT_EQ(counter("web_closed_idle"), 1u);
  WebClient waits(address);
  EXPECT_EQ(waits.get("/never").status, 504);
  EXPECT_TRUE(waits.ended());
  EXPECT_EQ(counter("web_closed_unanswered"), 1u);
  EXPECT_TRUE(slow.ended());
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(counter("web_closed_slow_sender"), 2u);
}

TEST_F(WebServerTest, ResponsesThatNobodyTakesAreGivenUp) {
  make({.stall_timeout = milliseconds(200)});
  sink.answer = [this](WebId id, const WebRequest&) {
    server->respond(id, {200, "", std::string(std::size_t{32} << 20, 'x'), {}});
  };
  WebClient client(address, 4'096);
  client.send("GET / HTTP/1.1\r\nHost: hub\r\n\r\n");
  EXPECT_TRUE(counted("web_closed_stalled"));
}

TEST_F(WebServerTest, ConnectionsAreBounded) {
  make({.connections = 2});
  serve_sockets();
  WebClient first(address), second(address);
  EXPECT_EQ(first.get("/").status, 200);
  EXPECT_EQ(second.get("/").status, 200);
  WebClient third(address);
  EXPECT_TRUE(third.ended());
  EXPECT_EQ(counter("web_refused_limit"), 1u);
  first.hang_up();
  EXPECT_TRUE(counted("web_closed_by_peer"));
  WebClient fourth(address);
  EXPECT_EQ(fourth.get("/").status, 200);
}

// --- WebSockets

TEST_F(WebServerTest, BecomesAWebSocketThatCarriesMessagesBothWays) {
  make();
  serve_sockets({.subprotocol = "rwi.v1", .headers = {{"X-Session", "7"}}});
  echo();
  WebClient client(address);
  const auto response = client.upgrade("/rwi/v1?x", "Sec-WebSocket-Protocol: rwi.v1\r\n");
  EXPECT_EQ(response.status, 101);
  EXPECT_THAT(response.head, HasSubstr("Sec-WebSocket-Protocol: rwi.v1\r\n"));
  EXPECT_THAT(response.head, HasSubstr("X-Session: 7\r\n"));
  EXPECT_THAT(response.head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  client.say("one");
  EXPECT_EQ(client.hear(), "one");
  // In three frames, with a ping between them.
  client.send(WebClient::frame(1, "a", false) + WebClient::frame(0, "b", false) + WebClient::frame(9, "ping") +
              WebClient::frame(0, "c"));
  const auto pong = client.next_frame();
  EXPECT_EQ(pong.opcode, 10);
  EXPECT_EQ(pong.payload, "ping");
  EXPECT_EQ(client.hear(), "abc");
  for (const std::size_t size : {125u, 126u, 65'535u, 65'536u, 900'000u}) {
    client.say(std::string(size, 'x'));
    EXPECT_EQ(client.hear(), std::string(size, 'x'));
  }
  client.send(WebClient::frame(2, std::string("\0\xff", 2)));
  EXPECT_TRUE(on_loop_eventually([&] { return sink.messages.back().binary; }));
  EXPECT_EQ(t.on_loop([&] { return sink.messages.back().text; }), std::string("\0\xff", 2));
  t.on_loop([&] { server->send_binary(sink.ids.back(), std::string("\1\0\2", 3)); });
  const auto binary = client.next_frame();
  EXPECT_EQ(binary.opcode, 2);
  EXPECT_EQ(binary.payload, std::string("\1\0\2", 3));
  EXPECT_EQ(t.on_loop([&] { return server->unsent(sink.ids.back()); }), 0u);
  client.send(WebClient::frame(8, std::string("\x0f\xa1", 2) + "bye\n"));  // 4001
  EXPECT_EQ(client.next_frame().code(), 4001);
  EXPECT_TRUE(client.ended());
  const WebClose how = how_closed(last_id());
  EXPECT_EQ(how.code, 4001);
  EXPECT_EQ(how.reason, "bye ");
  EXPECT_EQ(counter("web_closed_by_peer"), 1u);
}

TEST_F(WebServerTest, WhatCameBeforeTheHandshakeWasAnsweredIsNotLost) {
  make();
  serve_sockets();
  echo();
  WebClient client(address);
  client.send(
      "GET / HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      WebClient::frame(1, "early"));
  EXPECT_EQ(client.response(false).status, 101);
  EXPECT_EQ(client.hear(), "early");
}

TEST_F(WebServerTest, WhatIsSentOrClosedAtOnceComesAfterTheHandshake) {
  make();
  sink.answer = [this](WebId id, const WebRequest&) {
    server->open_web_socket(id, {});
    send({id}, "hello");
    server->close(id, 4000, "that was all");
    send({id}, "too late");
  };
  WebClient client(address);
  EXPECT_EQ(client.upgrade("/").status, 101);
  EXPECT_EQ(client.hear(), "hello");
  const auto close = client.next_frame();
  EXPECT_EQ(close.code(), 4000);
  EXPECT_EQ(close.payload.substr(2), "that was all");
  client.send(WebClient::frame(8, close.payload));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(how_closed(last_id()).code, 4000);
  EXPECT_EQ(counter("web_closed_by_us"), 1u);
}

TEST_F(WebServerTest, FaultsOfTheFarEndEndTheSocketWithTheirCode) {
  make();
  serve_sockets({.message_bytes_max = 100});
  const auto closed_with = [&](const std::string& bytes) {
    WebClient client(address);
    EXPECT_EQ(client.upgrade("/").status, 101);
    client.send(bytes);
    const int code = client.next_frame().code();
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(how_closed(last_id()).code, 0);
    return code;
  };
  EXPECT_EQ(closed_with(WebClient::frame(1, std::string(101, 'x'))), 1009);
  EXPECT_EQ(closed_with(WebClient::frame(1, std::string(60, 'x'), false) + WebClient::frame(0, std::string(60, 'x'))),
            1009);
  EXPECT_EQ(counter("web_closed_message_limit"), 2u);
  EXPECT_EQ(closed_with(WebClient::frame(1, "\xc3\x28")), 1007) << "no UTF-8";
  EXPECT_EQ(closed_with("\x81\x01x"), 1002) << "without a mask";
  EXPECT_EQ(closed_with(WebClient::frame(3, "")), 1002) << "a reserved opcode";
  EXPECT_EQ(counter("web_closed_protocol"), 3u);
  WebClient client(address);
  EXPECT_EQ(client.upgrade("/").status, 101);
  client.hang_up();
  EXPECT_EQ(how_closed(last_id()).code, 0);
  EXPECT_TRUE(t.on_loop([&] { return sink.messages.empty(); }));
}

TEST_F(WebServerTest, AReaderThatNeverReadsIsClosedAndCostsOthersNothing) {
  make({.close_timeout = milliseconds(300)});
  serve_sockets({.output_bytes_max = 1'000'000});
  WebClient deaf(address, 4'096), good(address);
  EXPECT_EQ(deaf.upgrade("/").status, 101);
  const WebId deaf_id = last_id();
  EXPECT_EQ(good.upgrade("/").status, 101);
  const WebId good_id = last_id();
  const std::string text(100'000, 'x');
  for (int i = 0; i < 200; ++i) {
    t.on_loop([&] { send({deaf_id, good_id}, text); });
    EXPECT_EQ(good.hear(), text);
    EXPECT_LE(t.on_loop([&] { return server->unsent(deaf_id); }), 1'000'100u);
  }
  EXPECT_EQ(how_closed(deaf_id).code, 0);
  EXPECT_EQ(counter("web_closed_output_limit"), 1u);
  EXPECT_EQ(t.on_loop([&] { return sink.closed.size(); }), 1u);
}

TEST_F(WebServerTest, WhatWasSentBeforeTheLimitStillArrivesWithTheReason) {
  make();
  serve_sockets({.output_bytes_max = 12'000'000});
  WebClient client(address, 4'096);
  EXPECT_EQ(client.upgrade("/").status, 101);
  const WebId id = last_id();
  t.on_loop([&] {  // more than the limit and the sockets take
    for (int i = 0; i < 26; ++i) send({id}, std::string(1'000'000, static_cast<char>('a' + i)));
  });
  auto frame = client.next_frame();
  char expected = 'a';
  for (; frame.opcode == 1; frame = client.next_frame()) EXPECT_EQ(frame.payload, std::string(1'000'000, expected++));
  EXPECT_GE(expected, 'a' + 12);
  EXPECT_EQ(frame.code(), 1013);
}

TEST_F(WebServerTest, AFloodIsReadNoFasterThanItIsHeard) {
  make({.deliveries_per_socket = 4});
  serve_sockets();
  WebClient flooder(address), other(address);
  EXPECT_EQ(flooder.upgrade("/").status, 101);
  EXPECT_EQ(other.upgrade("/").status, 101);
  std::string flood;
  for (int i = 0; i < 2'000; ++i) flood += WebClient::frame(1, std::to_string(i));
  flooder.send(flood);
  other.say("other");
  EXPECT_TRUE(on_loop_eventually([&] { return sink.messages.size() == 2'001; }));
  EXPECT_GT(counter("web_reading_paused"), 0u);
  const auto others = t.on_loop([&] {
    std::erase_if(sink.messages, [](const auto& m) { return m.text == "other"; });
    for (std::size_t i = 0; i < sink.messages.size(); ++i) EXPECT_EQ(sink.messages[i].text, std::to_string(i));
    return sink.messages.size();
  });
  EXPECT_EQ(others, 2'000u);
}

TEST_F(WebServerTest, WhoIsSilentIsPingedTwiceAndGivenUp) {
  make();
  serve_sockets({.ping_every = milliseconds(150)});
  WebClient silent(address), alive(address);
  EXPECT_EQ(silent.upgrade("/").status, 101);
  const WebId id = last_id();
  EXPECT_EQ(alive.upgrade("/").status, 101);
  EXPECT_EQ(silent.next_frame().opcode, 9);
  EXPECT_EQ(silent.next_frame().opcode, 9);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(alive.next_frame().opcode, 9);
    alive.send(WebClient::frame(10, ""));
  }
  EXPECT_EQ(silent.next_frame().opcode, -1);
  EXPECT_EQ(how_closed(id).code, 0);
  EXPECT_EQ(counter("web_closed_silent"), 1u);
}

TEST_F(WebServerTest, PingsThatNobodyReadTheAnswersOfStopTheReading) {
  make();
  serve_sockets({.ping_every = Duration::zero()});
  WebClient client(address, 4'096);
  EXPECT_EQ(client.upgrade("/").status, 101);
  const WebId id = last_id();
  std::string pings;
  for (int i = 0; i < 1'000; ++i) pings += WebClient::frame(9, std::string(125, 'p'));
  std::atomic<bool> sent{false};
  std::thread sender([&] {
    for (int i = 0; i < 200; ++i) client.send(pings);  // 26 MB: more than the sockets take
    sent = true;
  });
  EXPECT_TRUE(eventually([&] { return sent || t.on_loop([&] { return server->unsent(id); }) > 0; }));
  EXPECT_LE(t.on_loop([&] { return server->unsent(id); }), 200u) << "one pong at a time";
  for (int i = 0; i < 200'000; ++i) {
    if (client.next_frame().payload.size() == 125) continue;
    ADD_FAILURE() << i;
    break;
  }
  sender.join();
}

// --- event streams

TEST_F(WebServerTest, EventStreamsGetWhatWebSocketsGet) {
  make();
  serve_sockets();
  WebClient events(address), socket(address), old(address);
  events.send("GET /events HTTP/1.1\r\nHost: hub\r\n\r\n");
  const std::string head = events.receive_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  const WebId events_id = last_id();
  EXPECT_EQ(socket.upgrade("/").status, 101);
  const WebId socket_id = last_id();
  old.send("GET /events HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.receive_until("\r\n\r\n"), Not(HasSubstr("chunked")));
  const WebId old_id = last_id();
  t.on_loop([&] { send({events_id, socket_id, old_id, WebId{12'345}}, "data: hello, all\n\n"); });
  EXPECT_EQ(events.receive_until("\n\n\r\n"), "12\r\ndata: hello, all\n\n\r\n");
  EXPECT_EQ(old.receive_until("\n\n"), "data: hello, all\n\n");
  EXPECT_EQ(socket.hear(), "data: hello, all\n\n");
  t.on_loop([&] { server->close(events_id, 1000, ""); });
  EXPECT_EQ(events.receive_until("\r\n\r\n"), "0\r\n\r\n");
  EXPECT_TRUE(events.ended());
  EXPECT_TRUE(was_closed(events_id));
  old.hang_up();
  EXPECT_TRUE(was_closed(old_id));
  EXPECT_EQ(counter("web_broadcasts"), 1u);
  EXPECT_EQ(counter("web_messages_sent"), 3u);
}

TEST_F(WebServerTest, AnEventStreamThatIsNotReadEnds) {
  make({.close_timeout = milliseconds(100)});
  serve_sockets({.output_bytes_max = 1'000'000});
  WebClient deaf(address, 4'096);
  deaf.send("GET /events HTTP/1.1\r\nHost: hub\r\n\r\n");
  deaf.receive_until("\r\n\r\n");
  const WebId id = last_id();
  for (int i = 0; i < 100; ++i) t.on_loop([&] { send({id}, std::string(100'000, 'x')); });
  EXPECT_TRUE(was_closed(id));
  EXPECT_EQ(counter("web_closed_output_limit"), 1u);
}

TEST_F(WebServerTest, WhatIsOpenedTooLateIsToldItsEnd) {
  make();
  WebId id;
  WebClient client(address);
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(on_loop_eventually([&] { return sink.ids.size() == 1; }));
  id = last_id();
  t.on_loop([&] { server->respond(id, {}); });
  EXPECT_EQ(client.response().status, 200);
  t.on_loop([&] { server->open_events(id, 1'000); });
  EXPECT_TRUE(was_closed(id));
}

// --- servants

/// Says what it hears back, and counts on its own clock.
class Parrot final : public WebServant {
 public:
  explicit Parrot(std::atomic<int>& ended) : ended_(ended) {}
  void on_open(WebId id, WebTalker& talker, TimePoint) override {
    id_ = id;
    talker_ = &talker;
    talker.send_text(id, "open");
  }
  void on_text(std::string_view message, TimePoint) override {
    if (message == "end") return talker_->close(id_, 4002, "as told");
    talker_->send_text(id_, std::string(message));
  }
  void on_binary(std::string_view message, TimePoint) override { talker_->send_binary(id_, std::string(message)); }
  std::optional<TimePoint> work(TimePoint now) override {
    if (roused.exchange(false)) talker_->send_text(id_, "roused");
    if (ticks > 0 && now >= next_) {
      talker_->send_text(id_, "tick");
      --ticks;
      next_ = now + milliseconds(5);
    }
    return ticks > 0 ? std::optional(next_) : std::nullopt;
  }
  void on_closed(const WebClose& close, TimePoint) override { ended_ = close.code == 0 ? 1 : close.code; }

  std::atomic<bool> roused{false};
  int ticks = 0;

 private:
  std::atomic<int>& ended_;
  WebId id_;
  WebTalker* talker_ = nullptr;
  TimePoint next_{};
};

TEST_F(WebServerTest, AServantServesOnTheWebThread) {
  make();
  std::atomic<int> ended{0};
  Parrot* parrot = nullptr;
  sink.answer = [&](WebId id, const WebRequest& request) {
    auto servant = std::make_unique<Parrot>(ended);
    parrot = servant.get();
    if (request.target == "/ticks") parrot->ticks = 3;
    server->hand_over(id, {}, std::move(servant));
  };
  WebClient client(address);
  EXPECT_EQ(client.upgrade("/").status, 101);
  EXPECT_EQ(client.hear(), "open");
  client.say("hello");
  EXPECT_EQ(client.hear(), "hello");
  client.send(WebClient::frame(2, "bytes"));
  const auto binary = client.next_frame();
  EXPECT_EQ(binary.opcode, 2);
  EXPECT_EQ(binary.payload, "bytes");
  parrot->roused = true;
  server->rouse(last_id());  // from another thread than the loop
  EXPECT_EQ(client.hear(), "roused");
  client.say("end");
  const auto close = client.next_frame();
  EXPECT_EQ(close.code(), 4002);
  client.send(WebClient::frame(8, close.payload));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(how_closed(last_id()).code, 4002);
  EXPECT_EQ(ended, 4002);
  EXPECT_TRUE(t.on_loop([&] { return sink.messages.empty(); }));

  WebClient ticking(address);
  EXPECT_EQ(ticking.upgrade("/ticks").status, 101);
  EXPECT_EQ(ticking.hear(), "open");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ticking.hear(), "tick");
}

// --- TLS

class WebTlsTest : public WebServerTest {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }  // OpenSSL's own sockets, of the clients
  void use(const TlsSettings& settings) {
    auto loaded = TlsContexts::load(settings);
    ASSERT_TRUE(loaded) << loaded.error().text;
    t.on_loop([&] { server->set_tls(*loaded); });
  }
  TestFolder folder;
  TestCa ca{folder, "ca"}, other_ca{folder, "other"};
};

TEST_F(WebTlsTest, ServesHttpsAndWss) {
  make();
  serve_sockets();
  echo();
  {
    WebClient early(secure_address);
    EXPECT_FALSE(early.secure());
    EXPECT_EQ(counter("web_refused_no_certificate"), 1u);
  }
  use({.identity = ca.issue("hub"), .clients = ClientProof::none});
  WebClient client(secure_address);
  ASSERT_TRUE(client.secure());
  EXPECT_EQ(client.get("/").body, "hello");
  EXPECT_TRUE(t.on_loop([&] { return sink.requests.back().secure; }));
  EXPECT_EQ(client.upgrade("/").status, 101);
  const std::string big(700'000, 'x');
  client.say(big);
  EXPECT_EQ(client.hear(), big);
  // Several in one go.
  t.on_loop([&] {
    for (int i = 0; i < 100; ++i) send({sink.ids.back()}, std::to_string(i) + std::string(1'000, '.'));
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.hear(), std::to_string(i) + std::string(1'000, '.'));
  WebClient plain(secure_address);
  plain.send("GET / HTTP/1.1\r\nHost: hub\r\n\r\n");
  plain.receive_until("nothing such");
  EXPECT_TRUE(counted("web_tls_failed"));
}

TEST_F(WebTlsTest, NewConnectionsGetTheNewCertificateAndOldOnesGoOn) {
  make();
  serve_sockets();
  use({.identity = ca.issue("hub"), .clients = ClientProof::none});
  WebClient before(secure_address);
  ASSERT_TRUE(before.secure());
  EXPECT_EQ(before.get("/").status, 200);
  use({.identity = ca.issue("hub"), .clients = ClientProof::none});
  EXPECT_TRUE(eventually([&] {
    WebClient after(secure_address);
    return after.secure() && after.serial() != before.serial();
  }));
  EXPECT_EQ(before.get("/").status, 200);
}

TEST_F(WebTlsTest, ClientsProveWhoTheyAreWhereThatIsWanted) {
  make();
  serve_sockets();
  use({.identity = ca.issue("hub"), .clients = ClientProof::required, .client_ca_file = other_ca.file()});
  const TlsIdentity bot = other_ca.issue("bot", {.common_name = "bot-7"}), stranger = ca.issue("stranger");
  WebClient good(secure_address);
  ASSERT_TRUE(good.secure(bot));
  EXPECT_EQ(good.get("/").status, 200);
  EXPECT_EQ(t.on_loop([&] { return sink.requests.back().client_subject; }), "bot-7");
  for (const TlsIdentity& identity : {TlsIdentity{}, stranger}) {
    WebClient refused(secure_address);
    refused.secure(identity);  // TLS 1.3: the server's verdict comes after it
    EXPECT_TRUE(refused.ended());
  }
  EXPECT_TRUE(counted("web_tls_failed", 2));
  EXPECT_EQ(t.on_loop([&] { return sink.requests.size(); }), 1u);
  const auto fault = TlsContexts::load(
      {.identity = ca.issue("hub"), .clients = ClientProof::required, .client_ca_file = "/nowhere.pem"});
  ASSERT_FALSE(fault);
  EXPECT_EQ(fault.error().part, TlsPart::ca);
  EXPECT_FALSE(fault.error().peer);
}

TEST_F(WebTlsTest, HandshakesAreBoundedInTimeAndNumber) {
  make({.handshakes = 1, .handshake_timeout = milliseconds(300)});
  use({.identity = ca.issue("hub"), .clients = ClientProof::none});
  WebClient silent(secure_address);
  EXPECT_TRUE(counted("web_accepted"));
  WebClient second(secure_address);
  EXPECT_TRUE(second.ended());
  EXPECT_EQ(counter("web_refused_handshakes"), 1u);
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(counter("web_tls_failed"), 1u);
  WebClient third(secure_address);
  EXPECT_TRUE(third.secure());
}

// --- the end

TEST_F(WebServerTest, StopTellsEverybody) {
  make();
  serve_sockets();
  WebClient socket(address), events(address), idle(address);
  EXPECT_EQ(socket.upgrade("/").status, 101);
  const WebId id = last_id();
  events.send("GET /events HTTP/1.1\r\nHost: hub\r\n\r\n");
  events.receive_until("\r\n\r\n");
  EXPECT_EQ(idle.get("/").status, 200);
  t.on_loop([&] { send({id}, "last words"); });
  t.stop();
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(socket.hear(), "last words");
  const auto close = socket.next_frame();
  EXPECT_EQ(close.code(), 1001);
  socket.send(WebClient::frame(8, close.payload));
  EXPECT_TRUE(socket.ended());
  EXPECT_EQ(events.receive_until("\r\n\r\n"), "0\r\n\r\n");
  EXPECT_TRUE(events.ended());
  EXPECT_TRUE(idle.ended());
  socket.hang_up();
  events.hang_up();
  stopper.join();
  EXPECT_EQ(counter("web_closed_stop"), 3u);
}

TEST_F(WebServerTest, StopDoesNotWaitForThoseWhoDoNotGo) {
  make({.stop_timeout = milliseconds(200)});
  std::atomic<int> ended{0};
  sink.answer = [&](WebId id, const WebRequest&) { server->hand_over(id, {}, std::make_unique<Parrot>(ended)); };
  WebClient stays(address);
  EXPECT_EQ(stays.upgrade("/").status, 101);
  t.stop();
  const TimePoint before = now();
  server->stop();
  EXPECT_LT(now() - before, seconds(2));
  EXPECT_EQ(ended, 1) << "the servant hears of it";
}

}  // namespace
}  // namespace junctor::net
