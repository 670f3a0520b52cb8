#include "net/edge.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "net/edge_fixture.hpp"
#include "net/stream_listener.hpp"

namespace junctor::net {
namespace {

TEST_F(EdgeTest, MessagesComeInOrderAndAnswersGoBack) {
  make();
  sink.answer = [this](ConnectionId id, const std::string& message) {
    EXPECT_TRUE(edge->write(id, "re:" + message + "\n"));
  };
  {
    const Client client(address);
    client.send("one\ntwo\nthr");
    EXPECT_EQ(client.receive(14), "re:one\nre:two\n");
    client.send("ee\n");
    EXPECT_EQ(client.receive(9), "re:three\n");
    t.on_loop([&] {
      EXPECT_EQ(sink.opened.size(), 1u);
      const Sink::Opened& opened = sink.opened.begin()->second;
      EXPECT_EQ(opened.index, 5u);
      EXPECT_EQ(opened.local, address);
      EXPECT_EQ(opened.remote, local_address_of(client.fd()));
    });
  }
  EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.size() == 1; }));
  EXPECT_EQ(t.on_loop([&] { return sink.order; }), (std::vector<std::string>{"open", "one", "two", "three", "close"}));
  EXPECT_EQ(t.on_loop([&] { return sink.closed.begin()->second; }), "closed by peer");
  EXPECT_EQ(t.on_loop([&] { return edge->connections(); }), 0u);
}

TEST_F(EdgeTest, OutgoingConnectionTakesWritesBeforeItIsUp) {
  make();
  const ConnectionId id = t.on_loop([&] {
    const ConnectionId made = edge->connect(address);
    EXPECT_TRUE(edge->write(made, "early\n"));
    return made;
  });
  EXPECT_TRUE(on_loop_eventually([&] { return sink.messages.size() == 1; }));
  EXPECT_EQ(t.on_loop([&] { return sink.opened.at(id).index; }), 9u);
  EXPECT_EQ(t.on_loop([&] { return sink.opened.size(); }), 2u);
  t.on_loop([&] { edge->close(id); });
  EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.size() == 2; }));
  EXPECT_FALSE(t.on_loop([&] { return edge->write(id, "late\n"); }));
}

TEST_F(EdgeTest, RefusedConnectionIsOneClose) {
  make();
  Address nobody;
  {
    const auto closed = listen_on_tcp(any_port);
    nobody = local_address_of(closed->get());
  }
  const ConnectionId id = t.on_loop([&] { return edge->connect(nobody); });
  EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.contains(id); }));
  EXPECT_EQ(t.on_loop([&] { return sink.closed[id]; }), "connection refused");
  EXPECT_TRUE(t.on_loop([&] { return sink.opened.empty(); }));
}

TEST_F(EdgeTest, CloseSendsWhatIsWrittenFirst) {
  make();
  const std::string big(500'000, 'x');
  sink.answer = [&](ConnectionId id, const std::string&) {
    EXPECT_TRUE(edge->write(id, std::string(big)));
    edge->close(id);
    EXPECT_FALSE(edge->write(id, "no more"));
  };
  const Client client(address);
  client.send("go\nignored\n");
  EXPECT_EQ(client.receive(big.size()), big);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(t.on_loop([&] { return sink.messages; }), std::vector<std::string>{"go"});
}

TEST_F(EdgeTest, WhatIsWrittenBeforeStopLeaves) {
  make();
  sink.answer = [&](ConnectionId id, const std::string&) {
    EXPECT_TRUE(edge->write(id, "the last word\n"));
    edge->stop();
  };
  const Client client(address);
  client.send("stop\n");
  EXPECT_EQ(client.receive(14), "the last word\n");
  EXPECT_TRUE(client.ended()) << "by stop(), not only when the edge is destroyed";
}

TEST_F(EdgeTest, FramingErrorClosesAfterTheMessagesBeforeIt) {
  make();
  const Client client(address);
  client.send("good\n!bad\n");
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.size() == 1; }));
  EXPECT_EQ(t.on_loop([&] { return sink.order; }), (std::vector<std::string>{"open", "good", "close"}));
  EXPECT_EQ(t.on_loop([&] { return sink.closed.begin()->second; }), "bad line");
  EXPECT_EQ(counter("edge_closed_framing"), 1u);
}

TEST_F(EdgeTest, SlowSenderIsClosedAndAQuietOneIsNot) {
  make({.message_timeout = milliseconds(50)});
  const Client quiet(address), slow(address);
  quiet.send("whole\n");
  slow.send("half");
  EXPECT_TRUE(slow.ended());
  EXPECT_EQ(counter("edge_closed_slow_sender"), 1u);
  quiet.send("still here\n");
  EXPECT_TRUE(on_loop_eventually([&] { return sink.messages.size() == 2; }));
}

TEST_F(EdgeTest, IdleConnectionIsClosed) {
  make({}, milliseconds(50));
  const Client client(address);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(counter("edge_closed_idle"), 1u);
}

TEST_F(EdgeTest, TooManyConnectionsAreClosedAtOnce) {
  make({.connections = 2});
  const Client a(address), b(address);
  EXPECT_TRUE(on_loop_eventually([&] { return sink.opened.size() == 2; }));
  const Client c(address);
  EXPECT_TRUE(c.ended());
  EXPECT_EQ(counter("edge_refused_limit"), 1u);
}

TEST_F(EdgeTest, AReaderThatDoesNotReadIsClosed) {
  make({.output_bytes = 100'000});
  const Client client(address);
  client.send("hello\n");
  EXPECT_TRUE(on_loop_eventually([&] { return sink.opened.size() == 1; }));
  EXPECT_TRUE(on_loop_eventually([&] { return !edge->write(sink.opened.begin()->first, std::string(50'000, 'x')); }));
  EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.size() == 1; }));
  EXPECT_EQ(counter("edge_closed_output_limit"), 1u);
}

TEST_F(EdgeTest, BackPressureStopsReadingAndLosesNothing) {
  make({.messages_in_flight = 64});
  sink.answer = [](ConnectionId, const std::string&) { std::this_thread::yield(); };
  const Client client(address);
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += std::to_string(i) + "\n";
  client.send(lines);
  EXPECT_TRUE(on_loop_eventually([&] { return sink.messages.size() == 20'000; }));
  t.on_loop([&] {
    for (std::size_t i = 0; i < 20'000; ++i) ASSERT_EQ(sink.messages[i], std::to_string(i));
  });
  EXPECT_GT(counter("edge_reading_paused"), 0u);
}

TEST_F(EdgeTest, PortInUseIsOneClearLine) {
  make();
  const auto second = edge->listen_tcp(6, address, service({}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "tcp " + to_string(address) + ": address already in use");
}

class LocalSocketTest : public EdgeTest {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    path = folder_ + "/control.sock";
    auto made = Edge::create({}, *t.loop, t.counters);
    ASSERT_TRUE(made) << made.error();
    edge = std::move(*made);
  }
  void TearDown() override {
    EdgeTest::TearDown();
    EXPECT_EQ(::access(path.c_str(), F_OK), -1);
    ::rmdir(folder_.c_str());
  }
  std::string path;

 private:
  std::string folder_ = testing::TempDir() + "junctor-net-XXXXXX";
};

TEST_F(LocalSocketTest, ServesItsOwnUserAndNobodyElseMayOpenIt) {
  ASSERT_TRUE(edge->listen_local(2, path, service({})));
  edge->start();
  t.start();
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  sink.answer = [&](ConnectionId id, const std::string& message) {
    edge->write(id, "re:" + message);
    edge->close(id);
  };
  const Client client(path);
  client.send("status\n");
  EXPECT_EQ(client.receive(100), "re:status");
  EXPECT_EQ(t.on_loop([&] { return sink.opened.begin()->second.remote; }), Address{});
}

TEST_F(LocalSocketTest, AStaleFileIsReplacedAndALiveOneIsNot) {
  {
    const auto dead = listen_on_local(path);
    ASSERT_TRUE(dead) << dead.error();
  }
  ASSERT_EQ(::access(path.c_str(), F_OK), 0);
  const auto first = edge->listen_local(2, path, service({}));
  ASSERT_TRUE(first) << first.error();
  const auto second = edge->listen_local(3, path, service({}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "local socket " + path + ": address already in use");
}

TEST_F(LocalSocketTest, AFileThatIsNoSocketIsLeftAlone) {
  const Fd file(::mkstemp((path += "XXXXXX").data()));
  const auto listened = edge->listen_local(2, path, service({}));
  ASSERT_FALSE(listened);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace junctor::net
