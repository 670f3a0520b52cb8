#include "store/memory_store.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "store/database.hpp"
#include "store/test_rows.hpp"

namespace junctor::store {
namespace {

/// A small generator with a seed (xorshift64*).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next() override {
    state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Du;
  }

 private:
  std::uint64_t state_;
};

class Acks final : public AckTarget {
 public:
  void on_stored(std::uint64_t token, bool ok, TimePoint) override { seen.emplace_back(token, ok); }
  std::vector<std::pair<std::uint64_t, bool>> seen;
};

using Seen = std::vector<std::pair<std::uint64_t, bool>>;

class MemoryStoreTest : public testing::Test {
 protected:
  void run(Duration by) { timers.advance(now += by); }

  TimePoint now{seconds(1)};
  TimerWheel timers{now};
  SeededRandom random{7};
  MemoryDisk disk;
  Acks acks;
};

TEST_F(MemoryStoreTest, AcknowledgesInOrderAfterTheDelay) {
  MemoryStore store(disk, timers, random);
  for (std::uint64_t i = 0; i < 20; ++i) store.write(call_start("c" + std::to_string(i)), &acks, i, now);
  EXPECT_TRUE(disk.calls.empty());
  EXPECT_EQ(store.backlog(), 20u);
  run(milliseconds(10));
  EXPECT_EQ(disk.calls.size(), 20u);
  ASSERT_EQ(acks.seen.size(), 20u);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(acks.seen[i], std::pair(i, true));
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(MemoryStoreTest, FailsOrTriesAgain) {
  MemoryStore store(disk, timers, random);
  store.faults.fail = 1;
  store.write(call_start("a"), &acks, 1, now);
  store.write(call_end("a"), &acks, 2, now);
  run(milliseconds(100));
  EXPECT_EQ(acks.seen, (Seen{{1, false}}));
  store.faults.fail = 0;
  run(milliseconds(1100));
  EXPECT_EQ(acks.seen, (Seen{{1, false}, {2, true}}));
  EXPECT_EQ(disk.calls.at("a").call.disposition, Disposition::answered);
}

TEST_F(MemoryStoreTest, AStuckDiskFillsTheBacklog) {
  MemoryStore store(disk, timers, random);
  store.faults.stuck = true;
  for (std::size_t i = 0; i < backlog_writes_max; ++i) {
    EXPECT_FALSE(store.backlog_full());
    store.write(RemoveUser{"nobody"}, &acks, i, now);
  }
  run(seconds(5));
  EXPECT_TRUE(store.backlog_full());
  EXPECT_TRUE(acks.seen.empty());
  store.faults.stuck = false;
  run(seconds(5));
  EXPECT_FALSE(store.backlog_full());
  EXPECT_EQ(acks.seen.size(), backlog_writes_max);
}

TEST_F(MemoryStoreTest, ACrashLosesWhatWasNotAcknowledgedAndInterruptsWhatWasOpen) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom dice(seed);
    MemoryDisk one;
    Acks told;
    MemoryStore store(one, timers, dice);
    for (std::uint64_t i = 0; i < 10; ++i) store.write(call_start("c" + std::to_string(i)), &told, i, now);
    run(milliseconds(1));
    const std::size_t safe = told.seen.size();
    store.crash();
    run(milliseconds(100));
    EXPECT_EQ(told.seen.size(), safe);
    EXPECT_GE(one.calls.size(), safe);
    const MemoryStore next(one, timers, dice);
    for (const auto& [id, record] : one.calls) EXPECT_EQ(record.call.disposition, Disposition::interrupted);
  }
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(MemoryStoreTest, CountsARecordWrittenTwice) {
  MemoryStore store(disk, timers, random);
  store.write(call_start("a"), nullptr, 0, now);
  store.write(call_end("a"), nullptr, 0, now);
  run(milliseconds(20));
  EXPECT_EQ(disk.repeated, 0u);
  store.write(call_end("a"), nullptr, 0, now);
  run(milliseconds(20));
  EXPECT_EQ(disk.repeated, 1u);
}

TEST_F(MemoryStoreTest, AnswersReadsLater) {
  MemoryStore store(disk, timers, random);
  disk.apply(call_end("a"));
  std::size_t found = 0;
  store.list_calls({.number = "1002"}, [&](auto records, TimePoint) { found = records->size(); }, now);
  EXPECT_EQ(found, 0u);
  run(milliseconds(10));
  EXPECT_EQ(found, 1u);
}

/// Everything about a record that the two bodies must agree on.
std::vector<std::string> describe(const std::vector<CallRecord>& records) {
  std::vector<std::string> out;
  for (const CallRecord& record : records) {
    std::string line = record.call.call_id + " " + std::string(to_string(record.call.disposition)) + " " +
                       std::to_string(record.call.start_ms) + " " + std::to_string(record.call.answer_ms) + " " +
                       std::to_string(record.call.end_ms);
    for (const LegRow& leg : record.legs) line += " " + std::to_string(leg.leg) + ":" + std::to_string(leg.end_ms);
    out.push_back(std::move(line));
  }
  return out;
}

TEST(MemoryDisk, AgreesWithSqlite) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SeededRandom random(seed);
    const TempFolder folder;
    auto database = Database::open(folder.file("junctor.db"), Sync::normal);
    ASSERT_TRUE(database);
    MemoryDisk disk;
    std::vector<Write> writes;
    for (int i = 0; i < 60; ++i) {
      const std::string id = "c" + std::to_string(random.below(10));
      const auto start_ms = static_cast<std::int64_t>(1000 + random.below(5));
      switch (random.below(5)) {
        case 0:
          writes.emplace_back(call_start(id, start_ms));
          break;
        case 1:
          writes.emplace_back(call_answer(id));
          break;
        case 2:
          writes.emplace_back(call_end(id, start_ms));
          break;
        case 3:
          writes.emplace_back(PruneCalls{static_cast<std::int64_t>(1000 + random.below(3)), 1});
          break;
        default:
          writes.emplace_back(UpdateBindings{"u",
                                             random.below(4) == 0,
                                             {"sip:" + std::to_string(random.below(4))},
                                             {binding_row("u", "sip:" + std::to_string(random.below(4)))}});
      }
      disk.apply(writes.back());
    }
    ASSERT_TRUE(database->apply(writes));
    TimerWheel timers{TimePoint{}};
    MemoryStore store(disk, timers, random);  // repairs
    database = Database::open(folder.file("junctor.db"), Sync::normal);
    std::vector<CallRecord> remembered;
    store.list_calls({}, [&](auto records, TimePoint) { remembered = *records; }, TimePoint{});
    timers.advance(TimePoint(seconds(1)));
    EXPECT_EQ(describe(*database->list_calls({})), describe(remembered)) << "seed " << seed;
    const auto a = database->load_bindings(wall(0));
    const auto b = store.load_bindings(wall(0));
    ASSERT_EQ(a->size(), b->size());
    for (std::size_t i = 0; i < a->size(); ++i) EXPECT_EQ((*a)[i].contact, (*b)[i].contact);
  }
}

}  // namespace
}  // namespace junctor::store
