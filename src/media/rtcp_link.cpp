#include "media/rtcp_link.hpp"

#include <algorithm>

#include "media/out_stream.hpp"

namespace junctor::media {
namespace {

constexpr double units_per_ms = 65536.0 / 1000.0;  // LSR, DLSR

std::uint32_t middle_units(Duration span) {
  return static_cast<std::uint32_t>(rtp::ntp_span(span) >> 16);
}

}  // namespace

RtcpLink::RtcpLink(Random& random) {
  std::ranges::copy(random.token(cname_size), cname_.begin());
}

void RtcpLink::on_compound(rtp::Compound compound, std::uint32_t in_ssrc, std::uint32_t out_ssrc,
                           std::uint32_t out_clock_rate, TimePoint now) {
  rtp::RtcpPacket packet;
  while (compound.next(packet)) {
    if (const auto report = rtp::parse_report(packet)) on_report(*report, in_ssrc, out_ssrc, out_clock_rate, now);
  }
}

void RtcpLink::on_report(const rtp::Report& report, std::uint32_t in_ssrc, std::uint32_t out_ssrc,
                         std::uint32_t out_clock_rate, TimePoint now) {
  if (report.sender && report.ssrc == in_ssrc) {
    source_ = SourceReport{report.ssrc, {report.info.ntp, report.info.timestamp}, now};
  }
  for (const rtp::ReportBlock& block : report.all()) {
    if (block.ssrc != out_ssrc) continue;
    remote_.loss = static_cast<float>(block.fraction_lost) / 256.0f;
    remote_.lost = static_cast<std::uint32_t>(std::max(block.cumulative_lost, 0));
    remote_.jitter_ms = static_cast<float>(block.jitter) * 1000.0f / static_cast<float>(out_clock_rate);
    if (block.lsr != 0 && block.lsr == our_report_) {
      const double away = static_cast<double>(middle_units(now - our_report_time_)) - static_cast<double>(block.dlsr);
      // A far end that holds its answer for longer than it was away has a broken clock; it tells us nothing.
      if (away >= 0) remote_.rtt_ms = static_cast<float>(away / units_per_ms);
    }
  }
}

std::optional<SenderClock> RtcpLink::source_clock(std::uint32_t in_ssrc, std::uint32_t clock_rate,
                                                  TimePoint now) const {
  // NTP zero: the sender has no notion of time (RFC 3550 §6.4.1).
  if (!source_ || source_->ssrc != in_ssrc || source_->clock.ntp == 0) return std::nullopt;
  const Duration since = now - source_->arrival;
  return SenderClock{source_->clock.ntp + static_cast<std::uint64_t>(rtp::ntp_span(since)),
                     source_->clock.timestamp + timestamp_units(since, clock_rate)};
}

std::size_t RtcpLink::build(std::span<std::uint8_t, report_size_max> out, const Sent& sent,
                            std::optional<rtp::ReportBlock> received, bool bye, TimePoint now) {
  rtp::Report report{.sender = sent.packets > packets_before_[1], .ssrc = sent.ssrc};
  packets_before_ = {sent.packets, packets_before_[0]};
  if (report.sender) {
    report.info = {sent.clock.ntp, sent.clock.timestamp, static_cast<std::uint32_t>(sent.packets),
                   static_cast<std::uint32_t>(sent.octets)};
    our_report_ = rtp::ntp_middle(sent.clock.ntp);
    our_report_time_ = now;
  }
  if (received) {
    if (source_ && source_->ssrc == received->ssrc) {
      received->lsr = rtp::ntp_middle(source_->clock.ntp);
      received->dlsr = middle_units(now - source_->arrival);
    }
    report.blocks[report.block_count++] = *received;
  }
  rtp::CompoundWriter writer(out);
  writer.add_report(report);
  writer.add_cname(sent.ssrc, {cname_.data(), cname_.size()});
  if (bye) writer.add_bye({&sent.ssrc, 1});
  return writer.finish();
}

}  // namespace junctor::media
