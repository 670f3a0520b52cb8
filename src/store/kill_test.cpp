// kill -9 at any moment: what was acknowledged is there, once, and what was cut is marked so.
#include <cstdint>
#include <gtest/gtest.h>
#include <map>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "store/sqlite_store.hpp"
#include "store/test_rows.hpp"

namespace junctor::store {
namespace {

enum class Step : std::uint32_t { start, answer, end };

/// What the child tells its parent about each acknowledgement.
struct Told {
  std::uint32_t call = 0;
  Step step = Step::start;
};

class TellParent final : public AckTarget {
 public:
  explicit TellParent(int pipe) : pipe_(pipe) {}
  void on_stored(std::uint64_t token, bool ok, TimePoint) override {
    const Told told{static_cast<std::uint32_t>(token / 3), static_cast<Step>(token % 3)};
    if (!ok || ::write(pipe_, &told, sizeof told) != sizeof told) ::_exit(1);
  }

 private:
  int pipe_;
};

/// Starts, answers and ends overlapping calls until it is killed.
[[noreturn]] void write_calls(const std::string& path, int pipe) {
  auto database = Database::open(path, Sync::normal);
  if (!database) ::_exit(1);
  NullLog log;
  Counters counters;
  SqliteStore store(std::move(*database), Wakes{[] {}, [] {}}, log, counters);
  TellParent tell(pipe);
  TimePoint now{seconds(1)};
  const auto id = [](std::uint64_t call) { return "n1-1-" + std::to_string(call); };
  for (std::uint64_t call = 1;; ++call) {
    store.write(call_start(id(call)), &tell, 3 * call, now);
    if (call > 5) store.write(call_answer(id(call - 5)), &tell, 3 * (call - 5) + 1, now);
    if (call > 10) store.write(call_end(id(call - 10)), &tell, 3 * (call - 10) + 2, now);
    now += microseconds(700);
    store.writer().run_once(now);
    store.writer().deliver(now);
  }
}

void kill_after(std::size_t acknowledgements) {
  const TempFolder folder;
  const std::string path = folder.file("junctor.db");
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe[0]);
    write_calls(path, pipe[1]);
  }
  ::close(pipe[1]);
  std::map<std::uint32_t, Step> acknowledged;
  std::size_t count = 0;
  Told told;
  while (::read(pipe[0], &told, sizeof told) == sizeof told) {
    acknowledged[told.call] = std::max(acknowledged[told.call], told.step);
    if (++count == acknowledgements) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  ASSERT_GE(count, acknowledgements);

  auto database = Database::open(path, Sync::normal);
  ASSERT_TRUE(database) << database.error();
  std::size_t interrupted = 0;
  for (const auto& [call, step] : acknowledged) {
    const auto found = database->find_call("n1-1-" + std::to_string(call));
    ASSERT_TRUE(found && *found) << "call " << call << " was acknowledged and is missing";
    const CallRecord& record = **found;
    ASSERT_NE(record.call.disposition, Disposition::open);
    if (record.call.disposition == Disposition::interrupted) ++interrupted;
    if (step == Step::answer) {
      ASSERT_NE(record.call.answer_ms, 0);
    }
    if (step == Step::end) {
      ASSERT_EQ(record.call.disposition, Disposition::answered);
      ASSERT_EQ(record.legs.size(), 2u);
    }
  }
  // Of the acknowledged ones there may be none: a group that was committed and not yet told may have ended them all.
  EXPECT_GE(database->interrupted(), interrupted);
  EXPECT_GT(database->interrupted(), 0u);
  database = Database::open(path, Sync::normal);
  EXPECT_EQ(database->interrupted(), 0u);
}

TEST(Kill, AcknowledgedRowsAreThereWhenTheProcessIsKilled) {
  for (const std::size_t acknowledgements : {1u, 40u, 333u, 2000u}) kill_after(acknowledgements);
}

}  // namespace
}  // namespace junctor::store
