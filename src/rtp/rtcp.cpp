#include "rtp/rtcp.hpp"

#include <algorithm>

#include "rtp/bytes.hpp"

namespace junctor::rtp {
namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t sender_info_size = 20;
constexpr std::size_t block_size = 24;
constexpr std::uint8_t sdes_end = 0;
constexpr std::uint8_t sdes_cname = 1;
constexpr std::size_t text_max = 255;

// Blocks of an extended report (RFC 3611 §4): sizes of their bodies.
enum class XrBlock : std::uint8_t { reference_time = 4, dlrr = 5, voip_metrics = 7 };
constexpr std::size_t reference_time_size = 8;
constexpr std::size_t dlrr_size = 12;
constexpr std::size_t voip_metrics_size = 32;

constexpr std::size_t round_up(std::size_t size) {
  return (size + 3) / 4 * 4;
}

std::size_t packet_size(Bytes at) {
  return header_size + std::size_t{4} * read_u16(at.data() + 2);
}

std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint8_t* put_text(std::uint8_t* p, std::string_view s) {
  return std::transform(s.begin(), s.end(), p, [](char c) { return static_cast<std::uint8_t>(c); });
}

ReportBlock read_block(const std::uint8_t* p) {
  ReportBlock block;
  block.ssrc = read_u32(p);
  block.fraction_lost = p[4];
  const std::uint32_t lost = read_u24(p + 5);
  block.cumulative_lost = static_cast<std::int32_t>(lost) - ((lost & 0x800000) != 0 ? 0x1000000 : 0);
  block.highest_sequence = read_u32(p + 8);
  block.jitter = read_u32(p + 12);
  block.lsr = read_u32(p + 16);
  block.dlsr = read_u32(p + 20);
  return block;
}

void write_block(std::uint8_t* p, const ReportBlock& block) {
  write_u32(p, block.ssrc);
  p[4] = block.fraction_lost;
  write_u24(p + 5, static_cast<std::uint32_t>(block.cumulative_lost) & 0xffffff);
  write_u32(p + 8, block.highest_sequence);
  write_u32(p + 12, block.jitter);
  write_u32(p + 16, block.lsr);
  write_u32(p + 20, block.dlsr);
}

VoipMetrics read_voip(const std::uint8_t* p) {
  VoipMetrics m;
  m.ssrc = read_u32(p);
  m.loss_rate = p[4];
  m.discard_rate = p[5];
  m.burst_density = p[6];
  m.gap_density = p[7];
  m.burst_ms = read_u16(p + 8);
  m.gap_ms = read_u16(p + 10);
  m.round_trip_ms = read_u16(p + 12);
  m.end_system_ms = read_u16(p + 14);
  m.signal_level = p[16];
  m.noise_level = p[17];
  m.residual_echo = p[18];
  m.gap_min = p[19];
  m.r_factor = p[20];
  m.external_r_factor = p[21];
  m.mos_listening = p[22];
  m.mos_conversational = p[23];
  m.receiver_config = p[24];
  m.jitter_nominal_ms = read_u16(p + 26);
  m.jitter_max_ms = read_u16(p + 28);
  m.jitter_absolute_max_ms = read_u16(p + 30);
  return m;
}

void write_voip(std::uint8_t* p, const VoipMetrics& m) {
  write_u32(p, m.ssrc);
  p[4] = m.loss_rate;
  p[5] = m.discard_rate;
  p[6] = m.burst_density;
  p[7] = m.gap_density;
  write_u16(p + 8, m.burst_ms);
  write_u16(p + 10, m.gap_ms);
  write_u16(p + 12, m.round_trip_ms);
  write_u16(p + 14, m.end_system_ms);
  p[16] = m.signal_level;
  p[17] = m.noise_level;
  p[18] = m.residual_echo;
  p[19] = m.gap_min;
  p[20] = m.r_factor;
  p[21] = m.external_r_factor;
  p[22] = m.mos_listening;
  p[23] = m.mos_conversational;
  p[24] = m.receiver_config;
  write_u16(p + 26, m.jitter_nominal_ms);
  write_u16(p + 28, m.jitter_max_ms);
  write_u16(p + 30, m.jitter_absolute_max_ms);
}

/// One block; false when its length is not what its type says.
bool read_xr_block(XrBlock type, Bytes body, ExtendedReport& report) {
  switch (type) {
    case XrBlock::reference_time:
      if (body.size() != reference_time_size) return false;
      report.reference_time = read_u64(body.data());
      return true;
    case XrBlock::dlrr:
      if (body.size() % dlrr_size != 0) return false;
      for (; !body.empty() && report.dlrr_count < ExtendedReport::dlrr_max; body = body.subspan(dlrr_size)) {
        const std::uint8_t* const p = body.data();
        report.dlrr[report.dlrr_count++] = {read_u32(p), read_u32(p + 4), read_u32(p + 8)};
      }
      return true;
    case XrBlock::voip_metrics:
      if (body.size() != voip_metrics_size) return false;
      if (report.voip_count < ExtendedReport::voip_max) report.voip[report.voip_count++] = read_voip(body.data());
      return true;
  }
  return true;
}

std::uint8_t* begin_xr_block(std::uint8_t* p, XrBlock type, std::size_t body_size) {
  p[0] = static_cast<std::uint8_t>(type);
  write_u16(p + 2, static_cast<std::uint16_t>(body_size / 4));
  return p + header_size;
}

}  // namespace

Result<Compound, RtcpError> Compound::parse(Bytes datagram) {
  if (datagram.size() < header_size || datagram.size() % 4 != 0) return fail(RtcpError::too_short);
  const std::uint8_t first = datagram[1];
  const bool report = first == static_cast<std::uint8_t>(RtcpType::sender_report) ||
                      first == static_cast<std::uint8_t>(RtcpType::receiver_report);
  for (Bytes rest = datagram; !rest.empty();) {
    if (rest.size() < header_size) return fail(RtcpError::bad_length);
    if (rest[0] >> 6 != version) return fail(RtcpError::bad_version);
    const std::size_t size = packet_size(rest);
    if (size > rest.size()) return fail(RtcpError::bad_length);
    if ((rest[0] & 0x20) != 0) {
      const std::uint8_t padding = rest[size - 1];
      if (size != rest.size() || padding == 0 || padding % 4 != 0 || padding > size - header_size) {
        return fail(RtcpError::bad_padding);
      }
    }
    rest = rest.subspan(size);
  }
  if (!report) return fail(RtcpError::bad_first);
  return Compound(datagram);
}

bool Compound::next(RtcpPacket& packet) {
  if (rest_.empty()) return false;
  const std::size_t size = packet_size(rest_);
  const std::size_t padding = (rest_[0] & 0x20) != 0 ? rest_[size - 1] : 0;
  packet.type = rest_[1];
  packet.count = rest_[0] & 0x1f;
  packet.body = rest_.subspan(header_size, size - header_size - padding);
  rest_ = rest_.subspan(size);
  return true;
}

Result<Report, RtcpError> parse_report(const RtcpPacket& packet) {
  Report report;
  report.sender = packet.type == static_cast<std::uint8_t>(RtcpType::sender_report);
  if (!report.sender && packet.type != static_cast<std::uint8_t>(RtcpType::receiver_report)) {
    return fail(RtcpError::wrong_type);
  }
  const std::size_t fixed = 4 + (report.sender ? sender_info_size : 0);
  if (packet.body.size() < fixed + packet.count * block_size) return fail(RtcpError::bad_body);
  const std::uint8_t* const p = packet.body.data();
  report.ssrc = read_u32(p);
  if (report.sender) report.info = {read_u64(p + 4), read_u32(p + 12), read_u32(p + 16), read_u32(p + 20)};
  report.block_count = packet.count;
  for (std::size_t i = 0; i < packet.count; ++i) report.blocks[i] = read_block(p + fixed + i * block_size);
  return report;
}

Result<Cname, RtcpError> parse_sdes(const RtcpPacket& packet) {
  if (packet.type != static_cast<std::uint8_t>(RtcpType::sdes)) return fail(RtcpError::wrong_type);
  std::size_t at = 0;
  const Bytes body = packet.body;
  for (int chunk = 0; chunk < packet.count; ++chunk) {
    if (body.size() - at < 4) return fail(RtcpError::bad_body);
    const std::uint32_t ssrc = read_u32(body.data() + at);
    at += 4;
    for (;;) {
      if (at >= body.size()) return fail(RtcpError::bad_body);
      if (body[at] == sdes_end) break;
      if (body.size() - at < 2 || body.size() - at - 2 < body[at + 1]) return fail(RtcpError::bad_body);
      if (body[at] == sdes_cname) return Cname{ssrc, text(body.subspan(at + 2, body[at + 1]))};
      at += std::size_t{2} + body[at + 1];
    }
    at = round_up(at + 1);
    if (at > body.size()) return fail(RtcpError::bad_body);
  }
  return fail(RtcpError::bad_body);
}

Result<Bye, RtcpError> parse_bye(const RtcpPacket& packet) {
  if (packet.type != static_cast<std::uint8_t>(RtcpType::bye)) return fail(RtcpError::wrong_type);
  const std::size_t fixed = std::size_t{4} * packet.count;
  if (packet.body.size() < fixed) return fail(RtcpError::bad_body);
  Bye bye;
  bye.count = packet.count;
  for (std::size_t i = 0; i < packet.count; ++i) bye.ssrcs[i] = read_u32(packet.body.data() + 4 * i);
  const Bytes rest = packet.body.subspan(fixed);
  if (!rest.empty()) {
    if (rest.size() - 1 < rest[0]) return fail(RtcpError::bad_body);
    bye.reason = text(rest.subspan(1, rest[0]));
  }
  return bye;
}

Result<ExtendedReport, RtcpError> parse_extended_report(const RtcpPacket& packet) {
  if (packet.type != static_cast<std::uint8_t>(RtcpType::xr)) return fail(RtcpError::wrong_type);
  if (packet.body.size() < 4) return fail(RtcpError::bad_body);
  ExtendedReport report;
  report.ssrc = read_u32(packet.body.data());
  for (Bytes rest = packet.body.subspan(4); !rest.empty();) {
    if (rest.size() < header_size || rest.size() < packet_size(rest)) return fail(RtcpError::bad_body);
    const std::size_t size = packet_size(rest);
    if (!read_xr_block(static_cast<XrBlock>(rest[0]), rest.subspan(header_size, size - header_size), report)) {
      return fail(RtcpError::bad_body);
    }
    rest = rest.subspan(size);
  }
  return report;
}

std::uint8_t* CompoundWriter::begin(RtcpType type, std::size_t count, std::size_t body_size) {
  const std::size_t size = header_size + body_size;
  if (failed_ || count > 31 || size_ + size > out_.size()) {
    failed_ = true;
    return nullptr;
  }
  std::uint8_t* const p = out_.data() + size_;
  p[0] = static_cast<std::uint8_t>(version << 6 | static_cast<int>(count));
  p[1] = static_cast<std::uint8_t>(type);
  write_u16(p + 2, static_cast<std::uint16_t>(body_size / 4));
  std::fill_n(p + header_size, body_size, std::uint8_t{0});
  size_ += size;
  return p + header_size;
}

void CompoundWriter::add_report(const Report& report) {
  const std::size_t fixed = 4 + (report.sender ? sender_info_size : 0);
  std::uint8_t* p = begin(report.sender ? RtcpType::sender_report : RtcpType::receiver_report, report.block_count,
                          fixed + report.block_count * block_size);
  if (p == nullptr) return;
  write_u32(p, report.ssrc);
  if (report.sender) {
    write_u64(p + 4, report.info.ntp);
    write_u32(p + 12, report.info.timestamp);
    write_u32(p + 16, report.info.packets);
    write_u32(p + 20, report.info.octets);
  }
  p += fixed;
  for (const ReportBlock& block : report.all()) {
    write_block(p, block);
    p += block_size;
  }
}

void CompoundWriter::add_cname(std::uint32_t ssrc, std::string_view cname) {
  if (cname.size() > text_max) {
    failed_ = true;
    return;
  }
  std::uint8_t* const p = begin(RtcpType::sdes, 1, round_up(4 + 2 + cname.size() + 1));
  if (p == nullptr) return;
  write_u32(p, ssrc);
  p[4] = sdes_cname;
  p[5] = static_cast<std::uint8_t>(cname.size());
  put_text(p + 6, cname);
}

void CompoundWriter::add_extended_report(const ExtendedReport& report) {
  const std::size_t time_size = report.reference_time != 0 ? header_size + reference_time_size : 0;
  const std::size_t dlrr_bytes = report.dlrr_count * dlrr_size;
  const std::size_t answers_size = dlrr_bytes != 0 ? header_size + dlrr_bytes : 0;
  const std::size_t voip_size = report.voip_count * (header_size + voip_metrics_size);
  std::uint8_t* p = begin(RtcpType::xr, 0, 4 + time_size + answers_size + voip_size);
  if (p == nullptr) return;
  write_u32(p, report.ssrc);
  p += 4;
  if (time_size != 0) {
    write_u64(begin_xr_block(p, XrBlock::reference_time, reference_time_size), report.reference_time);
    p += time_size;
  }
  if (answers_size != 0) {
    p = begin_xr_block(p, XrBlock::dlrr, dlrr_bytes);
    for (const Dlrr& answer : std::span(report.dlrr).first(report.dlrr_count)) {
      write_u32(p, answer.ssrc);
      write_u32(p + 4, answer.lrr);
      write_u32(p + 8, answer.dlrr);
      p += dlrr_size;
    }
  }
  for (const VoipMetrics& metrics : std::span(report.voip).first(report.voip_count)) {
    write_voip(begin_xr_block(p, XrBlock::voip_metrics, voip_metrics_size), metrics);
    p += header_size + voip_metrics_size;
  }
}

void CompoundWriter::add_bye(std::span<const std::uint32_t> ssrcs, std::string_view reason) {
  if (reason.size() > text_max) {
    failed_ = true;
    return;
  }
  const std::size_t reason_size = reason.empty() ? 0 : round_up(1 + reason.size());
  std::uint8_t* p = begin(RtcpType::bye, ssrcs.size(), 4 * ssrcs.size() + reason_size);
  if (p == nullptr) return;
  for (const std::uint32_t ssrc : ssrcs) {
    write_u32(p, ssrc);
    p += 4;
  }
  if (!reason.empty()) {
    *p = static_cast<std::uint8_t>(reason.size());
    put_text(p + 1, reason);
  }
}

std::uint64_t ntp_from_unix(std::chrono::nanoseconds since_1970) {
  constexpr std::uint64_t seconds_1900_to_1970 = 2208988800u;
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_1970);
  const auto part = static_cast<std::uint64_t>((since_1970 - whole).count());
  return (static_cast<std::uint64_t>(whole.count()) + seconds_1900_to_1970) << 32 | (part << 32) / 1000000000u;
}

std::int64_t ntp_span(Duration span) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(span);
  const auto part = static_cast<std::uint64_t>((span - whole).count());
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(whole.count()) << 32 | (part << 32) / 1000000000u);
}

}  // namespace junctor::rtp
