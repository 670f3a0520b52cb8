// Simulated time and network: in order, and the same again for the same seed.
#include "sim/world.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "sim/net.hpp"

namespace junctor::sim {
namespace {

using namespace std::chrono_literals;

const Address here{IpAddress::v4(10, 1, 0, 1), 1000}, there{IpAddress::v4(10, 1, 0, 2), 2000};

TEST(WorldTest, EventsHappenInOrderAndCanBeCancelled) {
  World world{Seed{1}};
  std::string seen;
  world.after(20ms, [&] { seen += 'c'; });
  world.after(10ms, [&] { seen += 'a'; });
  auto gone = world.after(15ms, [&] { seen += 'x'; });
  world.after(10ms, [&] { seen += 'b'; });
  world.cancel(gone);
  const TimePoint start = world.now();
  EXPECT_FALSE(world.until(15ms, [] { return false; }));
  EXPECT_EQ(seen, "ab");
  EXPECT_EQ(world.now() - start, Duration(15ms));
  EXPECT_TRUE(world.until(1s, [&] { return seen.size() == 3; }));
  EXPECT_EQ(world.now() - start, Duration(20ms));
}

/// What of 1000 numbered datagrams arrives, in what order.
std::vector<int> arrivals(Seed seed, const std::function<void(Link&)>& trouble) {
  World world{seed};
  Net net{world};
  std::vector<int> seen;
  trouble(net.link(here.ip));
  net.bind(there, [&](const Address& from, std::span<const std::uint8_t> bytes) {
    EXPECT_EQ(from, here);
    seen.push_back(std::stoi(std::string(text_of(bytes))));
  });
  for (int i = 0; i < 1000; ++i) {
    world.after(milliseconds(i), [&net, i] { net.send(here, there, bytes_of(std::to_string(i))); });
  }
  world.run_for(10s);
  return seen;
}

TEST(NetTest, APerfectLinkKeepsOrder) {
  const auto seen = arrivals(Seed{1}, [](Link&) {});
  ASSERT_EQ(seen.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(NetTest, LossDuplicationAndReorderingHappenAndReplay) {
  const auto bad = [](Link& link) { link.loss(0.1).duplicate(0.05).reorder(0.2).delay(20ms, 5ms); };
  const auto seen = arrivals(Seed{7}, bad);
  EXPECT_GT(seen.size(), 880u);
  EXPECT_LT(seen.size(), 1010u);
  EXPECT_FALSE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen, arrivals(Seed{7}, bad));
  EXPECT_NE(seen, arrivals(Seed{8}, bad));
}

TEST(NetTest, APartitionLetsNothingThroughUntilItHeals) {
  EXPECT_TRUE(arrivals(Seed{1}, [](Link& link) { link.cut(); }).empty());
  EXPECT_EQ(arrivals(Seed{1}, [](Link& link) { link.cut().heal(); }).size(), 1000u);
}

TEST(NetTest, StreamsLoseNothingAndKeepOrder) {
  World world{Seed{3}};
  Net net{world};
  net.link(here.ip).loss(0.3).delay(10ms, 10ms).reorder(0.5);
  std::string seen, sent;
  std::unique_ptr<Stream> far;
  bool closed = false;
  net.listen(there, [&](std::unique_ptr<Stream> stream) {
    far = std::move(stream);
    far->on_bytes = [&](std::string_view bytes) { seen += bytes; };
    far->on_closed = [&](std::string_view) { closed = true; };
  });
  auto near = net.connect(here.ip, there);
  for (int i = 0; i < 200; ++i) {
    const std::string text(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    sent += text;
    near->write(text);
    world.run_for(5ms);
    if (i == 100) net.link(here.ip).cut();
    if (i == 150) net.link(here.ip).heal();
  }
  EXPECT_TRUE(world.until(100s, [&] { return seen.size() == sent.size(); }));
  EXPECT_EQ(seen, sent);
  near.reset();
  EXPECT_TRUE(world.until(1s, [&] { return closed; }));
}

TEST(NetTest, AConnectionThatNobodyTakesIsClosed) {
  World world{Seed{4}};
  Net net{world};
  auto near = net.connect(here.ip, there);
  std::string reason;
  near->on_closed = [&](std::string_view text) { reason = text; };
  EXPECT_TRUE(world.until(1s, [&] { return !reason.empty(); }));
  EXPECT_EQ(reason, "refused");
}

}  // namespace
}  // namespace junctor::sim
