#pragma once
// One leg's RTCP (RFC 3550 §6): what the far end says about us and about its clock, and what we say to it. Ended and
// begun here for each leg; nothing is passed through.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/random.hpp"
#include "base/time.hpp"
#include "media/leg_health.hpp"
#include "rtp/rtcp.hpp"

namespace junctor::media {

/// A moment in a sender's two clocks (a sender report's NTP and RTP timestamps).
struct SenderClock {
  std::uint64_t ntp = 0;
  std::uint32_t timestamp = 0;

  bool operator==(const SenderClock&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.ntp, self.timestamp);
  }
};

/// What the far end last reported about our stream.
struct RemoteView {
  bool reported = false;   ///< it has said anything about our stream
  float loss = 0;          ///< 0 … 1
  std::uint32_t lost = 0;  ///< cumulative
  float jitter_ms = 0;
  float rtt_ms = -1;  ///< negative: not known
  // By its VoIP metrics (RFC 3611 §4.7); negative or nothing: not told.
  float end_system_ms = -1;
  float mos = -1;
  std::optional<float> level_dbm0;

  bool operator==(const RemoteView&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.reported, self.loss, self.lost, self.jitter_ms, self.rtt_ms, self.end_system_ms, self.mos,
            self.level_dbm0);
  }
};

/// A plain value.
class RtcpLink {
 public:
  static constexpr std::size_t cname_size = 16;
  static constexpr std::size_t report_size_max = 192;

  /// Draws a CNAME for this leg alone (RFC 7022 §4.2): legs of a call must not be linkable by it.
  explicit RtcpLink(Random& random);

  /// `in_ssrc`, `out_ssrc`: the streams of this leg; `out_clock_rate` gives the jitter its unit.
  RtcpNews on_compound(rtp::Compound compound, std::uint32_t in_ssrc, std::uint32_t out_ssrc,
                       std::uint32_t out_clock_rate, TimePoint now);

  /// The far end's clocks at `now`, going on from its last sender report; nothing if none came from `in_ssrc`.
  std::optional<SenderClock> source_clock(std::uint32_t in_ssrc, std::uint32_t clock_rate, TimePoint now) const;

  struct Sent {
    std::uint32_t ssrc = 0;
    SenderClock clock;
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;  ///< payload bytes
  };
  /// What the far end's stream is like.
  struct Received {
    rtp::ReportBlock block;
    rtp::VoipMetrics metrics;
  };
  /// A sender report if something was sent since the report before the last, else a receiver report; with our view of
  /// the far end's stream if there is news; with an extended report (which needs no consent, RFC 3611 §5) of that view
  /// and of what measures the round trip between receivers; with BYE at the end of a leg. Returns its size.
  std::size_t build(std::span<std::uint8_t, report_size_max> out, const Sent& sent, std::optional<Received> received,
                    bool bye, TimePoint now);

  const RemoteView& remote() const { return remote_; }

  bool operator==(const RtcpLink&) const = default;
  /// For save and load of the port that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.cname_, self.source_, self.remote_, self.our_report_, self.our_report_time_, self.packets_before_,
            self.told_highest_, self.reference_, self.our_reference_, self.our_reference_time_);
  }

 private:
  void on_report(const rtp::Report& report, std::uint32_t in_ssrc, std::uint32_t out_ssrc, std::uint32_t out_clock_rate,
                 RtcpNews& news, TimePoint now);
  void on_extended(const rtp::ExtendedReport& report, std::uint32_t out_ssrc, TimePoint now);
  /// An answer to what we sent at `sent`, held back for `since` (1/65536 s).
  void measure_round_trip(std::uint32_t since, TimePoint sent, TimePoint now);
  rtp::ExtendedReport extended(const Sent& sent, bool sender, const std::optional<Received>& received, TimePoint now);

  struct SourceReport {
    std::uint32_t ssrc = 0;
    SenderClock clock;
    TimePoint arrival{};

    bool operator==(const SourceReport&) const = default;
    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      archive(self.ssrc, self.clock, self.arrival);
    }
  };

  std::array<char, cname_size> cname_{};
  std::optional<SourceReport> source_;
  RemoteView remote_;
  std::uint32_t our_report_ = 0;  // middle 32 bits of its NTP time; 0: none sent
  TimePoint our_report_time_{};
  std::array<std::uint64_t, 2> packets_before_{};  // sent, at the last report and at the one before
  std::uint32_t told_highest_ = 0;                 // of our sequence numbers, by the far end's last report block
  /// The far end's last receiver reference time, to be answered.
  struct Reference {
    std::uint32_t ssrc = 0;
    std::uint32_t time = 0;  // the middle 32 bits
    TimePoint arrival{};

    bool operator==(const Reference&) const = default;
    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      archive(self.ssrc, self.time, self.arrival);
    }
  };
  std::optional<Reference> reference_;
  std::uint32_t our_reference_ = 0;  // ours, its middle 32 bits; 0: none sent
  TimePoint our_reference_time_{};
};

}  // namespace junctor::media
