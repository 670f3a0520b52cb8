#pragma once
// For the tests of the edge: it runs beside a control loop; what its sink hears is recorded.
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>
#include <vector>

#include "net/edge.hpp"
#include "net/fd.hpp"
#include "net/socket_address.hpp"
#include "net/test_loop.hpp"

namespace junctor::net {

inline const Address any_port{IpAddress::v4(127, 0, 0, 1), 0};

/// Lines; one that begins with '!' is an error.
class LineFramer final : public StreamFramer {
 public:
  const char* on_bytes(std::string_view bytes, const std::function<void(std::string&&)>& message) override {
    for (const char c : bytes) {
      if (c != '\n') {
        line_ += c;
      } else if (line_.starts_with('!')) {
        return "bad line";
      } else {
        message(std::exchange(line_, {}));
      }
    }
    return nullptr;
  }
  bool partial() const override { return !line_.empty(); }

 private:
  std::string line_;
};

/// Control thread only, as every sink.
class Sink final : public StreamSink {
 public:
  void on_open(ConnectionId id, ListenerIndex index, const Address& local, const Address& remote, TimePoint) override {
    opened[id] = {index, local, remote};
    order.push_back("open");
  }
  void on_message(ConnectionId id, std::string&& message, TimePoint) override {
    order.push_back(message);
    messages.push_back(message);
    if (answer) answer(id, message);
  }
  void on_close(ConnectionId id, std::string_view reason, TimePoint) override {
    closed[id] = reason;
    order.push_back("close");
  }

  struct Opened {
    ListenerIndex index;
    Address local, remote;
  };
  std::map<ConnectionId, Opened> opened;
  std::map<ConnectionId, std::string> closed;
  std::vector<std::string> messages, order;
  std::function<void(ConnectionId, const std::string&)> answer;
};

class EdgeTest : public testing::Test {
 protected:
  void make(const EdgeLimits& limits = {}, Duration idle = Duration::zero()) {
    auto made = Edge::create(limits, *t.loop, t.counters);
    ASSERT_TRUE(made) << made.error();
    edge = std::move(*made);
    const auto bound = edge->listen_tcp(5, any_port, service(idle));
    ASSERT_TRUE(bound) << bound.error();
    address = *bound;
    edge->set_outgoing(9, service(idle));
    edge->start();
    t.start();
  }
  StreamService service(Duration idle) {
    return {[] { return std::make_unique<LineFramer>(); }, &sink, idle};
  }
  void TearDown() override {
    t.stop();
    edge.reset();
  }
  template <class F>
  bool on_loop_eventually(F condition) {
    return eventually([&] { return t.on_loop(condition); });
  }
  std::uint64_t counter(std::string_view name) { return t.counters.get(name).value(); }

  Sink sink;
  LoopThread t;
  std::unique_ptr<Edge> edge;
  Address address;
};

/// A blocking client of the test.
class Client {
 public:
  explicit Client(const Address& to) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    SocketAddress at;
    const socklen_t length = to_socket_address(to, at);
    EXPECT_EQ(::connect(fd_.get(), &at.any, length), 0);
  }
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Until `count` bytes, the end, or an error ("…reset").
  std::string receive(std::size_t count) const {
    std::string out;
    while (out.size() < count) {
      pollfd entry{fd_.get(), POLLIN, 0};
      if (::poll(&entry, 1, static_cast<int>(milliseconds(patience).count())) != 1) return out + "...nothing came";
      std::string part(count - out.size(), '\0');
      const ssize_t got = ::recv(fd_.get(), part.data(), part.size(), 0);
      if (got < 0) return out + "...reset";
      if (got == 0) break;
      out.append(part, 0, static_cast<std::size_t>(got));
    }
    return out;
  }
  bool ended() const { return receive(1).empty(); }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

}  // namespace junctor::net
