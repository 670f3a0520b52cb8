#pragma once
// Store for the simulator: a disk made of maps, with the delays and failures of a real one. The disk outlives the store
// as a real one outlives the process.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "store/store.hpp"

namespace junctor::store {

/// What is on the disk. Applying a write twice changes nothing more than applying it once, as in Database.
class MemoryDisk {
 public:
  void apply(const Write& write);
  /// Calls left open are interrupted. How many there were.
  std::size_t repair();

  std::map<std::string, CallRecord> calls;
  std::map<std::pair<std::string, std::string>, BindingRow> bindings;  ///< by user and contact
  std::map<std::string, UserRow> users;
  std::map<std::string, std::uint64_t> sequences;
  std::uint64_t repeated = 0;  ///< starts of a call that is there, ends of one that has ended: one record written twice
};

/// How the disk behaves; may be changed while running.
struct MemoryFaults {
  Duration delay_min = microseconds(200);  ///< from a write to its acknowledgement
  Duration delay_max = milliseconds(5);
  double fail = 0;     ///< share of writes that fail; those that must arrive are delayed by retry instead
  bool stuck = false;  ///< nothing is committed until this is false again
  Duration retry = milliseconds(1000);
};

class MemoryStore final : public Store, public TimerTarget {
 public:
  /// The start of a process: repairs the disk, as Database::open() does. Everything outlives this.
  MemoryStore(MemoryDisk& disk, TimerWheel& timers, Random& random);
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  MemoryFaults faults;

  /// As kill -9: unacknowledged writes are lost, but for some that were committed already (a prefix, by random).
  /// Nothing is taken, acknowledged or answered any more; the next start is a new MemoryStore on the same disk.
  void crash();

  void write(Write write, AckTarget* target, std::uint64_t token, TimePoint now) override;
  bool backlog_full() const override;
  std::size_t backlog() const override { return waiting_.size(); }
  Result<std::vector<BindingRow>, std::string> load_bindings(WallTime now) override;
  Result<std::vector<UserRow>, std::string> load_users() override;
  Result<std::map<std::string, std::uint64_t>, std::string> load_sequences() override;
  void list_calls(CallFilter filter, Answer<std::vector<CallRecord>> answer, TimePoint now) override;
  void find_call(std::string call_id, Answer<std::optional<CallRecord>> answer, TimePoint now) override;

  void on_timer(std::uint64_t token, TimePoint now) override;

 private:
  struct Waiting {
    Write write;
    AckTarget* target = nullptr;
    std::uint64_t token = 0;
    TimePoint due{};
  };

  struct Reading {
    TimerId timer;
    std::function<void(TimePoint)> answer;
  };

  Duration delay();
  bool chance(double share);
  void arm();
  void commit_due(TimePoint now);
  void read(std::function<void(TimePoint)> answer, TimePoint now);

  MemoryDisk& disk_;
  TimerWheel& timers_;
  Random& random_;
  std::deque<Waiting> waiting_;
  std::deque<Reading> reading_;
  TimerId timer_;  // of the first of waiting_
  bool crashed_ = false;
};

}  // namespace junctor::store
