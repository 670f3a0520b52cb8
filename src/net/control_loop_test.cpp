#include "net/control_loop.hpp"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "net/channel.hpp"
#include "net/socket_address.hpp"
#include "net/test_loop.hpp"
#include "net/udp_socket.hpp"

namespace junctor::net {
namespace {

const Address any_port_v4{IpAddress::v4(127, 0, 0, 1), 0};

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Sends back what it gets, from the socket where it came in.
class Echo final : public DatagramSink {
 public:
  void on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes, TimePoint) override {
    ++count;
    if (sender != nullptr) sender->send(tag, from, bytes);
  }
  DatagramSender* sender = nullptr;
  std::atomic<int> count{0};
};

/// A plain UDP socket of the test.
class Peer {
 public:
  explicit Peer(const Address& bind_to) : fd_(std::move(*bind_udp(bind_to))) {}
  Address address() const { return local_address_of(fd_.get()); }
  void send(const Address& to, std::string_view text) {
    SocketAddress address;
    const socklen_t length = to_socket_address(to, address);
    ASSERT_EQ(::sendto(fd_.get(), text.data(), text.size(), 0, &address.any, length), std::ssize(text));
  }
  std::string receive() {
    pollfd entry{fd_.get(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(milliseconds(patience).count())) != 1) return "nothing came";
    std::string out(70'000, '\0');
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::recv(fd_.get(), out.data(), out.size(), 0))));
    return out;
  }

 private:
  Fd fd_;
};

TEST(ControlLoop, EchoesDatagramsOfBothFamiliesFromTheSocketTheyCameTo) {
  LoopThread t;
  Echo echo;
  echo.sender = t.loop.get();
  const auto v4 = t.loop->listen_udp(3, any_port_v4, echo);
  const auto v6 = t.loop->listen_udp(7, {*IpAddress::parse("::1"), 0}, echo);
  ASSERT_TRUE(v4 && v6);
  t.start();
  Peer four(any_port_v4), six({*IpAddress::parse("::1"), 0});
  const std::string big(65'000, 'b');
  four.send(*v4, "four");
  EXPECT_EQ(four.receive(), "four");
  six.send(*v6, big);
  EXPECT_EQ(six.receive(), big);
  four.send(*v4, "");
  EXPECT_EQ(four.receive(), "");
  EXPECT_EQ(t.counters.get("sip_udp_received").value(), 3u);
  t.stop();
}

TEST(ControlLoop, PortInUseIsOneClearLine) {
  LoopThread t;
  Echo echo;
  const auto bound = t.loop->listen_udp(0, any_port_v4, echo);
  ASSERT_TRUE(bound);
  const auto second = t.loop->listen_udp(1, *bound, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "udp " + to_string(*bound) + ": address already in use");
}

TEST(ControlLoop, AnUnreachablePeerCostsNothingButItsPacket) {
  LoopThread t;
  Echo echo;
  echo.sender = t.loop.get();
  const auto bound = t.loop->listen_udp(0, any_port_v4, echo);
  ASSERT_TRUE(bound);
  t.start();
  Address gone;
  {
    Peer closed(any_port_v4);
    gone = closed.address();
  }
  for (int i = 0; i < 100; ++i) {
    t.on_loop([&] { return t.loop->send(0, gone, bytes_of("x")); });
  }
  Peer peer(any_port_v4);
  peer.send(*bound, "still here");
  EXPECT_EQ(peer.receive(), "still here");
  t.stop();
}

class Recorder final : public TimerTarget {
 public:
  void on_timer(std::uint64_t token, TimePoint time) override { fired.push_back({token, time}); }
  std::vector<std::pair<std::uint64_t, TimePoint>> fired;
};

TEST(ControlLoop, TimersFireInOrderAndNeverEarly) {
  LoopThread t;
  Recorder recorder;
  t.start();
  TimePoint begin;
  t.on_loop([&] {
    begin = now();
    for (std::uint64_t i = 10; i > 0; --i) t.timers.schedule(begin + milliseconds(2 * i), recorder, i);
  });
  ASSERT_TRUE(eventually([&] { return t.on_loop([&] { return recorder.fired.size() == 10; }); }));
  t.stop();
  for (std::uint64_t i = 1; i <= 10; ++i) {
    EXPECT_EQ(recorder.fired[i - 1].first, i);
    EXPECT_GE(recorder.fired[i - 1].second, begin + milliseconds(2 * i));
  }
}

TEST(ControlLoop, PostsFromManyThreadsAllRunAndTimeNeverRunsBack) {
  LoopThread t({.inbox_capacity = 1'024});
  t.start();
  int ran = 0;
  TimePoint last{};
  bool forward = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5'000; ++n) {
        Task task = [&](TimePoint time) {
          ++ran;
          forward = forward && time >= last;
          last = time;
        };
        while (!t.loop->post(std::move(task))) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(t.on_loop([&] { return ran; }), 20'000);
  EXPECT_TRUE(forward);
}

TEST(ControlLoop, APostWakesASleepingLoopEachTime) {
  LoopThread t;
  t.start();
  for (int i = 0; i < 2'000; ++i) t.on_loop([] { return 0; });
}

TEST(ControlLoop, FullInboxKeepsTheTask) {
  LoopThread t({.inbox_capacity = 2});
  int ran = 0;
  EXPECT_TRUE(t.loop->post([&](TimePoint) { ++ran; }));
  EXPECT_TRUE(t.loop->post([&](TimePoint) { ++ran; }));
  Task third = [&](TimePoint) { ran += 10; };
  EXPECT_FALSE(t.loop->post(std::move(third)));
  EXPECT_EQ(t.counters.get("control_inbox_full").value(), 1u);
  third(now());
  EXPECT_EQ(ran, 10);
}

TEST(ControlLoop, SourcesAndTurnEndHooks) {
  LoopThread t;
  Channel<int> up(8, t.loop->waker());
  long sum = 0;
  std::atomic<int> hooks{0};
  t.loop->add_source([&](TimePoint) {
    const auto item = up.receive();
    if (item) sum += *item;
    return item.has_value();
  });
  t.loop->add_turn_end([&](TimePoint time) -> std::optional<TimePoint> {
    ++hooks;
    return time + milliseconds(1);
  });
  t.start();
  for (int i = 1; i <= 1'000; ++i) up.send(std::move(i));
  ASSERT_TRUE(eventually([&] { return up.flush() == 0; }));
  EXPECT_TRUE(eventually([&] { return t.on_loop([&] { return sum; }) == 500'500; }));
  const int before = hooks;
  EXPECT_TRUE(eventually([&] { return hooks > before + 3; }));  // it asked to be called again
  t.stop();
}

TEST(ControlLoop, AFloodOfWorkIsCutIntoShortTurns) {
  LoopThread t({.inbox_capacity = 4'096});
  const auto burn = [](TimePoint) {
    const TimePoint end = now() + microseconds(50);
    while (now() < end) {
    }
  };
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(t.loop->post(burn));  // 20 ms
  t.start();
  t.on_loop([] { return 0; });
  t.stop();
  EXPECT_GE(t.loop->turns().count(), 8u);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < DurationHistogram::buckets; ++i) sum += t.loop->turns().count(i);
  EXPECT_EQ(sum, t.loop->turns().count());
}

TEST(ControlLoop, SignalsArriveOnTheLoop) {
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  LoopThread t;
  std::vector<Signal> seen;
  ASSERT_TRUE(t.loop->handle_signals([&](Signal signal, TimePoint) { seen.push_back(signal); }));
  t.start();
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(eventually([&] { return t.on_loop([&] { return seen.size() == 1; }); }));
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(eventually([&] { return t.on_loop([&] { return seen.size() == 2; }); }));
  t.stop();
  EXPECT_EQ(seen, (std::vector{Signal::hangup, Signal::terminate}));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace junctor::net
