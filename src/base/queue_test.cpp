#include "base/queue.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace junctor {
namespace {

TEST(BoundedQueue, keeps_order_and_says_when_full) {
  BoundedQueue<int> queue(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.push(int{i}));
  EXPECT_FALSE(queue.push(9));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.pop(), i);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, a_refused_value_is_untouched) {
  BoundedQueue<std::unique_ptr<int>> queue(2);
  EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(queue.push(std::move(third)));
  ASSERT_TRUE(third);
  EXPECT_EQ(*third, 3);
}

TEST(BoundedQueue, three_producers_lose_nothing_and_keep_their_own_order) {
  constexpr int producers = 3, each = 20000;
  BoundedQueue<std::pair<int, int>> queue(64);
  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p)
    threads.emplace_back([&queue, p] {
      for (int i = 0; i < each; ++i)
        while (!queue.push({p, i})) std::this_thread::yield();
    });
  std::vector<int> next(producers, 0);
  for (int got = 0; got < producers * each;) {
    const auto item = queue.pop();
    if (!item) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(item->second, next[static_cast<std::size_t>(item->first)]++);
    ++got;
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace junctor
