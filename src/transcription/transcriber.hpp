#pragma once
// Between the control thread and the transcriber's thread, which talks to engines. Makes no thread and reads no clock;
// whoever owns the threads calls run_once() and deliver().
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/mailbox.hpp"
#include "base/time.hpp"
#include "base/web_socket.hpp"
#include "transcription/session.hpp"
#include "transcription/transcription.hpp"

namespace junctor::transcription {

/// How the two threads rouse each other. A wake that comes while the other is awake must not be lost.
struct Wakes {
  std::function<void()> transcriber;  ///< called on the control thread: run_once() is due
  std::function<void()> control;      ///< called on the transcriber's thread: deliver() is due
};

/// Counters: transcriptions_started, transcriptions_refused, transcription_events_dropped, and StreamCounters.
class Transcriber {
 public:
  /// How often what was said is passed on, and what was understood comes back.
  static constexpr Duration interval = milliseconds(100);
  /// Rings must hold what comes while this thread is held up.
  static constexpr Duration ring_time = seconds(2);
  /// Partial results that the control thread has not taken yet; beyond it they are dropped, others wait.
  static constexpr std::size_t unpublished_max = 4096;
  /// At most one line about engines in this time: all calls may have one that is gone.
  static constexpr Duration log_interval = seconds(10);

  /// `log` is written to on the transcriber's thread, which `sockets` belong to. Everything outlives this.
  Transcriber(WebSockets& sockets, Wakes wakes, Log& log, Counters& counters);

  // Control thread.

  void begin(Beginning beginning);
  void change(TranscriptionId id, Change change);
  /// Gives events to `sink`. False when there was nothing. To be called after each wakes.control().
  bool deliver(const std::function<void(const Event&, TimePoint)>& sink, TimePoint now);

  // Transcriber's thread.

  /// Does what is due and says when it wants to be called again at the latest; nothing: when woken.
  std::optional<TimePoint> run_once(TimePoint now);
  /// Lets go of all engines: the last thing before the process ends.
  void finish();

 private:
  struct Order {
    TranscriptionId id;
    std::variant<Beginning, Change> what;
  };
  static constexpr std::size_t queue_capacity = 4096;

  void push(Order order);

  void take_orders();
  void work(TimePoint now);
  void note(const Event& event, TimePoint now);

  WebSockets& sockets_;
  const Wakes wakes_;
  Log& log_;
  StreamCounters stream_counters_;
  Counter& started_;
  Counter& refused_;
  Counter& dropped_;

  // Bounded by what may run at a time, and by what one turn asks for.
  Mailbox<std::unique_ptr<Order>> orders_;
  Mailbox<std::unique_ptr<Event>> events_;

  // Transcriber's thread only.
  std::unordered_map<TranscriptionId, std::unique_ptr<Session>> sessions_;
  std::vector<Event> made_;
  TimePoint next_line_{};
};

}  // namespace junctor::transcription
