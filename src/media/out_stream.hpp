#pragma once
// The RTP stream toward one far end: the one place where its sequence numbers, timestamps and SSRC are made, whoever
// the audio comes from. One SSRC for the life of the port; numbers without a step and timestamps that follow the clock
// on the wall across every change of source (relay, echo, tone, hold, re-INVITE).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace junctor::media {

/// `span` in units of `clock_rate`, modulo 2^32; negative spans allowed.
std::uint32_t timestamp_units(Duration span, std::uint32_t clock_rate);

/// What a packet to the far end carries, except its payload type.
struct OutHeader {
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;

  bool operator==(const OutHeader&) const = default;
};

/// What a relayed packet's header becomes: part of what a table outside this process would need to relay by itself (see
/// docs/adr/0021-a-relay-is-a-table-entry.md). A plain value.
struct Rewrite {
  std::uint32_t ssrc = 0;
  std::uint16_t sequence_offset = 0;  ///< modulo 2^16
  std::uint32_t timestamp_offset = 0;

  OutHeader apply(std::uint16_t sequence, std::uint32_t timestamp, bool marker) const {
    return {.marker = marker,
            .sequence = static_cast<std::uint16_t>(sequence + sequence_offset),
            .timestamp = timestamp + timestamp_offset,
            .ssrc = ssrc};
  }
  bool operator==(const Rewrite&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.ssrc, self.sequence_offset, self.timestamp_offset);
  }
};

/// A plain value.
class OutStream {
 public:
  /// A new source is taken to start where the last packet ended, and that lasted this long.
  static constexpr Duration frame_assumed = std::chrono::milliseconds(20);

  /// SSRC, first sequence number and first timestamp are random (RFC 3550 §5.1); the sequence number begins in the
  /// lower half, as SRTP wants it (RFC 3711 §3.3.1).
  explicit OutStream(Random& random);

  /// The next packet comes from elsewhere, or after a pause: it carries the marker bit, the next sequence number, and a
  /// timestamp advanced by the time that passed.
  void begin_source() { rebase_ = true; }

  /// What comes next is made here and continues what was sent last, even if that was relayed: no marker, and a
  /// timestamp that follows without a step.
  void continue_source() { relaying_ = false; }

  /// A packet relayed from a source. Gaps and reordering of the source are kept, so that the far end sees them as they
  /// are; so are equal timestamps (telephone-events). Nothing when the packet is older than the source's first here.
  std::optional<OutHeader> relay(std::int64_t extended_sequence, std::uint32_t timestamp, bool marker,
                                 std::uint32_t clock_rate, TimePoint now);

  /// The next packet of a source of our own, `duration` units long.
  OutHeader generate(std::uint32_t duration, std::uint32_t clock_rate, TimePoint now);

  /// A packet of a telephone-event of our own that began at `timestamp`; while it lasts, that does not advance. What
  /// comes after the event is another source.
  OutHeader event(std::uint32_t timestamp, bool marker, std::uint32_t clock_rate, TimePoint now);
  /// The timestamp that a packet of our own has at `now`.
  std::uint32_t next_timestamp(std::uint32_t clock_rate, TimePoint now) const;
  /// When the newest timestamp was sent; nothing before the first packet.
  std::optional<TimePoint> newest_time() const;

  /// For sender reports: the timestamp that belongs to `now`.
  std::uint32_t timestamp_at(TimePoint now) const;
  /// What relay() does to the source's next packets; nothing when no relayed source is at work.
  std::optional<Rewrite> rewrite() const;

  std::uint32_t ssrc() const { return rewrite_.ssrc; }
  std::uint32_t clock_rate() const { return clock_rate_; }

  /// A self-contained byte string, and back; times are kept relative to `now`.
  std::string save(TimePoint now) const;
  static std::optional<OutStream> load(std::string_view saved, TimePoint now);
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.rewrite_, self.highest_, self.started_, self.rebase_, self.relaying_, self.clock_rate_,
            self.newest_timestamp_, self.newest_time_, self.frame_, self.source_first_);
  }

  bool operator==(const OutStream&) const = default;

 private:
  OutStream() = default;
  std::uint32_t resumed_timestamp(std::uint32_t clock_rate, TimePoint now) const;
  void note(const OutHeader& sent, std::uint32_t clock_rate, TimePoint now);

  Rewrite rewrite_;            // of the present relayed source
  std::uint16_t highest_ = 0;  // sequence number
  bool started_ = false;       // something was sent
  bool rebase_ = true;
  bool relaying_ = false;
  std::uint32_t clock_rate_ = 8000;
  // The newest timestamp sent and when it was first seen: later packets of one telephone-event repeat a timestamp and
  // must not shift this.
  std::uint32_t newest_timestamp_ = 0;
  TimePoint newest_time_{};
  std::uint32_t frame_ = 0;        // units that the newest packet lasts, as far as is known
  std::int64_t source_first_ = 0;  // extended sequence number of the present relayed source
};

}  // namespace junctor::media
