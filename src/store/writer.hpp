#pragma once
// Between the control thread and the database thread: writes go one way in groups, acknowledgements and answers the
// other way. Makes no thread and reads no clock; whoever owns the threads calls run_once() and deliver().
//
// A write that somebody waits for is committed at once after a quiet moment; under load a group closes group_delay()
// after the one before it, or when it is full: the larger that one was, the later, because what a commit costs is its
// pages, and rows that come together share them. For that long the database thread rests after each commit, and then
// looks by itself: writes do not rouse it. A write that nobody waits for rouses no thread at all. When a commit fails,
// what must arrive is kept, in order, and tried again; the rest of the group is refused.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/queue.hpp"
#include "base/time.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace junctor::store {

inline constexpr milliseconds group_delay_min{5};      ///< after a commit of few rows
inline constexpr milliseconds group_delay_max{20};     ///< after one of many
inline constexpr milliseconds retry_delay{1000};       ///< after a failed commit
inline constexpr seconds quiet_after{10};              ///< without a commit the page cache is given back
inline constexpr milliseconds unwaited_delay_max{15};  ///< of a write without a target, on the control thread
inline constexpr std::size_t reads_waiting_max = 64;

/// How long after a commit of that many rows the next group closes: a millisecond per row, within the bounds above.
constexpr milliseconds group_delay(std::size_t rows) {
  return std::clamp(milliseconds(rows), group_delay_min, group_delay_max);
}

/// How the two threads rouse each other. A wake that comes while the other is awake must not be lost: it makes its next
/// sleep return at once.
struct Wakes {
  std::function<void()> database;  ///< called on the control thread: run_once() is due
  std::function<void()> control;   ///< called on the database thread: deliver() is due
};

/// Counters: store_writes, store_commits, store_commit_failures, store_writes_refused, store_reads_refused.
class Writer {
 public:
  using Read = std::function<std::function<void(TimePoint)>(Database&)>;  ///< as base's Job, with the database

  /// `log` is written to on the database thread. Everything outlives this.
  Writer(Database& database, Wakes wakes, Log& log, Counters& counters);

  // Control thread.

  /// A write without a target is nobody's wait: it goes along with the next one that has one, or when flush() finds
  /// that unwaited_delay_max has passed.
  void push(Write write, AckTarget* target, std::uint64_t token, TimePoint now);
  /// Once a turn; when it wants to be called again at the latest.
  std::optional<TimePoint> flush(TimePoint now);
  /// Everything that waits on this side goes to the database thread now: before it is told to finish().
  void flush_all() { feed(); }
  /// False when reads_waiting_max wait already.
  bool read(Read read);
  /// Calls what is ready, but stops after about group_rows_max of it. False when there was nothing. To be called after
  /// each wakes.control() until it returns false, and, like every queue of a thread that sleeps, once more between
  /// saying that it will sleep and sleeping.
  bool deliver(TimePoint now);
  std::size_t unacknowledged() const { return unacknowledged_; }
  /// The last commit failed.
  bool failing() const { return failing_.load(std::memory_order_relaxed); }

  // Database thread.

  /// Does what is due and says when it wants to be called again at the latest; nothing: when woken.
  std::optional<TimePoint> run_once(TimePoint now);
  /// Commits everything that waits, without delay, once: the last thing before the process ends.
  void finish();

 private:
  struct Item {
    Write write;
    AckTarget* target = nullptr;
    std::uint64_t token = 0;
  };
  struct Done {
    AckTarget* target = nullptr;
    std::uint64_t token = 0;
    bool ok = false;
    std::function<void(TimePoint)> answer;  // of a read
  };

  // Control thread.
  void feed();  // overflow_ → queue_

  // Database thread.
  void fill(std::size_t rows);  // queue_ → group_
  void commit();                // group_ → batch_; after a failure some of it stays
  void run_reads();
  void publish();  // batch_ → done_
  std::optional<TimePoint> next_due(TimePoint now) const;

  Database& database_;
  const Wakes wakes_;
  Log& log_;
  Counter& writes_;
  Counter& commits_;
  Counter& failures_;
  Counter& refused_;
  Counter& reads_refused_;

  BoundedQueue<std::unique_ptr<Item>> queue_;
  BoundedQueue<std::unique_ptr<Read>> reads_;
  BoundedQueue<std::vector<Done>> done_;
  std::atomic<std::int64_t> queued_{0};  // in queue_; for a moment it may be one less than what was taken
  std::atomic<bool> failing_{false};
  std::atomic<bool> resting_{false};  // the database thread comes back by itself, soon

  // Control thread only.
  std::deque<std::unique_ptr<Item>> overflow_;  // bounded by what backlog_full() lets begin
  std::size_t unacknowledged_ = 0;
  std::optional<TimePoint> held_until_;  // overflow_ begins with writes that nobody waits for

  // Database thread only.
  std::vector<Write> group_;
  std::vector<Done> acks_;              // of group_, one each
  std::vector<Done> batch_;             // not yet published
  std::optional<TimePoint> rested_at_;  // from then on a group may close; nothing before the first commit
  std::optional<TimePoint> retry_at_;
  std::optional<TimePoint> quiet_at_;  // unless there is a commit before
};

}  // namespace junctor::store
