#pragma once
// A media worker: owns the ports of its slots and every packet of theirs. One per media thread and used by that thread
// alone. Knows no socket and no clock: datagrams, commands and time go in; datagrams and events come out.
//
// The thread's loop (net, or sim): on_datagram() for what arrived, on_command() for what is queued, advance() for the
// time, then sleep until next_wake() or the next of the others. Nothing on a packet's path allocates, locks or logs.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "media/media.hpp"
#include "srtp/ciphers.hpp"

namespace junctor::media {

class MixedLeg;
class Port;
class Room;
struct Arrival;

struct WorkerSettings {
  std::uint32_t index = 0;  ///< which worker this is: the upper byte of its PortIds
  std::uint32_t slots = 0;  ///< its own slots are 0 … slots-1, the guests' the next guest_slots; at most slots_max
  /// Mean time between RTCP reports of a port (RFC 3550 §6.2: 5 s), each varied by half.
  Duration rtcp_interval = std::chrono::seconds(5);
};

class Worker final : public DatagramSink, private TimerTarget {
 public:
  /// The references are used on the worker's thread only (Counters may be shared) and outlive the worker. Drops are
  /// counted as media_dropped_REASON (see Drop), and media_dropped_no_port for datagrams that reach no open port.
  Worker(const WorkerSettings& settings, DatagramSender& sender, EventSink& events, Random& random, Counters& counters,
         TimePoint start);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// A datagram comes after `before` others, 1 to 3; told for 3, 2 and 1. In some thousand legs nothing of one is in
  /// the caches when its packet comes, and each thing leads to the next: port, keys and partner, the partner's keys.
  void expect(std::uint64_t tag, std::size_t before) const;
  void on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes, TimePoint now) override;
  void on_command(const Command& command, TimePoint now);
  /// The port goes to another worker; null if it is not open. Nobody is told of it here any more, Close included.
  std::unique_ptr<Port> hand_over(PortId id);
  /// It came from another one (null: it was not open there), and is `id` from now on, in a guest's slot.
  void take_over(PortId id, std::unique_ptr<Port> port, TimePoint now);
  /// What was sent under `tag` to `to` was refused (ICMP). Only RTP is looked at: many a phone has no RTCP.
  void on_unreachable(std::uint64_t tag, const Address& to, TimePoint now);
  /// Fires what is due: reports, timeouts, keys, mixers.
  void advance(TimePoint now) { wheel_.advance(now); }
  std::optional<TimePoint> next_wake() const { return wheel_.next_wake(); }
  /// When the mixers tick next; nothing while none of them has anything to do.
  std::optional<TimePoint> next_tick() const {
    return seated_ + playing_ == 0 ? std::nullopt : std::optional(next_tick_);
  }

  /// For NTP times in sender reports; again every now and then, as WallClock asks.
  void set_wall(TimePoint mono, WallTime wall) { wall_.set(mono, wall); }

  /// Zero when nothing is left over.
  std::size_t open_ports() const { return open_ports_; }
  std::size_t pending_timers() const { return wheel_.pending(); }

 private:
  /// What the table remembers of a slot beyond the life of a port: which lease was closed last.
  struct Slot {
    std::unique_ptr<Port> port;
    std::unique_ptr<MixedLeg> mixed;  // while the port sits in a mixer
    std::uint32_t closed_generation = 0;
  };

  void on_timer(std::uint64_t token, TimePoint now) override;

  Outcome apply(const OpenPort& command, TimePoint now);
  Outcome apply(const SetRemote& command, TimePoint now);
  Outcome apply(const Join& command, TimePoint now);
  Outcome apply(const Leave& command, TimePoint now);
  Outcome apply(const Echo& command, TimePoint now);
  Outcome apply(const StopEcho& command, TimePoint now);
  Outcome apply(const OpenMixer& command, TimePoint now);
  Outcome apply(const CloseMixer& command, TimePoint now);
  Outcome apply(const Seat& command, TimePoint now);
  Outcome apply(const Unseat& command, TimePoint now);
  Outcome apply(const Hearing& command, TimePoint now);
  Outcome apply(const Snapshot& command, TimePoint now);
  Outcome apply(const Close& command, TimePoint now);
  Outcome apply(const Play& command, TimePoint now);
  Outcome apply(const StopPlay& command, TimePoint now);
  Outcome apply(const OpenTap& command, TimePoint now);
  Outcome apply(const CloseTap& command, TimePoint now);
  Outcome apply(const SendDigits& command, TimePoint now);
  Outcome apply(const Process& command, TimePoint now);

  void deliver(const Arrival& arrival, Port& port, TimePoint now);
  void schedule_report(Port& port, TimePoint now);
  void check_timeout(Port& port, TimePoint now);
  void arm_timeout(Port& port, TimePoint now);
  /// The port's keys go out by a timer; in a mixer its ticks send them.
  void arm_keys(Port& port);
  /// Ends what feeds the port, and with a relay what it feeds.
  void detach(Port& port);
  /// Ends the port's seat; what it had there, or null.
  std::unique_ptr<MixedLeg> unseat(Port& port);
  bool change_hearing(MixedLeg& leg, const Hearing& command);
  /// What the leg said and nobody heard yet goes to `to` by relay.
  void pass_on(MixedLeg& leg, Port& to, TimePoint now);
  /// Mixers tick while somebody is seated or something is played.
  void start_ticks(TimePoint now);
  void stop_ticks();
  void tick_mixers(TimePoint now);
  /// Tells which players of the room ended.
  void tell_ended(Room& room);
  /// What the port's jitter buffer does, if it sits in a mixer.
  void look_at_playout(Port& port, TimePoint now);
  /// Judges every port once in LegHealth::interval, some at each call.
  void sweep(TimePoint now);
  void map_both(Port& a, Port& b);

  /// Puts a port into its slot, with the timers that every port has.
  void install(std::unique_ptr<Port> port, TimePoint now);
  /// Takes it out, away from whatever it was connected with.
  std::unique_ptr<Port> remove(Port& port);

  /// The id must be of this worker and in its table.
  Slot& slot(PortId id);
  /// Null when that port is not open (any more).
  Port* find(PortId id);
  /// Null when there is no such mixer (any more).
  Room* find(MixerId id);
  /// Null when the port does not sit in a mixer.
  MixedLeg* seat_of(const Port& port);
  /// Whom the port is joined with, or null.
  Port* partner(const Port& port);

  const WorkerSettings settings_;
  DatagramSender& sender_;
  EventSink& events_;
  Random& random_;
  srtp::Ciphers ciphers_;
  Counter& no_port_;
  std::array<Counter*, drop_reasons> drops_{};
  TimerWheel wheel_;
  WallClock wall_;
  std::vector<Slot> slots_;
  std::size_t open_ports_ = 0;
  std::uint32_t slots_used_ = 0;  // beyond it none was ever open
  TimerId sweep_timer_;           // while a port is open
  std::uint32_t sweep_part_ = 0;
  std::unordered_map<MixerId, std::unique_ptr<Room>> rooms_;
  std::size_t seated_ = 0, playing_ = 0;
  std::unordered_map<PlayId, MixerId> plays_;  // those with an id
  std::unordered_map<TapId, MixerId> taps_;
  TimerId tick_timer_;  // while somebody is seated or something is played
  TimePoint next_tick_{};
};

}  // namespace junctor::media
