#pragma once
// What one source's packets tell about the way they came (RFC 3550 §6.4.1, §A.1, §A.3, §A.8).
#include <cstdint>
#include <type_traits>

#include "base/time.hpp"

namespace junctor::rtp {

/// Statistics of one SSRC. A plain value.
class Reception {
 public:
  /// A jump ahead by this many packets is a restart rather than loss (§A.1 MAX_DROPOUT).
  static constexpr int dropout_max = 3000;
  /// A packet this much behind the newest came late; further behind is a restart (§A.1 MAX_MISORDER).
  static constexpr int misorder_max = 100;
  /// How far behind the newest a duplicate can still be told from a late packet.
  static constexpr int duplicate_window = 64;
  /// A change of transit time beyond this is a new time base of the sender, not jitter.
  static constexpr Duration jitter_step_max = std::chrono::seconds(1);

  enum class Verdict : std::uint8_t {
    accepted,
    duplicate,
    late,       ///< behind duplicate_window: drop
    jumped,     ///< sequence number far off; drop, the next packet decides
    restarted,  ///< the second in a row at the new place: accepted, counting began anew
  };

  Reception() = default;
  /// The stream begins with this packet, which is then given to on_packet().
  explicit Reception(std::uint16_t first_sequence);

  Verdict on_packet(std::uint16_t sequence);
  /// Feeds the jitter estimate (§A.8). Not for telephone-events, whose timestamps stand still.
  void on_timing(std::uint32_t timestamp, std::uint32_t clock_rate, TimePoint arrival);

  /// Extended, as a receiver report carries it.
  std::uint32_t highest_sequence() const { return static_cast<std::uint32_t>(highest_); }
  std::int64_t extended_highest() const { return highest_; }
  std::uint64_t unique() const { return unique_; }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t out_of_order() const { return out_of_order_; }
  std::uint64_t expected() const;
  /// Packets that never came, duplicates not hiding any.
  std::uint64_t lost() const;
  double jitter_ms() const;
  /// In timestamp units, as a receiver report carries it.
  std::uint32_t jitter_units() const;

  struct Loss {
    std::uint8_t fraction = 0;    ///< since the last call, in 1/256 (§A.3)
    std::int32_t cumulative = 0;  ///< expected less received, clamped to 24 bits; duplicates count as received
  };
  /// For a report block; starts the next interval.
  Loss report_loss();

  bool operator==(const Reception&) const = default;
  /// For save and load of the port that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.base_, self.highest_, self.seen_, self.expected_next_after_jump_, self.unique_, self.duplicates_,
            self.out_of_order_, self.expected_before_, self.expected_prior_, self.received_prior_, self.clock_rate_,
            self.jitter_ns_);
    // Transit time compares our clock with the sender's, modulo one turn of the timestamp: it is kept relative to
    // `now`.
    const std::int64_t now_ns = archive.now().time_since_epoch().count();
    std::int64_t behind_ns = within_turn(now_ns - self.transit_ns_, self.clock_rate_);
    archive(behind_ns);
    if constexpr (!std::is_const_v<Self>) self.transit_ns_ = now_ns - behind_ns;
  }

 private:
  void restart(std::uint16_t sequence);
  /// 0 … one turn; 0 while no timestamp was seen.
  static std::int64_t within_turn(std::int64_t ns, std::uint32_t clock_rate);

  std::int64_t base_ = 0;      // extended number of the first packet since the (re)start
  std::int64_t highest_ = -1;  // extended
  std::uint64_t seen_ = 0;     // bit n: highest_ - n was received
  std::int32_t expected_next_after_jump_ = -1;
  std::uint64_t unique_ = 0, duplicates_ = 0, out_of_order_ = 0;
  std::uint64_t expected_before_ = 0;  // of what came before a restart
  std::uint64_t expected_prior_ = 0, received_prior_ = 0;
  std::uint32_t clock_rate_ = 0;
  std::int64_t transit_ns_ = 0;
  double jitter_ns_ = 0;
};

/// §A.1's probation: a source counts once so many packets came in sequence. One candidate at a time.
class Probation {
 public:
  /// True when this packet completes `needed` in a row with one SSRC.
  bool on_packet(std::uint32_t ssrc, std::uint16_t sequence, int needed);
  void reset() { count_ = 0; }

  bool operator==(const Probation&) const = default;
  /// For save and load of the port that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.ssrc_, self.next_, self.count_);
  }

 private:
  std::uint32_t ssrc_ = 0;
  std::uint16_t next_ = 0;
  int count_ = 0;
};

}  // namespace junctor::rtp
