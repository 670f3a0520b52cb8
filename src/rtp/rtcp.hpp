#pragma once
// RTCP (RFC 3550 §6): compound packets in and out, without allocation. Everything parsed is a view into the datagram or
// a plain value.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "rtp/packet.hpp"

namespace junctor::rtp {

enum class RtcpType : std::uint8_t {
  sender_report = 200,
  receiver_report = 201,
  sdes = 202,
  bye = 203,
  app = 204,
  xr = 207
};

/// Why a datagram is not a compound packet (§A.2), or a packet not what its type says.
enum class RtcpError : std::uint8_t {
  too_short,    ///< less than one header, or not a multiple of four bytes
  bad_version,  ///< a packet of another version
  bad_first,    ///< does not begin with a sender or receiver report
  bad_padding,  ///< padding elsewhere than in the last packet, or a wrong count
  bad_length,   ///< lengths do not add up
  bad_body,     ///< counts and texts pass the end of the packet
  wrong_type,   ///< not the type that the caller reads
};

/// One packet of a compound.
struct RtcpPacket {
  std::uint8_t type = 0;   ///< see RtcpType; others are skipped by whoever does not know them
  std::uint8_t count = 0;  ///< RC, SC or subtype, 0 … 31
  Bytes body;              ///< after the four-byte header, without padding
};

/// A validated compound packet, read one packet after the other.
class Compound {
 public:
  static Result<Compound, RtcpError> parse(Bytes datagram);

  /// Nothing left: false. Every packet was checked by parse().
  bool next(RtcpPacket& packet);

 private:
  explicit Compound(Bytes datagram) : rest_(datagram) {}
  Bytes rest_;
};

/// §6.4.1
struct ReportBlock {
  std::uint32_t ssrc = 0;            ///< whose packets this is about
  std::uint8_t fraction_lost = 0;    ///< 1/256
  std::int32_t cumulative_lost = 0;  ///< 24 bits, signed
  std::uint32_t highest_sequence = 0;
  std::uint32_t jitter = 0;  ///< timestamp units
  std::uint32_t lsr = 0;     ///< middle 32 bits of the NTP time of the last sender report; 0: none came
  std::uint32_t dlsr = 0;    ///< since then, 1/65536 s

  bool operator==(const ReportBlock&) const = default;
};

struct SenderInfo {
  std::uint64_t ntp = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;  ///< payload bytes only

  bool operator==(const SenderInfo&) const = default;
};

constexpr std::size_t report_blocks_max = 31;

/// A sender or receiver report; profile extensions are skipped.
struct Report {
  bool sender = false;
  std::uint32_t ssrc = 0;
  SenderInfo info;  ///< of a sender report
  std::uint8_t block_count = 0;
  std::array<ReportBlock, report_blocks_max> blocks{};

  std::span<const ReportBlock> all() const { return {blocks.data(), block_count}; }
};

Result<Report, RtcpError> parse_report(const RtcpPacket& packet);

/// The CNAME of the first chunk that has one (§6.5.1).
struct Cname {
  std::uint32_t ssrc = 0;
  std::string_view text;
};
Result<Cname, RtcpError> parse_sdes(const RtcpPacket& packet);

/// §6.6
struct Bye {
  std::array<std::uint32_t, 31> ssrcs{};
  std::uint8_t count = 0;
  std::string_view reason;
};
Result<Bye, RtcpError> parse_bye(const RtcpPacket& packet);

/// VoIP metrics of one source (RFC 3611 §4.7). Fractions are of 256, times milliseconds.
struct VoipMetrics {
  static constexpr std::uint8_t unavailable = 127;  ///< of levels, R factors and MOS

  std::uint32_t ssrc = 0;
  std::uint8_t loss_rate = 0;
  std::uint8_t discard_rate = 0;  ///< too late to be played
  std::uint8_t burst_density = 0;
  std::uint8_t gap_density = 0;
  std::uint16_t burst_ms = 0;
  std::uint16_t gap_ms = 0;
  std::uint16_t round_trip_ms = 0;
  std::uint16_t end_system_ms = 0;          ///< jitter buffer, coding and packetising together
  std::uint8_t signal_level = unavailable;  ///< dBm0, two's complement
  std::uint8_t noise_level = unavailable;
  std::uint8_t residual_echo = unavailable;
  std::uint8_t gap_min = 16;  ///< the Gmin that tells bursts from gaps
  std::uint8_t r_factor = unavailable;
  std::uint8_t external_r_factor = unavailable;
  std::uint8_t mos_listening = unavailable;       ///< times 10
  std::uint8_t mos_conversational = unavailable;  ///< times 10
  std::uint8_t receiver_config = 0;               ///< concealment and jitter buffer, §4.7.6
  std::uint16_t jitter_nominal_ms = 0;
  std::uint16_t jitter_max_ms = 0;
  std::uint16_t jitter_absolute_max_ms = 0;

  bool operator==(const VoipMetrics&) const = default;
};

/// An answer to a receiver reference time (§4.5): what LSR and DLSR are for a sender report.
struct Dlrr {
  std::uint32_t ssrc = 0;  ///< who had sent that time
  std::uint32_t lrr = 0;   ///< its middle 32 bits
  std::uint32_t dlrr = 0;  ///< since then, 1/65536 s

  bool operator==(const Dlrr&) const = default;
};

/// The blocks of an extended report that we know (RFC 3611); others are skipped, and so is what is beyond the bounds.
struct ExtendedReport {
  static constexpr std::size_t voip_max = 2;
  static constexpr std::size_t dlrr_max = 4;

  std::uint32_t ssrc = 0;            ///< who reports
  std::uint64_t reference_time = 0;  ///< NTP, of a receiver that sends no sender reports (§4.4); 0: none
  std::uint8_t voip_count = 0;
  std::uint8_t dlrr_count = 0;
  std::array<VoipMetrics, voip_max> voip{};
  std::array<Dlrr, dlrr_max> dlrr{};

  bool operator==(const ExtendedReport&) const = default;
};

Result<ExtendedReport, RtcpError> parse_extended_report(const RtcpPacket& packet);

/// Builds a compound packet in a buffer of the caller's.
class CompoundWriter {
 public:
  explicit CompoundWriter(std::span<std::uint8_t> out) : out_(out) {}

  /// As a sender report if `report.sender`, else as a receiver report.
  void add_report(const Report& report);
  /// One chunk with one item; `cname` of at most 255 bytes.
  void add_cname(std::uint32_t ssrc, std::string_view cname);
  void add_extended_report(const ExtendedReport& report);
  void add_bye(std::span<const std::uint32_t> ssrcs, std::string_view reason = {});

  /// The size written; 0 if something did not fit or was out of range.
  std::size_t finish() const { return failed_ ? 0 : size_; }

 private:
  std::uint8_t* begin(RtcpType type, std::size_t count, std::size_t body_size);

  std::span<std::uint8_t> out_;
  std::size_t size_ = 0;
  bool failed_ = false;
};

/// NTP timestamps: seconds since 1900 in the upper half, fractions in the lower (§4).
std::uint64_t ntp_from_unix(std::chrono::nanoseconds since_1970);
constexpr std::uint32_t ntp_middle(std::uint64_t ntp) {
  return static_cast<std::uint32_t>(ntp >> 16);
}
/// A span of time in NTP units of 2^-32 s; may be negative.
std::int64_t ntp_span(Duration span);

}  // namespace junctor::rtp
