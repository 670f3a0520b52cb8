#include "net/media_thread.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <poll.h>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

#include "net/channel.hpp"
#include "net/clock.hpp"
#include "net/socket_address.hpp"
#include "net/test_loop.hpp"
#include "net/udp_socket.hpp"

namespace junctor::net {
namespace {

/// A loopback address of this process alone, so that tests side by side do not take each other's ports.
const IpAddress loopback = [] {
  const auto pid = static_cast<unsigned>(::getpid());
  return IpAddress::v4(127, static_cast<std::uint8_t>(100 + (pid >> 16 & 63)), static_cast<std::uint8_t>(pid >> 8),
                       static_cast<std::uint8_t>(pid));
}();

/// Sends each packet back; ticks when told to.
class EchoSide final : public PacketSide {
 public:
  void on_start(PacketSockets& sockets) override { sender_ = &sockets; }
  void expect(std::uint64_t, std::size_t) override {}
  void on_commands(TimePoint now) override {
    while (commands != nullptr) {
      const auto command = commands->receive();
      if (!command) break;
      ++commands_seen;
      if (*command > 0) wake_ = now + milliseconds(*command);
    }
  }
  void on_tick(TimePoint now) override {
    EXPECT_GE(now, *wake_);
    wake_.reset();
    ++ticks;
  }
  std::optional<TimePoint> next_wake() const override { return wake_; }
  void on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes, TimePoint) override {
    if (nobody) sender_->send(tag, *nobody, bytes);
    sender_->send(tag, from, bytes);
  }
  void on_unreachable(std::uint64_t tag, const Address& to, TimePoint) override {
    const std::lock_guard lock(refused_guard);
    refused.emplace_back(tag, to);
  }
  std::vector<std::pair<std::uint64_t, Address>> refusals() {
    const std::lock_guard lock(refused_guard);
    return refused;
  }

  std::optional<Address> nobody;  // gets a copy
  std::mutex refused_guard;
  std::vector<std::pair<std::uint64_t, Address>> refused;
  Channel<int>* commands = nullptr;
  std::atomic<int> commands_seen{0}, ticks{0};

 private:
  DatagramSender* sender_ = nullptr;
  std::optional<TimePoint> wake_;
};

MediaThreadSettings settings() {
  return {.port_min = 12'000, .port_max = 12'399, .bind_v4 = loopback, .bind_v6 = {}};
}

std::string echo(const Address& to, std::string_view text) {
  const Fd fd = std::move(*bind_udp({to.ip, 0}));
  SocketAddress address;
  const socklen_t length = to_socket_address(to, address);
  EXPECT_EQ(::sendto(fd.get(), text.data(), text.size(), 0, &address.any, length), std::ssize(text));
  pollfd entry{fd.get(), POLLIN, 0};
  if (::poll(&entry, 1, static_cast<int>(milliseconds(patience).count())) != 1) return "nothing came";
  std::string out(2'048, '\0');
  out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::recv(fd.get(), out.data(), out.size(), 0))));
  return out;
}

TEST(MediaThread, RtpAndRtcpGoOutOfTheSocketTheyCameTo) {
  EchoSide side;
  Counters counters;
  auto thread = MediaThread::create(settings(), side, counters);
  ASSERT_TRUE(thread) << thread.error();
  (*thread)->start();
  const auto pair = (*thread)->take_port(Family::v4);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->rtp_port % 2, 0);
  EXPECT_EQ(echo({loopback, pair->rtp_port}, "rtp"), "rtp");
  EXPECT_EQ(echo({loopback, static_cast<std::uint16_t>(pair->rtp_port + 1)}, "rtcp"), "rtcp");
  EXPECT_FALSE((*thread)->take_port(Family::v6));
  EXPECT_FALSE((*thread)->has_family(Family::v6));
  EXPECT_EQ((*thread)->ports_in_use(), 1u);
  (*thread)->return_port(*pair);
  EXPECT_EQ((*thread)->ports_in_use(), 0u);
  (*thread)->stop();
  EXPECT_EQ(counters.get("media_received").value(), 2u);
  EXPECT_EQ(counters.get("media_sent").value(), 2u);
  EXPECT_EQ(counters.get("media_pool_empty").value(), 1u);
}

TEST(MediaThread, BothFamiliesShareTheSlots) {
  EchoSide side;
  Counters counters;
  auto s = settings();
  s.port_min = static_cast<std::uint16_t>(8'192 + ::getpid() % 1'000 * 8);  // ::1 is everybody's
  s.port_max = static_cast<std::uint16_t>(s.port_min + 63);
  s.bind_v6 = *IpAddress::parse("::1");
  s.ready_pairs = 4;
  auto thread = MediaThread::create(s, side, counters);
  ASSERT_TRUE(thread) << thread.error();
  (*thread)->start();
  const auto four = (*thread)->take_port(Family::v4), six = (*thread)->take_port(Family::v6);
  ASSERT_TRUE(four && six);
  EXPECT_NE(four->slot, six->slot);
  EXPECT_EQ(six->family, Family::v6);
  EXPECT_EQ(echo({loopback, four->rtp_port}, "four"), "four");
  EXPECT_EQ(echo({*IpAddress::parse("::1"), six->rtp_port}, "six"), "six");
}

TEST(MediaThread, RefusalsAreToldWithTheirAddressAndCostNobodyElseAPacket) {
  for (const IpAddress& ip : {loopback, *IpAddress::parse("::1")}) {
    EchoSide side;
    {
      const Fd closed = std::move(*bind_udp({ip, 0}));
      side.nobody = local_address_of(closed.get());
    }
    Counters counters;
    auto s = settings();
    if (ip.family == Family::v6) {
      s.bind_v6 = ip;
      s.port_min = static_cast<std::uint16_t>(16'384 + ::getpid() % 1'000 * 8);  // ::1 is everybody's
      s.port_max = static_cast<std::uint16_t>(s.port_min + 63);
    }
    auto thread = MediaThread::create(s, side, counters);
    ASSERT_TRUE(thread) << thread.error();
    (*thread)->start();
    const auto pair = (*thread)->take_port(ip.family);
    ASSERT_TRUE(pair);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(echo({ip, pair->rtp_port}, "heard"), "heard");
    ASSERT_TRUE(eventually([&] { return side.refusals().size() == 5; }));
    for (const auto& [tag, to] : side.refusals()) {
      EXPECT_EQ(tag, rtp_tag(pair->slot));
      EXPECT_EQ(to, *side.nobody);
    }
    EXPECT_EQ(counters.get("media_refused").value(), 5u);
    EXPECT_EQ(counters.get("media_send_errors").value(), 0u);
    EXPECT_EQ(counters.get("media_receive_errors").value(), 0u);
  }
}

TEST(MediaThread, OversizedPacketsAreDroppedAndCounted) {
  EchoSide side;
  Counters counters;
  auto thread = MediaThread::create(settings(), side, counters);
  ASSERT_TRUE(thread) << thread.error();
  (*thread)->start();
  const auto pair = (*thread)->take_port(Family::v4);
  const Fd fd = std::move(*bind_udp({loopback, 0}));
  SocketAddress address;
  const socklen_t length = to_socket_address({loopback, pair->rtp_port}, address);
  const std::string big(3'000, 'x');
  ::sendto(fd.get(), big.data(), big.size(), 0, &address.any, length);
  EXPECT_TRUE(eventually([&] { return counters.get("media_truncated").value() == 1; }));
}

TEST(MediaThread, TheWholeRangeCanBeTakenAndComesBackOldestFirst) {
  EchoSide side;
  Counters counters;
  auto s = settings();
  s.ready_pairs = 16;
  auto thread = MediaThread::create(s, side, counters);
  ASSERT_TRUE(thread) << thread.error();
  (*thread)->start();
  std::vector<PortPair> taken;
  std::set<std::uint16_t> ports;
  std::set<std::uint32_t> slots;
  ASSERT_TRUE(eventually([&] {
    if (const auto pair = (*thread)->take_port(Family::v4)) {
      taken.push_back(*pair);
      ports.insert(pair->rtp_port);
      slots.insert(pair->slot);
    }
    return taken.size() + counters.get("media_bind_errors").value() >= 200;
  }));
  EXPECT_EQ(ports.size(), taken.size());
  EXPECT_EQ(slots.size(), taken.size());
  EXPECT_GE(*ports.begin(), s.port_min);
  EXPECT_LT(*ports.rbegin(), s.port_max);
  EXPECT_FALSE((*thread)->take_port(Family::v4));
  for (const PortPair& pair : taken) (*thread)->return_port(pair);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    std::optional<PortPair> again;
    ASSERT_TRUE(eventually([&] { return (again = (*thread)->take_port(Family::v4)).has_value(); }));
    EXPECT_EQ(again->rtp_port, taken[i].rtp_port);
  }
}

TEST(MediaThread, FreedPairsBeyondTheBoundAreClosedAndBoundAgainLater) {
  EchoSide side;
  Counters counters;
  auto s = settings();
  s.ready_pairs = 4;
  s.idle_pairs = 4;
  auto thread = MediaThread::create(s, side, counters);
  ASSERT_TRUE(thread) << thread.error();
  (*thread)->start();
  for (int round = 0; round < 3; ++round) {
    std::vector<PortPair> taken;
    ASSERT_TRUE(eventually([&] {
      if (const auto pair = (*thread)->take_port(Family::v4)) taken.push_back(*pair);
      return taken.size() == 50;
    }));
    const Address last{loopback, taken.back().rtp_port};
    EXPECT_EQ(echo(last, "alive"), "alive");
    for (const PortPair& pair : taken) (*thread)->return_port(pair);
  }
  EXPECT_EQ((*thread)->ports_in_use(), 0u);
}

TEST(MediaThread, WorkersShareTheRangeWithoutMeeting) {
  EchoSide side_a, side_b;
  Counters counters;
  auto a = settings(), b = settings();
  a.workers = b.workers = 2;
  b.worker = 1;
  auto first = MediaThread::create(a, side_a, counters);
  auto second = MediaThread::create(b, side_b, counters);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(counters.get("media_bind_errors").value(), 0u);
  EXPECT_EQ((*second)->take_port(Family::v4)->worker, 1u);
}

TEST(MediaThread, PortsThatOthersHoldAreSkipped) {
  std::vector<Fd> held;
  for (std::uint16_t port = 12'400; port < 12'420; port = static_cast<std::uint16_t>(port + 2)) {
    held.push_back(std::move(*bind_udp({loopback, port})));
  }
  EchoSide side;
  Counters counters;
  auto s = settings();
  s.port_min = 12'400;
  s.port_max = 12'439;
  auto thread = MediaThread::create(s, side, counters);
  ASSERT_TRUE(thread) << thread.error();
  for (int i = 0; i < 10; ++i) {
    const auto pair = (*thread)->take_port(Family::v4);
    ASSERT_TRUE(pair);
    EXPECT_GE(pair->rtp_port, 12'420);
  }
  EXPECT_FALSE((*thread)->take_port(Family::v4));
}

TEST(MediaThread, NoPortAtAllIsOneClearLine) {
  const Fd held = std::move(*bind_udp({loopback, 12'440}));
  EchoSide side;
  Counters counters;
  auto s = settings();
  s.port_min = 12'440;
  s.port_max = 12'441;
  const auto thread = MediaThread::create(s, side, counters);
  ASSERT_FALSE(thread);
  EXPECT_EQ(thread.error(), "no media port could be bound in 12440-12441: address already in use");
}

TEST(MediaThread, CommandsAreNeverLostAndTicksComeInTime) {
  EchoSide side;
  Counters counters;
  auto thread = MediaThread::create(settings(), side, counters);
  ASSERT_TRUE(thread) << thread.error();
  Channel<int> commands(16, (*thread)->waker());
  side.commands = &commands;
  (*thread)->start();
  for (int i = 0; i < 10'000; ++i) commands.send(0);
  EXPECT_TRUE(eventually([&] { return commands.flush() == 0 && side.commands_seen == 10'000; }));
  for (int i = 1; i <= 5; ++i) {
    commands.send(2);
    EXPECT_TRUE(eventually([&] { return side.ticks == i; }));
  }
  (*thread)->stop();
}

}  // namespace
}  // namespace junctor::net
