// The media plane over its real threads and sockets, driven from a real control loop: what ThreadSanitizer looks at.
#include "hub/media_plane.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <future>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/timer_wheel.hpp"
#include "net/clock.hpp"

namespace junctor::hub {
namespace {

/// A far end: one loopback UDP socket.
class FarEnd {
 public:
  FarEnd() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in bound{};
    bound.sin_family = AF_INET;
    bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&bound), sizeof bound), 0);
    socklen_t length = sizeof bound;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length), 0);
    port_ = ntohs(bound.sin_port);
  }
  ~FarEnd() { ::close(fd_); }

  Address address() const { return {IpAddress::v4(127, 0, 0, 1), port_}; }

  void speak(std::uint16_t to, std::uint16_t sequence) {
    std::array<std::uint8_t, 172> packet{};
    packet[0] = 0x80;
    packet[2] = static_cast<std::uint8_t>(sequence >> 8);
    packet[3] = static_cast<std::uint8_t>(sequence);
    const std::uint32_t timestamp = htonl(std::uint32_t{sequence} * 160);
    std::memcpy(packet.data() + 4, &timestamp, sizeof timestamp);
    packet[11] = 7;
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(to);
    ::sendto(fd_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&there), sizeof there);
  }

  bool hears(int deadline_ms) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, deadline_ms) != 1) return false;
    std::array<std::uint8_t, 2048> packet;
    return ::recv(fd_, packet.data(), packet.size(), 0) == 172;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
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
    settings.port_max = 41'399;
    settings.workers = 2;
    auto plane = MediaPlane::create(settings, *loop_, counters_);
    ASSERT_TRUE(plane) << plane.error();
    plane_ = std::move(*plane);
    plane_->set_sink([this](const media::Event& event, TimePoint) {
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
      plane_->command(worker, remote);
      return *lease;
    });
  }

  TimerWheel timers_{net::now()};
  Counters counters_;
  std::unique_ptr<net::ControlLoop> loop_;
  std::unique_ptr<MediaPlane> plane_;
  std::thread thread_;
  int closed_ = 0;
  int expected_ = 0;  ///< set on the control thread once it is known
  bool told_ = false;
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
