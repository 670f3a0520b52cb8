#include "store/writer.hpp"

#include <algorithm>
#include <utility>

namespace junctor::store {
namespace {

constexpr std::size_t queue_capacity = backlog_writes_max;  // more waits on the control thread
constexpr std::size_t batches_capacity = 1024;
constexpr milliseconds publish_again{1};  // when the control thread is behind with acknowledgements

}  // namespace

Writer::Writer(Database& database, Wakes wakes, Log& log, Counters& counters)
    : database_(database),
      wakes_(std::move(wakes)),
      log_(log),
      writes_(counters.get("store_writes")),
      commits_(counters.get("store_commits")),
      failures_(counters.get("store_commit_failures")),
      refused_(counters.get("store_writes_refused")),
      reads_refused_(counters.get("store_reads_refused")),
      queue_(queue_capacity),
      reads_(reads_waiting_max),
      done_(batches_capacity) {}

// -- control thread

void Writer::push(Write write, AckTarget* target, std::uint64_t token, TimePoint now) {
  ++unacknowledged_;
  writes_.add();
  overflow_.push_back(std::make_unique<Item>(Item{std::move(write), target, token}));
  if (target != nullptr) return feed();
  if (!held_until_) held_until_ = now + unwaited_delay_max;
}

std::optional<TimePoint> Writer::flush(TimePoint now) {
  if (held_until_ && now >= *held_until_) feed();
  return held_until_;
}

void Writer::feed() {
  held_until_.reset();
  while (!overflow_.empty() && queue_.push(std::move(overflow_.front()))) {
    overflow_.pop_front();
    // In between, the database thread knows by itself when the group is due. Either it sees this write at the end of
    // its rest, or its rest is seen to be over here: both sides write before they read.
    const std::int64_t before = queued_.fetch_add(1);
    const bool full = before + 1 == static_cast<std::int64_t>(group_rows_max);
    if (full || (before == 0 && !resting_.load())) wakes_.database();
  }
}

bool Writer::read(Read read) {
  if (!reads_.push(std::make_unique<Read>(std::move(read)))) {
    reads_refused_.add();
    return false;
  }
  wakes_.database();
  return true;
}

bool Writer::deliver(TimePoint now) {
  std::size_t delivered = 0;
  while (delivered < group_rows_max) {
    auto batch = done_.pop();
    if (!batch) break;
    delivered += batch->size();
    for (Done& done : *batch) {
      if (done.answer) {
        done.answer(now);
        continue;
      }
      --unacknowledged_;
      if (done.target != nullptr) done.target->on_stored(done.token, done.ok, now);
    }
  }
  if (!held_until_) feed();
  return delivered > 0;
}

// -- database thread

std::optional<TimePoint> Writer::run_once(TimePoint now) {
  resting_.store(false);
  run_reads();
  if (!retry_at_ || now >= *retry_at_) {
    const bool was_failing = retry_at_.has_value();
    retry_at_.reset();
    const auto due = next_due(now);
    if (was_failing || (due && *due <= now)) fill(group_rows_max);
    if (!group_.empty()) {
      rested_at_ = now + group_delay(group_.size());
      commit();
      if (failing()) {
        retry_at_ = now + retry_delay;
      } else {
        resting_.store(true);
        quiet_at_ = now + quiet_after;
      }
    } else if (was_failing) {
      failing_.store(false, std::memory_order_relaxed);  // nothing to try it with: the next write tells
    }
  }
  publish();
  if (quiet_at_ && now >= *quiet_at_) {
    database_.release_memory();
    quiet_at_.reset();
  }
  std::optional<TimePoint> due = quiet_at_;
  const auto sooner = [&](std::optional<TimePoint> at) {
    if (at && (!due || *at < *due)) due = at;
  };
  sooner(next_due(now));
  if (resting_.load()) sooner(rested_at_);
  return due;
}

std::optional<TimePoint> Writer::next_due(TimePoint now) const {
  if (reads_.size() > 0) return now;
  std::optional<TimePoint> due;
  if (!batch_.empty()) due = now + publish_again;
  std::optional<TimePoint> commit_at = retry_at_;
  if (const auto queued = queued_.load(); !retry_at_ && queued > 0) {
    const bool full = queued >= static_cast<std::int64_t>(group_rows_max);
    commit_at = full || !rested_at_ ? now : std::max(now, *rested_at_);
  }
  if (commit_at && (!due || *commit_at < *due)) due = commit_at;
  return due;
}

void Writer::fill(std::size_t rows) {
  std::int64_t taken = 0;
  for (; rows > 0; --rows) {
    auto item = queue_.pop();
    if (!item) break;
    ++taken;
    group_.push_back(std::move((*item)->write));
    acks_.push_back({(*item)->target, (*item)->token, true, {}});
  }
  queued_.fetch_sub(taken, std::memory_order_acq_rel);
}

void Writer::commit() {
  const auto result = database_.apply(group_);
  const bool was_failing = failing_.exchange(!result, std::memory_order_relaxed);
  if (result) {
    commits_.add();
    if (was_failing) log_.info("database writes succeed again");
    std::move(acks_.begin(), acks_.end(), std::back_inserter(batch_));
    group_.clear();
    acks_.clear();
    return;
  }
  failures_.add();
  if (!was_failing) log_.error("database write failed", {{"error", result.error()}});
  std::size_t kept = 0;
  for (std::size_t i = 0; i < group_.size(); ++i) {
    if (must_arrive(group_[i])) {
      if (kept != i) group_[kept] = std::move(group_[i]), acks_[kept] = std::move(acks_[i]);
      ++kept;
    } else {
      refused_.add();
      acks_[i].ok = false;
      batch_.push_back(std::move(acks_[i]));
    }
  }
  group_.resize(kept);
  acks_.resize(kept);
}

void Writer::run_reads() {
  // A bounded number, so that reads do not hold up writes.
  for (std::size_t left = reads_waiting_max; left > 0; --left) {
    auto read = reads_.pop();
    if (!read) return;
    batch_.push_back({nullptr, 0, true, (**read)(database_)});
  }
}

void Writer::publish() {
  const bool waited =
      std::any_of(batch_.begin(), batch_.end(), [](const Done& done) { return done.target != nullptr || done.answer; });
  if (batch_.empty() || !done_.push(std::move(batch_))) return;
  batch_ = {};
  if (waited) wakes_.control();
}

void Writer::finish() {
  fill(queue_.capacity());
  if (!group_.empty()) commit();
  publish();
}

}  // namespace junctor::store
