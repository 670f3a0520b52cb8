#include "store/writer.hpp"

#include <gtest/gtest.h>
#include <map>
#include <thread>
#include <vector>

#include "store/sqlite.hpp"
#include "store/sqlite_store.hpp"
#include "store/test_rows.hpp"

namespace junctor::store {
namespace {

class Acks final : public AckTarget {
 public:
  void on_stored(std::uint64_t token, bool ok, TimePoint) override { seen.emplace_back(token, ok); }
  std::vector<std::pair<std::uint64_t, bool>> seen;
};

using Seen = std::vector<std::pair<std::uint64_t, bool>>;

class WriterTest : public testing::Test {
 protected:
  WriterTest() {
    auto database = Database::open(path, Sync::normal);
    EXPECT_TRUE(database);
    store.emplace(std::move(*database), Wakes{[this] { ++database_wakes; }, [this] { ++control_wakes; }}, log,
                  counters);
  }

  void write(Write w, std::uint64_t token) { store->write(std::move(w), &acks, token, now); }
  void break_disk() { ASSERT_TRUE(Connection::open(path, 0)->execute("ALTER TABLE bindings RENAME TO gone")); }
  void mend_disk() { ASSERT_TRUE(Connection::open(path, 0)->execute("ALTER TABLE gone RENAME TO bindings")); }
  Write binding() { return UpdateBindings{"u", false, {}, {binding_row("u", "sip:u@192.0.2.1")}}; }

  TempFolder folder;
  std::string path = folder.file("junctor.db");
  NullLog log;
  Counters counters;
  TimePoint now = TimePoint(seconds(1000));
  int database_wakes = 0, control_wakes = 0;
  Acks acks;
  std::optional<SqliteStore> store;
};

TEST_F(WriterTest, AcknowledgesAfterTheCommitAndNotBefore) {
  write(call_start("a"), 1);
  EXPECT_EQ(database_wakes, 1);
  EXPECT_EQ(store->backlog(), 1u);
  store->writer().deliver(now);
  EXPECT_TRUE(acks.seen.empty());
  EXPECT_EQ(store->writer().run_once(now), now + group_delay_min);
  EXPECT_EQ(control_wakes, 1);
  EXPECT_TRUE(acks.seen.empty());
  store->writer().deliver(now);
  EXPECT_EQ(acks.seen, (Seen{{1, true}}));
  EXPECT_EQ(store->backlog(), 0u);
}

TEST_F(WriterTest, AGroupWaitsUntilFiveMillisecondsAfterTheOneBefore) {
  write(call_start("a"), 1);
  store->writer().run_once(now);
  const TimePoint first = now;
  now += milliseconds(1);
  write(call_start("b"), 2);
  write(call_start("c"), 3);
  EXPECT_EQ(store->writer().run_once(now), first + group_delay_min);
  EXPECT_EQ(counters.get("store_commits").value(), 1u);
  EXPECT_EQ(store->writer().run_once(first + group_delay_min), first + 2 * group_delay_min);
  EXPECT_EQ(counters.get("store_commits").value(), 2u);
  const TimePoint quiet = first + group_delay_min + quiet_after;
  EXPECT_EQ(store->writer().run_once(first + 2 * group_delay_min), quiet);
  EXPECT_EQ(store->writer().run_once(quiet), std::nullopt);
  store->writer().deliver(now);
  EXPECT_EQ(acks.seen, (Seen{{1, true}, {2, true}, {3, true}}));
}

TEST_F(WriterTest, AfterALargeGroupTheNextOneWaitsLonger) {
  for (std::uint64_t i = 0; i < 12; ++i) write(call_start("a" + std::to_string(i)), i);
  EXPECT_EQ(store->writer().run_once(now), now + milliseconds(12));
  now += milliseconds(12);
  for (std::uint64_t i = 0; i < 50; ++i) write(call_start("b" + std::to_string(i)), i);
  EXPECT_EQ(store->writer().run_once(now), now + group_delay_max);
  now += group_delay_max;
  write(call_start("c"), 0);
  EXPECT_EQ(store->writer().run_once(now), now + group_delay_min);
  EXPECT_EQ(counters.get("store_commits").value(), 3u);
}

TEST_F(WriterTest, WhileTheDatabaseThreadRestsAWriteDoesNotRouseIt) {
  write(call_start("a"), 1);
  EXPECT_EQ(database_wakes, 1);
  EXPECT_EQ(store->writer().run_once(now), now + group_delay_min);
  write(call_start("b"), 2);
  EXPECT_EQ(database_wakes, 1);
  now += group_delay_min;
  store->writer().run_once(now);
  EXPECT_EQ(counters.get("store_commits").value(), 2u);
  now += group_delay_min;
  EXPECT_EQ(store->writer().run_once(now), now - group_delay_min + quiet_after);
  write(call_start("c"), 3);
  EXPECT_EQ(database_wakes, 2);
}

TEST_F(WriterTest, AWriteThatNobodyWaitsForRousesNobody) {
  store->write(call_start("a"), nullptr, 0, now);
  EXPECT_EQ(store->backlog(), 1u);
  EXPECT_EQ(store->writer().flush(now), now + unwaited_delay_max);
  now += unwaited_delay_max - milliseconds(1);
  store->writer().flush(now);
  EXPECT_EQ(database_wakes, 0);
  now += milliseconds(1);
  EXPECT_EQ(store->writer().flush(now), std::nullopt);
  EXPECT_EQ(database_wakes, 1);
  store->writer().run_once(now);
  EXPECT_EQ(counters.get("store_commits").value(), 1u);
  EXPECT_EQ(control_wakes, 0);
  store->writer().deliver(now);
  EXPECT_EQ(store->backlog(), 0u);
}

TEST_F(WriterTest, AWriteThatNobodyWaitsForGoesBeforeTheNextThatSomebodyDoes) {
  store->write(call_start("a"), nullptr, 0, now);
  write(call_end("a"), 1);
  EXPECT_EQ(database_wakes, 1);
  store->writer().run_once(now);
  EXPECT_EQ(counters.get("store_commits").value(), 1u);
  store->writer().deliver(now);
  EXPECT_EQ(acks.seen, (Seen{{1, true}}));
  EXPECT_EQ(store->backlog(), 0u);
  EXPECT_EQ(store->writer().flush(now), std::nullopt);
}

TEST_F(WriterTest, AFullGroupDoesNotWait) {
  write(call_start("a"), 0);
  store->writer().run_once(now);
  for (std::size_t i = 1; i <= group_rows_max + 1; ++i) write(call_start("c" + std::to_string(i)), i);
  const auto again = store->writer().run_once(now);
  EXPECT_EQ(counters.get("store_commits").value(), 2u);
  EXPECT_EQ(again, now + group_delay_max);  // one is left for the next group
}

TEST_F(WriterTest, WakesTheDatabaseThreadOncePerGroup) {
  for (std::uint64_t i = 0; i < 100; ++i) write(call_start("c" + std::to_string(i)), i);
  EXPECT_EQ(database_wakes, 1);
}

TEST_F(WriterTest, ABacklogIsToldButNothingIsLost) {
  const std::size_t many = backlog_writes_max + 100;
  for (std::size_t i = 0; i < many; ++i) {
    EXPECT_EQ(store->backlog_full(), i >= backlog_writes_max);
    write(RemoveUser{"nobody"}, i);
  }
  while (store->backlog() > 0) {
    now += milliseconds(5);
    store->writer().run_once(now);
    store->writer().deliver(now);
  }
  ASSERT_EQ(acks.seen.size(), many);
  for (std::size_t i = 0; i < many; ++i) ASSERT_EQ(acks.seen[i], std::pair(std::uint64_t{i}, true));
  EXPECT_FALSE(store->backlog_full());
}

TEST_F(WriterTest, AFailingDiskRefusesNewWorkAndKeepsTheEndsOfCalls) {
  break_disk();
  write(call_end("kept"), 1);
  write(binding(), 2);
  EXPECT_EQ(store->writer().run_once(now), now + retry_delay);
  store->writer().deliver(now);
  EXPECT_EQ(acks.seen, (Seen{{2, false}}));
  EXPECT_TRUE(store->backlog_full());
  EXPECT_EQ(store->backlog(), 1u);

  write(call_end("later"), 3);
  EXPECT_EQ(store->writer().run_once(now + milliseconds(10)), now + retry_delay);

  mend_disk();
  EXPECT_EQ(store->writer().run_once(now + retry_delay), now + retry_delay + group_delay_min);
  store->writer().deliver(now);
  EXPECT_EQ(acks.seen, (Seen{{2, false}, {1, true}, {3, true}}));
  EXPECT_FALSE(store->backlog_full());
  EXPECT_EQ(counters.get("store_writes_refused").value(), 1u);
}

TEST_F(WriterTest, ADiskThatFailedOnceIsTrustedAgainAfterAWhile) {
  break_disk();
  write(binding(), 1);
  store->writer().run_once(now);
  store->writer().deliver(now);
  EXPECT_TRUE(store->backlog_full());
  mend_disk();
  EXPECT_EQ(store->writer().run_once(now + retry_delay), std::nullopt);
  EXPECT_FALSE(store->backlog_full());
  write(binding(), 2);
  store->writer().run_once(now + retry_delay + group_delay_min);
  store->writer().deliver(now);
  EXPECT_EQ(acks.seen, (Seen{{1, false}, {2, true}}));
}

TEST_F(WriterTest, ReadsSeeWhatWasAcknowledged) {
  write(call_end("a"), 1);
  store->writer().run_once(now);
  std::size_t found = 0;
  bool none = false;
  store->list_calls({}, [&](auto records, TimePoint) { found = records->size(); }, now);
  store->find_call("b", [&](auto record, TimePoint) { none = record && !*record; }, now);
  store->writer().run_once(now);
  EXPECT_EQ(found, 0u);
  store->writer().deliver(now);
  EXPECT_EQ(found, 1u);
  EXPECT_TRUE(none);
}

TEST_F(WriterTest, TooManyReadsAreToldAtOnce) {
  int errors = 0;
  for (std::size_t i = 0; i < reads_waiting_max + 1; ++i) {
    store->list_calls({}, [&](auto records, TimePoint) { errors += records ? 0 : 1; }, now);
  }
  EXPECT_EQ(errors, 1);
}

TEST_F(WriterTest, FinishCommitsWhatWaits) {
  write(call_start("a"), 1);
  store->writer().run_once(now);
  write(call_end("a"), 2);
  EXPECT_TRUE(store->writer().run_once(now));  // not due
  store->writer().finish();
  store->writer().deliver(now);
  EXPECT_EQ(acks.seen, (Seen{{1, true}, {2, true}}));
}

// For the thread sanitizer: both sides at work, sleeping never.
TEST_F(WriterTest, TwoThreads) {
  constexpr std::uint64_t count = 2000;
  std::atomic<bool> stop = false;
  std::atomic<int> wakes = 0;
  store.emplace(std::move(*Database::open(folder.file("threads.db"), Sync::normal)),
                Wakes{[&] { ++wakes; }, [&] { ++wakes; }}, log, counters);
  std::thread thread([&] {
    TimePoint t = now;
    while (!stop) {
      store->writer().run_once(t);
      t += microseconds(100);
    }
    store->writer().finish();
  });
  for (std::uint64_t i = 0; i < count; ++i) {
    write(call_end("c" + std::to_string(i)), i);
    store->writer().deliver(now);
  }
  while (store->backlog() > 0) store->writer().deliver(now);
  stop = true;
  thread.join();
  EXPECT_EQ(acks.seen.size(), count);
  EXPECT_GT(wakes.load(), 0);
}

}  // namespace
}  // namespace junctor::store
