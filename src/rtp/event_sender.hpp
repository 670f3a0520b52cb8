#pragma once
// Sending telephone-events (RFC 4733 §2.5.1): which packets a key press is made of, and when each is due.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "rtp/telephone_event.hpp"

namespace junctor::rtp {

/// What goes into one packet; payload type, sequence number and SSRC are the stream's.
struct EventPacket {
  TelephoneEvent event;
  std::uint32_t timestamp = 0;  ///< when the event, or this segment of it, began
  bool marker = false;          ///< of the first packet of an event
};

struct KeyPress {
  static constexpr Duration duration_min = milliseconds(40), duration_max = seconds(60);
  static constexpr Duration gap_min = milliseconds(40), gap_max = seconds(10);

  std::uint8_t event = 0;    ///< see TelephoneEvent
  std::uint8_t volume = 10;  ///< dBm0 without its sign, 0 … 63
  Duration duration = milliseconds(100);
  Duration gap = milliseconds(60);  ///< before the next one
};

/// All are keys (0-9 * # A-D), and the times are within KeyPress's bounds.
bool can_press(std::string_view digits, Duration duration, Duration gap);

/// One per stream; key presses go out one after the other. A packet when a press begins, then one per interval with the
/// duration so far, and the last three times (§2.5.1.4). A press longer than 0xffff units of the clock goes on in
/// segments (§2.5.1.3). A plain value.
class EventSender {
 public:
  static constexpr std::size_t waiting_max = 64;
  static constexpr int final_packets = 3;

  /// `clock_rate` is that of the stream (8000, 48000), `interval` its packet time (10 to 60 ms).
  EventSender(std::uint32_t clock_rate, Duration interval);

  /// False when waiting_max presses wait. Durations and gaps are within the bounds of KeyPress.
  bool add(const KeyPress& press);
  /// Forgets what waits and ends what sounds: its last packets still come out of poll().
  void stop();

  /// The next packet that is due; call until there is none. `timestamp` is the stream's at `now`. Called late, it
  /// leaves out updates that nobody needs any more.
  std::optional<EventPacket> poll(TimePoint now, std::uint32_t timestamp);
  /// When poll() may have something; nothing while there is no press.
  std::optional<TimePoint> next_wake() const;
  /// An event is being sent: audio of the same stream stays away meanwhile.
  bool sounding() const { return sounding_; }
  bool idle() const { return !sounding_ && waiting_ == 0; }
  /// So many more presses may be added.
  std::size_t room() const { return waiting_max - waiting_; }
  std::uint32_t clock_rate() const { return clock_rate_; }

 private:
  void begin(TimePoint now, std::uint32_t timestamp);
  std::optional<EventPacket> update(TimePoint now);
  EventPacket packet(bool end, std::uint32_t duration) const;
  std::uint32_t units(Duration d) const;

  std::uint32_t clock_rate_;
  Duration interval_;

  std::array<KeyPress, waiting_max> presses_{};  // a ring
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  TimePoint free_at_{};  // the earliest that the next press may begin

  bool sounding_ = false;
  KeyPress press_;
  TimePoint start_{};
  std::uint32_t timestamp_ = 0;  // at start_
  std::uint32_t length_ = 0;     // units
  std::uint32_t told_ = 0;       // units that the far end was told of
  std::uint32_t segment_ = 0;    // units before the present segment
  int segment_finals_ = 0;       // of the present segment, sent
  int finals_ = 0;               // of the event, sent
  bool started_ = false;         // the first packet is out
  TimePoint next_{};
};

}  // namespace junctor::rtp
