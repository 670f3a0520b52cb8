#pragma once
// The control thread: SIP over UDP, timers, and what other threads post. One turn handles what is there, within a time
// budget, and then sleeps; nothing in it blocks.
//
//   turn = due timers → datagrams (round robin over the listeners) → sources and posted tasks → hooks
//   turn, rest of the coalescing time if it gathers anything, sleep until something comes; turn, …
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/address.hpp"
#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "net/duration_histogram.hpp"
#include "net/waker.hpp"

namespace junctor::net {

enum class Signal { terminate, interrupt, hangup };

/// Work for the control thread. `now` is the time of the turn.
using Task = std::move_only_function<void(TimePoint now)>;

struct ControlLoopSettings {
  std::size_t inbox_capacity = 16'384;         ///< tasks posted and not yet run
  int receive_buffer_bytes = 4 * 1024 * 1024;  ///< SO_RCVBUF of each UDP listener; the kernel may give less
  Duration turn_budget = microseconds(2'000);  ///< no new item is begun in a turn after this
  /// The least time between the beginnings of two turns, below a second: what comes meanwhile is served together. While
  /// nothing comes together, turns follow each other at once.
  Duration coalescing = milliseconds(2);
};

/// Counters: sip_udp_received, sip_udp_sent, sip_udp_send_errors, sip_udp_receive_errors, control_inbox_full.
class ControlLoop final : public DatagramSender {
 public:
  /// `timers` and `counters` outlive the loop. The error is one line.
  static Result<std::unique_ptr<ControlLoop>, std::string> create(const ControlLoopSettings& settings,
                                                                  TimerWheel& timers, Counters& counters);
  ~ControlLoop() override;

  // Before run().

  /// Binds a UDP socket (IPv6 sockets are v6-only) whose datagrams go to `sink` with `index` as tag. `index` is the
  /// caller's name for it, below max_listeners, unused so far. Returns the address bound (the port filled in if 0 was
  /// asked); the error is one line such as "udp 0.0.0.0:5060: address already in use".
  Result<Address, std::string> listen_udp(ListenerIndex index, const Address& address, DatagramSink& sink);
  static constexpr ListenerIndex max_listeners = 256;

  /// SIGTERM, SIGINT and SIGHUP arrive as calls of `handler` on the loop. Call it before any other thread is started:
  /// it blocks these signals in the calling thread, and threads inherit that.
  Result<void, std::string> handle_signals(std::function<void(Signal, TimePoint)> handler);

  /// Another thread's queue that this thread reads: `take_one` handles one item, false if there was none. Whoever fills
  /// the queue calls waker().wake() after.
  void add_source(std::function<bool(TimePoint now)> take_one);

  /// Called at the end of each turn, e.g. to flush backlogs; the time that it returns is when it wants to be called
  /// again at the latest.
  void add_turn_end(std::function<std::optional<TimePoint>(TimePoint now)> hook);

  // While running.

  /// Turns until stop(). Called once, on the thread that becomes the control thread. What is posted and not yet run
  /// when it returns is destroyed with the loop.
  void run();

  /// Any thread.
  void stop();

  /// Any thread. False, with `task` untouched, when the inbox is full.
  bool post(Task&& task);
  Waker& waker();

  /// Control thread only.
  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) override;

  /// How long turns took, and how much CPU time: what a turn was held up by others is the difference.
  const DurationHistogram& turns() const;
  const DurationHistogram& work() const;

 private:
  class Impl;
  explicit ControlLoop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
