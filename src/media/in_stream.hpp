#pragma once
// The RTP stream from one far end: which SSRC it is at present, what is new in it, and how it arrives, summed up over
// every SSRC that the far end has used.
#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "base/time.hpp"
#include "media/media.hpp"
#include "rtp/reception.hpp"
#include "rtp/rtcp.hpp"

namespace junctor::media {

/// A plain value.
class InStream {
 public:
  /// A new SSRC takes over after so many packets in sequence, none of the old one between them.
  static constexpr int packets_to_change_ssrc = 2;

  struct Accepted {
    std::int64_t extended_sequence = 0;
    bool new_source = false;  ///< first packet of a stream: nothing before it relates to it
  };

  /// A packet from the leg's address.
  Result<Accepted, Drop> on_packet(std::uint32_t ssrc, std::uint16_t sequence);
  /// See rtp::Reception::on_timing.
  void on_timing(std::uint32_t timestamp, std::uint32_t clock_rate, TimePoint arrival);
  /// What comes next begins anew: packets were left unread meanwhile (hold) and must not count as lost.
  void pause() { paused_ = true; }

  bool started() const { return started_; }
  std::uint32_t ssrc() const { return ssrc_; }
  /// About the present SSRC; nothing when no packet came since the last call.
  std::optional<rtp::ReportBlock> report_block();

  std::uint64_t packets() const { return earlier_.packets + present_.unique(); }
  std::uint64_t lost() const { return earlier_.lost + present_.lost(); }
  std::uint64_t duplicates() const { return earlier_.duplicates + present_.duplicates(); }
  std::uint64_t out_of_order() const { return earlier_.out_of_order + present_.out_of_order(); }
  double jitter_ms() const { return present_.jitter_ms(); }
  double jitter_ms_max() const { return jitter_ms_max_; }

  bool operator==(const InStream&) const = default;
  /// For save and load of the port that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.present_, self.next_ssrc_, self.earlier_, self.reported_, self.jitter_ms_max_, self.ssrc_,
            self.started_, self.paused_);
  }

 private:
  struct Totals {
    std::uint64_t packets = 0, lost = 0, duplicates = 0, out_of_order = 0;

    bool operator==(const Totals&) const = default;
    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      archive(self.packets, self.lost, self.duplicates, self.out_of_order);
    }
  };

  void begin(std::uint32_t ssrc, std::uint16_t sequence);

  rtp::Reception present_;
  rtp::Probation next_ssrc_;
  Totals earlier_;
  std::uint64_t reported_ = 0;  // present_.unique() at the last report
  double jitter_ms_max_ = 0;
  std::uint32_t ssrc_ = 0;
  bool started_ = false;
  bool paused_ = false;
};

}  // namespace junctor::media
