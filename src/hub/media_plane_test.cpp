// The media plane over its real threads and sockets, driven from a real control loop: what ThreadSanitizer looks at.
#include "hub/media_plane.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <future>
#include <gtest/gtest.h>
#include <iostream>
#include <map>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/timer_wheel.hpp"
#include "net/clock.hpp"

namespace junctor::hub {
namespace {

/// A far end: one loopback UDP socket.
class FarEnd {
 public:
  explicit FarEnd(std::uint16_t port = 0) : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in bound{};
    bound.sin_family = AF_INET;
    bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bound.sin_port = htons(port);
    bound_ = ::bind(fd_, reinterpret_cast<sockaddr*>(&bound), sizeof bound) == 0;
    EXPECT_TRUE(bound_);
    socklen_t length = sizeof bound;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length), 0);
    port_ = ntohs(bound.sin_port);
  }
  ~FarEnd() { ::close(fd_); }

  bool bound() const { return bound_; }
  Address address() const { return {IpAddress::v4(127, 0, 0, 1), port_}; }

  void speak(std::uint16_t to, std::uint16_t sequence) {
    std::array<std::uint8_t, 172> packet{};
    packet[0] = 0x80;
    packet[2] = static_cast<std::uint8_t>(sequence >> 8);
    packet[3] = static_cast<std::uint8_t>(sequence);
    const std::uint32_t timestamp = htonl(std::uint32_t{sequence} * 160);
    std::memcpy(packet.data() + 4, &timestamp, sizeof timestamp);
    packet[11] = 7;
    packet[12] = packet[2];  // where no relay changes it
    packet[13] = packet[3];
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(to);
    ::sendto(fd_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&there), sizeof there);
  }

  struct Heard {
    std::uint16_t said = 0;  // the number that the speaker gave it
    std::uint16_t sequence = 0;
    std::uint32_t ssrc = 0;
  };
  std::optional<Heard> listen(int deadline_ms) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, deadline_ms) != 1) return std::nullopt;
    std::array<std::uint8_t, 2048> p;
    if (::recv(fd_, p.data(), p.size(), 0) != 172) return std::nullopt;
    Heard out;
    out.said = static_cast<std::uint16_t>(p[12] << 8 | p[13]);
    out.sequence = static_cast<std::uint16_t>(p[2] << 8 | p[3]);
    std::memcpy(&out.ssrc, p.data() + 8, sizeof out.ssrc);
    return out;
  }
  bool hears(int deadline_ms) { return listen(deadline_ms).has_value(); }
  /// The next key press (RFC 4733).
  std::optional<char> hear_key(int deadline_ms) {
    for (pollfd waiting{fd_, POLLIN, 0}; ::poll(&waiting, 1, deadline_ms) == 1;) {
      std::array<std::uint8_t, 2048> p;
      const bool event = ::recv(fd_, p.data(), p.size(), 0) == 16 && (p[1] & 0x7f) == 101;
      std::uint32_t timestamp = 0;
      std::memcpy(&timestamp, p.data() + 4, sizeof timestamp);
      if (event && std::exchange(key_timestamp_, timestamp) != timestamp) return "0123456789*#ABCD"[p[12] & 15];
    }
    return std::nullopt;
  }

 private:
  int fd_;
  bool bound_ = false;
  std::uint16_t port_ = 0;
  std::uint32_t key_timestamp_ = 0;
};

class MediaPlaneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loop = net::ControlLoop::create({}, timers_, counters_);
    ASSERT_TRUE(loop) << loop.error();
    loop_ = std::move(*loop);
    config::Rtp settings;
    settings.address = {IpAddress::v4(127, 0, 0, 1)};
    settings.port_min = 41'000;
    settings.port_max = 42'299;
    settings.workers = 2;
    auto plane = MediaPlane::create(settings, *loop_, counters_);
    ASSERT_TRUE(plane) << plane.error();
    plane_ = std::move(*plane);
    plane_->set_sink([this](const media::Event& event, TimePoint) {
      if (const auto* done = std::get_if<media::Done>(&event)) done_.at(done->token).set_value(net::now());
      if (std::holds_alternative<media::Closed>(event)) ++closed_;
      check_closed();
    });
    plane_->start();
    thread_ = std::thread([this] { loop_->run(); });
  }
  void TearDown() override {
    loop_->stop();
    thread_.join();
    plane_->stop();
  }

  /// Runs `work` on the control thread and waits for it.
  template <class Work>
  auto control(Work work) {
    std::promise<decltype(work())> done;
    auto result = done.get_future();
    EXPECT_TRUE(loop_->post([&](TimePoint) { done.set_value(work()); }));
    return result.get();
  }

  /// Control thread.
  void check_closed() {
    if (expected_ > 0 && closed_ == expected_ && !std::exchange(told_, true)) all_closed_.set_value();
  }

  media::PortLease open(std::uint32_t worker, const FarEnd& far_end) {
    return control([&] {
      const auto lease = plane_->take_port(Family::v4, worker);
      EXPECT_TRUE(lease);
      plane_->command(worker, media::OpenPort{lease->id});
      media::SetRemote remote;
      remote.id = lease->id;
      remote.rtp = far_end.address();
      remote.payloads.add({0, 0, rtp::Codec::pcmu, 1, 8000, 0});
      remote.payloads.add({101, 101, rtp::Codec::telephone_event, 1, 8000, 0});
      plane_->command(worker, remote);
      return *lease;
    });
  }

  /// Control thread. When everything is done that the port's worker was told.
  std::future<TimePoint> when_done(PortId port) {
    const media::Token token = done_.size() + 1;
    auto& promise = done_[token];
    plane_->command(media::worker_of(port), media::Snapshot{port, token});
    return promise.get_future();
  }

  TimerWheel timers_{net::now()};
  Counters counters_;
  std::unique_ptr<net::ControlLoop> loop_;
  std::unique_ptr<MediaPlane> plane_;
  std::thread thread_;
  int closed_ = 0;
  int expected_ = 0;  ///< set on the control thread once it is known
  bool told_ = false;
  std::map<media::Token, std::promise<TimePoint>> done_;
  std::promise<void> all_closed_;
};

TEST_F(MediaPlaneTest, relays_on_every_worker_and_gives_its_ports_back) {
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    FarEnd alice, bob;
    const auto a = open(worker, alice);
    const auto b = open(worker, bob);
    control([&] {
      plane_->command(worker, media::Join{a.id, b.id});
      return true;
    });
    bool heard = false;
    for (std::uint16_t i = 1; i < 100 && !heard; ++i) {
      alice.speak(a.rtp_port, i);
      heard = bob.hears(50);
    }
    EXPECT_TRUE(heard) << "worker " << worker;
    control([&] {
      plane_->command(worker, media::Close{a.id});
      plane_->command(worker, media::Close{b.id});
      return true;
    });
  }
  control([&] {
    expected_ = 4;
    check_closed();
    return true;
  });
  EXPECT_EQ(all_closed_.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

// One echoes while its port goes to and fro between two workers, three hundred times; every packet comes back once.
TEST_F(MediaPlaneTest, a_port_moves_with_every_packet) {
  constexpr int moves = 300, packets_per_move = 4;
  FarEnd alice;
  media::PortLease lease = open(0, alice);
  const std::uint16_t port = lease.rtp_port;
  control([&] {
    plane_->command(0, media::Echo{lease.id});
    return true;
  });
  std::uint16_t said = 0;
  std::vector<FarEnd::Heard> heard;
  while (heard.empty() && said < 100) {
    alice.speak(port, ++said);
    if (const auto packet = alice.listen(50)) heard.push_back(*packet);
  }
  ASSERT_FALSE(heard.empty());

  std::vector<Duration> took;
  for (int i = 0; i < moves; ++i) {
    const TimePoint began = net::now();
    auto there = control([&] {
      lease = plane_->move_port(lease, 1 - lease.worker);
      return when_done(lease.id);
    });
    for (int packet = 0; packet < packets_per_move; ++packet) {
      alice.speak(port, ++said);
      while (const auto back = alice.listen(0)) heard.push_back(*back);
    }
    ASSERT_EQ(there.wait_for(std::chrono::seconds(5)), std::future_status::ready);
    took.push_back(there.get() - began);
  }
  while (heard.back().said != said) {
    const auto back = alice.listen(1000);
    ASSERT_TRUE(back) << heard.size() << " of " << said << " came back";
    heard.push_back(*back);
  }
  for (std::size_t i = 1; i < heard.size(); ++i) {
    ASSERT_EQ(heard[i].said, static_cast<std::uint16_t>(heard[i - 1].said + 1));
    ASSERT_EQ(heard[i].sequence, static_cast<std::uint16_t>(heard[i - 1].sequence + 1));
    ASSERT_EQ(heard[i].ssrc, heard[0].ssrc);
  }
  EXPECT_EQ(lease.rtp_port, port);
  std::ranges::sort(took);
  std::cout << "a move took " << took[moves / 2] / microseconds(1) << " us in the middle, "
            << took.back() / microseconds(1) << " us at most\n";

  control([&] {
    plane_->command(lease.worker, media::Close{lease.id});
    expected_ = 1;
    return true;
  });
  EXPECT_EQ(all_closed_.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  FarEnd another(port);  // its sockets are closed
  EXPECT_TRUE(another.bound());
}

// All within one turn of the control thread: five hundred calls that come at once.
TEST_F(MediaPlaneTest, many_legs_that_begin_together_have_their_ports) {
  constexpr int legs = 500;
  control([&] {
    int without = 0;
    for (int i = 0; i < legs; ++i) {
      const auto lease = plane_->take_port(Family::v4, std::nullopt);
      if (!lease) {
        ++without;
        continue;
      }
      plane_->command(lease->worker, media::OpenPort{lease->id});
      plane_->command(lease->worker, media::Close{lease->id});
    }
    EXPECT_EQ(without, 0);
    expected_ = legs - without;
    return true;
  });
  EXPECT_EQ(all_closed_.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST_F(MediaPlaneTest, commands_for_a_port_that_moves_keep_their_order) {
  const std::string keys = "0123456789*#ABCD";
  FarEnd alice;
  media::PortLease lease = open(0, alice);
  for (const char key : keys) {
    control([&] {  // there and back before either worker has heard of it
      lease = plane_->move_port(lease, 1);
      plane_->command(1, media::SendDigits{lease.id, {key}, milliseconds(40), milliseconds(40)});
      lease = plane_->move_port(lease, 0);
      return true;
    });
  }
  std::string heard;
  while (const auto key = alice.hear_key(2000)) {
    heard += *key;
    if (heard.size() == keys.size()) break;
  }
  EXPECT_EQ(heard, keys);
}

// Two of different workers are brought together again and again, and parted.
TEST_F(MediaPlaneTest, legs_of_two_workers_are_joined) {
  FarEnd alice, bob;
  media::PortLease a = open(0, alice);
  const media::PortLease b = open(1, bob);
  std::uint16_t said = 0;
  std::vector<Duration> took;
  for (int i = 0; i < 50; ++i) {
    const TimePoint began = net::now();
    auto joined = control([&] {
      a = plane_->move_port(a, 1);
      plane_->command(1, media::Join{a.id, b.id});
      return when_done(a.id);
    });
    ASSERT_EQ(joined.wait_for(std::chrono::seconds(5)), std::future_status::ready);
    took.push_back(joined.get() - began);
    bool heard = false;
    for (int tries = 0; tries < 100 && !heard; ++tries) {
      alice.speak(a.rtp_port, ++said);
      heard = bob.hears(50);
    }
    ASSERT_TRUE(heard) << i;
    while (bob.hears(0)) {
    }
    control([&] {
      a = plane_->move_port(a, 0);
      return true;
    });
  }
  std::ranges::sort(took);
  std::cout << "a join of two workers' legs took " << took[25] / microseconds(1) << " us in the middle, "
            << took.back() / microseconds(1) << " us at most\n";
}

TEST_F(MediaPlaneTest, ticks_of_mixers_are_timed) {
  FarEnd alice, bob;
  const media::PortLease a = open(0, alice), b = open(0, bob);
  const media::MixerId mixer = media::make_mixer_id(0, 1);
  EXPECT_EQ(plane_->tick_lateness().count(), 0u);
  control([&] {
    plane_->command(0, media::OpenMixer{mixer});
    for (const PortId port : {a.id, b.id}) plane_->command(0, media::Seat{.port = port, .mixer = mixer});
    return true;
  });
  bool heard = false;
  for (std::uint16_t i = 1; i < 100 && !heard; ++i) {
    alice.speak(a.rtp_port, i);
    heard = bob.hears(50);
  }
  EXPECT_TRUE(heard);
  // What bob heard left in the middle of a tick; what the worker obeys next comes after it.
  const auto after = control([&] { return when_done(a.id); });
  ASSERT_EQ(after.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_GT(plane_->tick_lateness().count(), 0u);
  EXPECT_GT(plane_->tick_lateness().total(), Duration::zero());
}

TEST_F(MediaPlaneTest, many_leases_come_and_go) {
  constexpr int rounds = 300;
  int leased = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto worker = static_cast<std::uint32_t>(i % 2);
    control([&] {
      auto lease = plane_->take_port(Family::v4, worker);
      if (!lease) {  // the pool is refilled in the background
        return false;
      }
      plane_->command(worker, media::OpenPort{lease->id});
      plane_->command(worker, media::Close{lease->id});
      ++leased;
      return true;
    });
  }
  control([&] {
    expected_ = leased;
    check_closed();
    return true;
  });
  EXPECT_EQ(all_closed_.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_GT(leased, 100);
}

}  // namespace
}  // namespace junctor::hub
