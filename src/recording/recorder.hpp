#pragma once
// Between the control thread and the recorder's thread, which writes all recordings. Makes no thread and reads no
// clock; whoever owns the threads calls run_once() and deliver().
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "audio/disk.hpp"
#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/mailbox.hpp"
#include "base/time.hpp"
#include "recording/file_mask.hpp"
#include "recording/recording.hpp"
#include "recording/repair.hpp"
#include "recording/retention.hpp"
#include "recording/session.hpp"

namespace junctor::recording {

/// How the two threads rouse each other. A wake that comes while the other is awake must not be lost: it makes its next
/// sleep return at once.
struct Wakes {
  std::function<void()> recorder;  ///< called on the control thread: run_once() is due
  std::function<void()> control;   ///< called on the recorder's thread: deliver() is due
};

/// Counters: recordings_started, recordings_failed, recordings_mended, recordings_deleted, recording_ticks_lost.
class Recorder {
 public:
  /// How often what has come is written. Rings hold what comes in a few of these, for a disk that is busy: all of it is
  /// memory of every recorded call.
  static constexpr Duration interval = milliseconds(200);
  static constexpr Duration ring_time = milliseconds(1500);

  /// `log` is written to on the recorder's thread. Everything outlives this.
  Recorder(audio::Disk& disk, Wakes wakes, Log& log, Counters& counters);

  // Control thread.

  void begin(Beginning beginning);
  void change(RecordingId id, Change change);
  /// Of one that runs or has ended; Masked follows.
  void mask(FileMask::Order order);
  /// Once, before the first begin(): looks for what an earlier process left open.
  void repair(std::string folder);
  /// Deletes what began before `before`; see Retention. Without effect while the last one is at work.
  void prune(std::string folder, WallTime before);
  /// Gives events to `sink`. False when there was nothing. To be called after each wakes.control().
  bool deliver(const std::function<void(const Event&, TimePoint)>& sink, TimePoint now);

  // Recorder's thread.

  /// Does what is due and says when it wants to be called again at the latest; nothing: when woken.
  std::optional<TimePoint> run_once(TimePoint now);
  /// Ends all recordings with what has come: the last thing before the process ends.
  void finish();

  /// Recordings that run or are being ended; of the recorder's thread.
  std::size_t size() const { return sessions_.size(); }

 private:
  struct RepairOrder {
    std::string folder;
  };
  struct PruneOrder {
    std::string folder;
    WallTime before;
  };
  struct Order {
    RecordingId id;
    std::variant<Beginning, Change, RepairOrder, PruneOrder, FileMask::Order> what;
  };
  static constexpr std::size_t queue_capacity = 4096;

  // Control thread.
  void push(Order order);

  // Recorder's thread.
  void take_orders();
  void take_order(Order& order);
  bool work(TimePoint now);
  bool work_on_masks();
  void publish();

  audio::Disk& disk_;
  const Wakes wakes_;
  Log& log_;
  Counters& counters_;
  Counter& started_;
  Counter& failed_;
  Counter& mended_;
  Counter& deleted_;

  // Bounded by what may run at a time, and by what one turn asks for.
  Mailbox<std::unique_ptr<Order>> orders_;
  Mailbox<std::unique_ptr<Event>> events_;

  // Recorder's thread only.
  std::unordered_map<RecordingId, std::unique_ptr<Session>> sessions_;
  std::unique_ptr<Repair> repair_;
  std::unique_ptr<Retention> retention_;
  std::deque<FileMask> masks_;  // of recordings that have ended, or are about to
  std::vector<Event> made_;
};

}  // namespace junctor::recording
