#pragma once
// The RTP stream toward one far end: the one place where its sequence numbers, timestamps and SSRC are made, whoever
// the audio comes from. One SSRC for the life of the port; numbers without a step and timestamps that follow the clock
// on the wall across every change of source (relay, echo, tone, hold, re-INVITE).
#include <array>
#include <cstdint>
#include <optional>
#include <span>

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

/// A plain value.
class OutStream {
 public:
  /// A new source is taken to start where the last packet ended, and that lasted this long.
  static constexpr Duration frame_assumed = std::chrono::milliseconds(20);
  static constexpr std::size_t saved_size = 38;

  /// SSRC, first sequence number and first timestamp are random (RFC 3550 §5.1).
  explicit OutStream(Random& random);

  /// The next packet comes from elsewhere, or after a pause: it carries the marker bit, the next sequence number, and a
  /// timestamp advanced by the time that passed.
  void begin_source() { rebase_ = true; }

  /// A packet relayed from a source. Gaps and reordering of the source are kept, so that the far end sees them as they
  /// are; so are equal timestamps (telephone-events). Nothing when the packet is older than the source's first here.
  std::optional<OutHeader> relay(std::int64_t extended_sequence, std::uint32_t timestamp, bool marker,
                                 std::uint32_t clock_rate, TimePoint now);

  /// The next packet of a source of our own, `duration` units after the one before.
  OutHeader generate(std::uint32_t duration, std::uint32_t clock_rate, TimePoint now);

  /// For sender reports: the timestamp that belongs to `now`, and what relay() adds to the source's timestamps (nothing
  /// when no relayed source is at work).
  std::uint32_t timestamp_at(TimePoint now) const;
  std::optional<std::uint32_t> timestamp_offset() const;

  std::uint32_t ssrc() const { return ssrc_; }
  std::uint32_t clock_rate() const { return clock_rate_; }

  /// A fixed layout; times are kept relative to `now`.
  std::array<std::uint8_t, saved_size> save(TimePoint now) const;
  static std::optional<OutStream> load(std::span<const std::uint8_t> saved, TimePoint now);

  bool operator==(const OutStream&) const = default;

 private:
  OutStream() = default;
  std::uint32_t resumed_timestamp(std::uint32_t clock_rate, TimePoint now) const;
  void note(const OutHeader& sent, std::uint32_t clock_rate, TimePoint now);

  std::uint32_t ssrc_ = 0;
  std::uint16_t highest_ = 0;  // sequence number
  bool started_ = false;       // something was sent
  bool rebase_ = true;
  bool relaying_ = false;
  std::uint32_t clock_rate_ = 8000;
  // The newest timestamp sent and when it was first seen: later packets of one telephone-event repeat a timestamp and
  // must not shift this.
  std::uint32_t newest_timestamp_ = 0;
  TimePoint newest_time_{};
  // How the present relayed source maps.
  std::int64_t source_first_ = 0;  // extended
  std::uint16_t sequence_offset_ = 0;
  std::uint32_t timestamp_offset_ = 0;
};

}  // namespace junctor::media
