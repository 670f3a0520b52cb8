#include "net/process.hpp"

#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/fd.hpp"
#include "net/local_address.hpp"

namespace junctor::net {
namespace {

TEST(Process, ReadyReachesTheServiceManager) {
  EXPECT_TRUE(notify_service_manager("READY=1"));  // nobody asked: nothing to do
  const std::string path = testing::TempDir() + "junctor-notify-" + std::to_string(::getpid());
  const Fd manager(::socket(AF_UNIX, SOCK_DGRAM, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  EXPECT_TRUE(notify_service_manager("READY=1"));
  std::array<char, 64> got{};
  EXPECT_EQ(::recv(manager.get(), got.data(), got.size(), MSG_DONTWAIT), 7);
  EXPECT_EQ(std::string(got.data()), "READY=1");
  ::unlink(path.c_str());
  EXPECT_FALSE(notify_service_manager("READY=1"));
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(Process, OpenFilesLimitGoesUpToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto limit = raise_open_files_limit();
  ASSERT_TRUE(limit) << limit.error();
  EXPECT_EQ(*limit, before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(LocalAddress, LoopbackReachesLoopback) {
  EXPECT_EQ(local_address_for(IpAddress::v4(127, 0, 0, 1)), IpAddress::v4(127, 0, 0, 1));
  EXPECT_EQ(local_address_for(*IpAddress::parse("::1")), *IpAddress::parse("::1"));
  LocalAddresses addresses;
  const TimePoint t{seconds(1)};
  EXPECT_EQ(addresses.find(IpAddress::v4(127, 0, 0, 9), t), IpAddress::v4(127, 0, 0, 1));
  EXPECT_EQ(addresses.find(IpAddress::v4(127, 0, 0, 9), t + hours(1)), IpAddress::v4(127, 0, 0, 1));
}

TEST(LocalAddress, TheMemoryIsBounded) {
  LocalAddresses addresses;
  for (std::size_t i = 0; i < LocalAddresses::capacity + 10; ++i) {
    const auto high = static_cast<std::uint8_t>(i >> 8), low = static_cast<std::uint8_t>(i);
    ASSERT_TRUE(addresses.find(IpAddress::v4(127, 1, high, low), TimePoint(seconds(1))));
  }
}

TEST(LocalAddress, InterfacesIncludeLoopback) {
  bool found = false;
  for (const InterfaceAddress& one : interface_addresses()) found = found || one.ip == IpAddress::v4(127, 0, 0, 1);
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace junctor::net
