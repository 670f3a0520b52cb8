#pragma once
// Adaptive playout of one RTP stream: packets go in as they come, and what to do for the next samples comes out.
//
//   put(packet) ──▶ slots by sequence number ──▶ next() until the tick's samples are there
//
// The buffer knows timestamps, not samples; "units" are those of the RTP clock. It plays along a position (a timestamp)
// that stands still while audio is invented for want of any packet (the late one is played after that), and moves while
// a packet is concealed that later ones have overtaken. How long packets wait follows DelayEstimate: grown by
// lengthening the speech or by waiting at the start of a talk spurt, given back by shortening it. The end of a talk
// spurt is told by comfort noise (RFC 3389), by a timestamp that jumps while the sequence number does not (RFC 3551
// §4.1), or by nothing coming for conceal_max.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "media/delay_estimate.hpp"
#include "rtp/packet.hpp"

namespace junctor::media {

class JitterBuffer {
 public:
  static constexpr std::size_t packets_limit = 64;
  /// Audio is never kept longer than this; the oldest goes.
  static constexpr Duration delay_max = milliseconds(500);
  /// Concealment is asked for so long at a stretch, then the talk spurt counts as ended.
  static constexpr Duration conceal_max = milliseconds(100);
  static constexpr Duration packet_duration_max = milliseconds(120);
  /// Speech is lengthened when packets wait for less than the needed time and this.
  static constexpr Duration guard = microseconds(500);
  /// Speech is shortened once in this time when all along packets waited for a tick more than needed, or when there
  /// were decoded samples left whenever one was taken: they only add delay …
  static constexpr Duration shorten_interval = milliseconds(200);
  /// … and at every packet when there is so much more.
  static constexpr Duration excess_max = milliseconds(100);
  /// A transit time that changes by this much is a new time base of the sender.
  static constexpr Duration transit_step_max = seconds(1);

  struct Options {
    std::uint32_t clock_rate = 8000;  ///< of the RTP timestamps
    std::uint32_t tick_units = 160;   ///< what the caller needs per tick
    std::size_t packets_max = 32;     ///< slots, 1 … packets_limit; delay_max and some packets more
    std::size_t payload_max = 480;    ///< bytes of a slot
    bool forward_correction = false;  ///< the codec can restore a packet from the one after it (Opus)
  };
  explicit JitterBuffer(const Options& options);

  enum class Content : std::uint8_t { speech, comfort_noise };
  enum class Put : std::uint8_t {
    stored,
    duplicate,
    late,      ///< its time is over
    overflow,  ///< older than what fills the buffer
    refused,   ///< the payload is too large, or the duration 0 or above packet_duration_max
  };
  /// `duration` in units, known from the payload; ignored for comfort noise. A packet of another SSRC, or far from
  /// those before it in sequence number or time, begins a new stream and discards what is kept: the caller has told
  /// strangers from sources before.
  Put put(const rtp::Packet& packet, std::uint32_t duration, Content content, TimePoint arrival);

  enum class Kind : std::uint8_t {
    nothing,        ///< no packet came yet: silence for `units`
    packet,         ///< decode `payload`, which gives `units`
    restore,        ///< decode the packet before `payload` from what `payload` says about it, for `units`
    conceal,        ///< invent `units`
    comfort_noise,  ///< `payload` describes the noise from here on; no samples (units 0)
    pause,          ///< between talk spurts: comfort noise or silence for `units`
  };
  /// To be done to the decoded packet (audio/time_stretch.hpp) as far as its signal allows. The buffer sees by what it
  /// is asked for next whether it was.
  enum class Stretch : std::uint8_t { none, shorten, lengthen };

  struct Playout {
    Kind kind = Kind::nothing;
    Stretch stretch = Stretch::none;
    std::uint8_t payload_type = 0;
    std::uint32_t units = 0;
    std::uint32_t shorten_most = 0;  ///< units
    std::uint32_t ssrc = 0;
    std::int64_t sequence = 0;  ///< extended, of `payload`
    rtp::Bytes payload;         ///< valid until the next put()
  };
  /// What comes next, when `need` (1 …) units are missing for the tick at `now`. Except for packets, `units` is at most
  /// `need`; call again with the rest until nothing is missing.
  Playout next(TimePoint now, std::uint32_t need);

  /// Gives up the oldest packet that is kept, as a Playout; nothing when none is left. For who passes the packets on
  /// from here instead of playing them.
  std::optional<Playout> release();

  /// Another source begins: what is kept goes, what was learned about delay too. Statistics stay.
  void restart();

  struct Stats {
    std::uint64_t stored = 0;
    std::uint64_t late = 0;
    std::uint64_t lost = 0;  ///< never came, as far as is known
    std::uint64_t duplicates = 0;
    std::uint64_t overflows = 0;  ///< left out to stay within packets_max or delay_max
    std::uint64_t refused = 0;
    std::uint64_t restarts = 0;
    std::uint64_t shortened = 0, lengthened = 0;  ///< packets with such a hint
    double concealed_ms = 0;
    double restored_ms = 0;
    double target_ms = 0;
    double delay_ms = 0;  ///< from the earliest that the packet could have come to its being heard, at the last packet
    double level_ms = 0;  ///< from the position to the end of the newest packet
  };
  Stats stats(TimePoint now) const;

 private:
  struct Slot {
    std::int64_t sequence = 0;   // extended
    std::int64_t timestamp = 0;  // extended, from 0 at the stream's first packet
    std::uint32_t duration = 0;
    std::uint32_t size = 0;
    std::uint8_t payload_type = 0;
    Content content = Content::speech;
  };
  enum class Mode : std::uint8_t { unstarted, pause, spurt };

  // Time and units.
  Duration span_of(std::int64_t units) const;
  std::int64_t units_of(Duration span) const;
  double ms_of(std::int64_t units) const;
  /// How long after the base what stands at `timestamp` is played, if that is now.
  Duration delay_of(std::int64_t timestamp, TimePoint now) const {
    return now - epoch_ - span_of(timestamp) - delays_.base();
  }

  // Slots.
  static std::size_t place_of(std::int64_t sequence) { return static_cast<std::size_t>(sequence) % packets_limit; }
  static std::uint64_t bit(std::int64_t sequence) { return std::uint64_t{1} << place_of(sequence); }
  bool full() const { return free_ == 0; }
  void store(const rtp::Packet& packet, const Slot& slot);
  const Slot* oldest() const;
  void pass_to(std::int64_t sequence);
  Playout take(const Slot& slot);
  void skip(const Slot& slot);
  void discard();

  bool belongs(const rtp::Packet& packet) const;
  void begin(const rtp::Packet& packet, TimePoint arrival);
  Put put_behind(std::int64_t sequence, Duration transit, TimePoint arrival);
  bool make_room(std::int64_t sequence);

  Playout in_pause(TimePoint now, std::uint32_t need);
  Playout in_spurt(TimePoint now, std::uint32_t need);
  Playout play(const Slot& slot, TimePoint now, std::uint32_t need);
  Playout invent(std::int64_t units, bool moves);
  void settle_invented(const Slot& slot);
  void stretch(Playout& out, Duration delay, std::int64_t left, TimePoint now);

  Options options_;
  std::vector<std::uint8_t> payloads_;
  std::vector<Slot> slots_;
  std::uint64_t free_ = 0;                             // slots, one bit each
  std::uint64_t present_ = 0;                          // by sequence number modulo packets_limit
  std::array<std::uint8_t, packets_limit> slot_of_{};  // likewise
  std::uint64_t passed_ = 0;                           // bit n: next_ - 1 - n did come

  bool streaming_ = false;
  std::uint32_t ssrc_ = 0;
  std::int64_t next_ = 0, highest_ = 0;  // sequence numbers, extended
  std::uint32_t newest_timestamp_ = 0;
  std::int64_t newest_ = 0;  // the same, extended
  TimePoint epoch_{};        // when timestamp 0 came
  DelayEstimate delays_;

  Mode mode_ = Mode::unstarted;
  std::int64_t position_ = 0;
  std::int64_t end_ = 0;  // of the newest packet
  std::uint32_t last_duration_ = 0;
  std::int64_t invented_standing_ = 0;  // units since the last packet, while the position stood still
  std::int64_t invented_ = 0;           // units at a stretch
  TimePoint shorten_window_{};
  Duration least_excess_ = Duration::max();  // since then
  std::int64_t least_left_ = 0;              // likewise
  std::int64_t concealed_ = 0, restored_ = 0;
  Duration last_delay_{};
  Stats stats_;
};

}  // namespace junctor::media
