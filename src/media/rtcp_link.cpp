#include "media/rtcp_link.hpp"

#include <algorithm>
#include <span>

#include "media/out_stream.hpp"

namespace junctor::media {
namespace {

constexpr double units_per_ms = 65536.0 / 1000.0;  // LSR, DLSR
constexpr std::uint8_t mos_unit = 10;              // what a MOS is multiplied with in VoIP metrics

std::uint32_t middle_units(Duration span) {
  return static_cast<std::uint32_t>(rtp::ntp_span(span) >> 16);
}

}  // namespace

RtcpLink::RtcpLink(Random& random) {
  std::ranges::copy(random.token(cname_size), cname_.begin());
}

RtcpNews RtcpLink::on_compound(rtp::Compound compound, std::uint32_t in_ssrc, std::uint32_t out_ssrc,
                               std::uint32_t out_clock_rate, TimePoint now) {
  RtcpNews news;
  rtp::RtcpPacket packet;
  while (compound.next(packet)) {
    if (const auto report = rtp::parse_report(packet)) on_report(*report, in_ssrc, out_ssrc, out_clock_rate, news, now);
    if (const auto extended = rtp::parse_extended_report(packet)) on_extended(*extended, out_ssrc, now);
  }
  return news;
}

void RtcpLink::measure_round_trip(std::uint32_t since, TimePoint sent, TimePoint now) {
  const double away = static_cast<double>(middle_units(now - sent)) - static_cast<double>(since);
  // A far end that holds its answer for longer than it was away has a broken clock; it tells us nothing.
  if (away >= 0) remote_.rtt_ms = static_cast<float>(away / units_per_ms);
}

void RtcpLink::on_report(const rtp::Report& report, std::uint32_t in_ssrc, std::uint32_t out_ssrc,
                         std::uint32_t out_clock_rate, RtcpNews& news, TimePoint now) {
  news.report = true;
  if (report.sender && report.ssrc == in_ssrc) {
    source_ = SourceReport{report.ssrc, {report.info.ntp, report.info.timestamp}, now};
    news.sender_packets = report.info.packets;
  }
  for (const rtp::ReportBlock& block : report.all()) {
    if (block.ssrc != out_ssrc) continue;
    news.hears_us = news.hears_us || block.highest_sequence != told_highest_;
    told_highest_ = block.highest_sequence;
    remote_.reported = true;
    remote_.loss = static_cast<float>(block.fraction_lost) / 256.0f;
    remote_.lost = static_cast<std::uint32_t>(std::max(block.cumulative_lost, 0));
    remote_.jitter_ms = static_cast<float>(block.jitter) * 1000.0f / static_cast<float>(out_clock_rate);
    if (block.lsr != 0 && block.lsr == our_report_) measure_round_trip(block.dlsr, our_report_time_, now);
  }
}

void RtcpLink::on_extended(const rtp::ExtendedReport& report, std::uint32_t out_ssrc, TimePoint now) {
  if (report.reference_time != 0) reference_ = Reference{report.ssrc, rtp::ntp_middle(report.reference_time), now};
  for (const rtp::Dlrr& answer : std::span(report.dlrr).first(report.dlrr_count)) {
    const bool ours = answer.ssrc == out_ssrc && answer.lrr != 0 && answer.lrr == our_reference_;
    if (ours) measure_round_trip(answer.dlrr, our_reference_time_, now);
  }
  for (const rtp::VoipMetrics& metrics : std::span(report.voip).first(report.voip_count)) {
    if (metrics.ssrc != out_ssrc) continue;
    constexpr std::uint8_t unavailable = rtp::VoipMetrics::unavailable;
    remote_.end_system_ms = metrics.end_system_ms;
    const bool rated = metrics.mos_listening >= mos_unit && metrics.mos_listening <= 5 * mos_unit;
    remote_.mos = rated ? static_cast<float>(metrics.mos_listening) / mos_unit : -1;
    remote_.level_dbm0.reset();
    if (metrics.signal_level != unavailable) {
      remote_.level_dbm0 = static_cast<float>(static_cast<std::int8_t>(metrics.signal_level));
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

rtp::ExtendedReport RtcpLink::extended(const Sent& sent, bool sender, const std::optional<Received>& received,
                                       TimePoint now) {
  rtp::ExtendedReport report{.ssrc = sent.ssrc};
  if (!sender) {
    report.reference_time = sent.clock.ntp;
    our_reference_ = rtp::ntp_middle(sent.clock.ntp);
    our_reference_time_ = now;
  }
  if (reference_) {
    report.dlrr[report.dlrr_count++] = {reference_->ssrc, reference_->time, middle_units(now - reference_->arrival)};
  }
  if (received) report.voip[report.voip_count++] = received->metrics;
  return report;
}

std::size_t RtcpLink::build(std::span<std::uint8_t, report_size_max> out, const Sent& sent,
                            std::optional<Received> received, bool bye, TimePoint now) {
  rtp::Report report{.sender = sent.packets > packets_before_[1], .ssrc = sent.ssrc};
  packets_before_ = {sent.packets, packets_before_[0]};
  if (report.sender) {
    report.info = {sent.clock.ntp, sent.clock.timestamp, static_cast<std::uint32_t>(sent.packets),
                   static_cast<std::uint32_t>(sent.octets)};
    our_report_ = rtp::ntp_middle(sent.clock.ntp);
    our_report_time_ = now;
  }
  if (received) {
    rtp::ReportBlock& block = received->block;
    if (source_ && source_->ssrc == block.ssrc) {
      block.lsr = rtp::ntp_middle(source_->clock.ntp);
      block.dlsr = middle_units(now - source_->arrival);
    }
    report.blocks[report.block_count++] = block;
  }
  rtp::CompoundWriter writer(out);
  writer.add_report(report);
  writer.add_cname(sent.ssrc, {cname_.data(), cname_.size()});
  const rtp::ExtendedReport more = extended(sent, report.sender, received, now);
  if (more != rtp::ExtendedReport{.ssrc = sent.ssrc}) writer.add_extended_report(more);
  if (bye) writer.add_bye({&sent.ssrc, 1});
  return writer.finish();
}

}  // namespace junctor::media
