#include "transaction/slots.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "transaction/linger_queue.hpp"

namespace junctor::transaction {
namespace {

TEST(Slots, ALateIdIsAMiss) {
  Slots<int> slots(1);
  const TransactionId first = slots.emplace(7);
  EXPECT_EQ(*slots.find(first), 7);
  slots.erase(first);
  EXPECT_EQ(slots.find(first), nullptr);
  const TransactionId second = slots.emplace(8);
  EXPECT_NE(first, second) << "same slot, another generation";
  EXPECT_EQ(slots.find(first), nullptr);
  slots.erase(first);
  EXPECT_EQ(slots.size(), 1u);
  EXPECT_EQ(slots.find(TransactionId{}), nullptr);
  EXPECT_EQ(slots.find(TransactionId{~0ull}), nullptr);
}

TEST(Slots, TwoKindsNeverShareAnId) {
  Slots<int> zero(0), one(1);
  EXPECT_NE(zero.emplace(1), one.emplace(1));
}

TEST(Slots, AfterABurstOldIdsStayMisses) {
  Slots<int> slots(0);
  std::vector<TransactionId> burst;
  for (int i = 0; i < 10000; ++i) burst.push_back(slots.emplace(i));
  for (const TransactionId id : burst) slots.erase(id);
  EXPECT_EQ(slots.size(), 0u);
  const TransactionId next = slots.emplace(1);
  for (const TransactionId id : burst) ASSERT_EQ(slots.find(id), nullptr);
  EXPECT_EQ(*slots.find(next), 1);
}

TEST(Slots, GrowBeyondAChunk) {
  Slots<int> slots(0);
  std::vector<TransactionId> ids;
  for (int i = 0; i < 10000; ++i) ids.push_back(slots.emplace(i));
  for (int i = 0; i < 10000; ++i) ASSERT_EQ(*slots.find(ids[static_cast<std::size_t>(i)]), i);
}

struct Ends final : TimerTarget {
  explicit Ends(TimerWheel& wheel) : queue(wheel, *this, 5) {}
  void on_timer(std::uint64_t token, TimePoint now) override {
    EXPECT_EQ(token, 5u);
    queue.on_timer(now, [&](TransactionId id) { ended.push_back(id.value); });
  }
  LingerQueue queue;
  std::vector<std::uint64_t> ended;
};

TEST(LingerQueue, EndsInOrderWithOneTimerAndNeverEarly) {
  const TimePoint start{seconds(1000)};
  TimerWheel wheel(start);
  Ends ends(wheel);
  ends.queue.push(start + seconds(10), {1});
  ends.queue.push(start + seconds(12), {2});
  ends.queue.push(start + seconds(11), {3});  // a little out of order: waits for the one before it
  EXPECT_EQ(wheel.pending(), 1u);
  wheel.advance(start + milliseconds(9999));
  EXPECT_TRUE(ends.ended.empty());
  wheel.advance(start + seconds(11));
  EXPECT_EQ(ends.ended, (std::vector<std::uint64_t>{1}));
  wheel.advance(start + seconds(12));
  EXPECT_EQ(ends.ended, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(wheel.pending(), 0u);
}

}  // namespace
}  // namespace junctor::transaction
