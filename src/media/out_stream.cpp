#include "media/out_stream.hpp"

#include <algorithm>

#include "rtp/bytes.hpp"
#include "rtp/sequence.hpp"

namespace junctor::media {

std::uint32_t timestamp_units(Duration span, std::uint32_t clock_rate) {
  constexpr std::int64_t ns_per_s = 1000000000;
  const std::int64_t rate = clock_rate;
  const std::int64_t ns = span.count();
  return static_cast<std::uint32_t>(ns / ns_per_s * rate + ns % ns_per_s * rate / ns_per_s);
}

OutStream::OutStream(Random& random)
    : ssrc_(static_cast<std::uint32_t>(random.next())),
      highest_(static_cast<std::uint16_t>(random.next())),
      newest_timestamp_(static_cast<std::uint32_t>(random.next())) {}

std::uint32_t OutStream::resumed_timestamp(std::uint32_t clock_rate, TimePoint now) const {
  if (!started_) return newest_timestamp_;
  return newest_timestamp_ + timestamp_units(std::max(now - newest_time_, frame_assumed), clock_rate);
}

void OutStream::note(const OutHeader& sent, std::uint32_t clock_rate, TimePoint now) {
  if (!started_ || rtp::sequence_after(sent.sequence, highest_)) highest_ = sent.sequence;
  if (!started_ || rtp::timestamp_after(sent.timestamp, newest_timestamp_)) {
    newest_timestamp_ = sent.timestamp;
    newest_time_ = now;
  }
  started_ = true;
  clock_rate_ = clock_rate;
}

std::optional<OutHeader> OutStream::relay(std::int64_t extended_sequence, std::uint32_t timestamp, bool marker,
                                          std::uint32_t clock_rate, TimePoint now) {
  const auto sequence = static_cast<std::uint16_t>(extended_sequence);
  if (rebase_ || !relaying_ || clock_rate != clock_rate_) {
    source_first_ = extended_sequence;
    sequence_offset_ = static_cast<std::uint16_t>(highest_ + 1 - sequence);
    timestamp_offset_ = resumed_timestamp(clock_rate, now) - timestamp;
    rebase_ = false;
    relaying_ = true;
    marker = true;
  } else if (extended_sequence < source_first_) {
    return std::nullopt;
  }
  const OutHeader header{.marker = marker,
                         .sequence = static_cast<std::uint16_t>(sequence + sequence_offset_),
                         .timestamp = timestamp + timestamp_offset_,
                         .ssrc = ssrc_};
  note(header, clock_rate, now);
  return header;
}

OutHeader OutStream::generate(std::uint32_t duration, std::uint32_t clock_rate, TimePoint now) {
  const bool resumed = rebase_ || relaying_ || clock_rate != clock_rate_;
  const OutHeader header{.marker = resumed,
                         .sequence = static_cast<std::uint16_t>(highest_ + 1),
                         .timestamp = resumed ? resumed_timestamp(clock_rate, now) : newest_timestamp_ + duration,
                         .ssrc = ssrc_};
  rebase_ = false;
  relaying_ = false;
  note(header, clock_rate, now);
  return header;
}

std::uint32_t OutStream::timestamp_at(TimePoint now) const {
  return started_ ? newest_timestamp_ + timestamp_units(now - newest_time_, clock_rate_) : newest_timestamp_;
}

std::optional<std::uint32_t> OutStream::timestamp_offset() const {
  if (rebase_ || !relaying_) return std::nullopt;
  return timestamp_offset_;
}

namespace {

constexpr std::uint8_t layout = 1;
constexpr std::uint8_t flag_started = 1;
constexpr std::uint8_t flag_rebase = 2;
constexpr std::uint8_t flag_relaying = 4;

}  // namespace

std::array<std::uint8_t, OutStream::saved_size> OutStream::save(TimePoint now) const {
  std::array<std::uint8_t, saved_size> out{};
  std::uint8_t* const p = out.data();
  p[0] = layout;
  p[1] = static_cast<std::uint8_t>((started_ ? flag_started : 0) | (rebase_ ? flag_rebase : 0) |
                                   (relaying_ ? flag_relaying : 0));
  rtp::write_u32(p + 2, ssrc_);
  rtp::write_u16(p + 6, highest_);
  rtp::write_u32(p + 8, clock_rate_);
  rtp::write_u32(p + 12, newest_timestamp_);
  rtp::write_u64(p + 16, static_cast<std::uint64_t>((now - newest_time_).count()));
  rtp::write_u64(p + 24, static_cast<std::uint64_t>(source_first_));
  rtp::write_u16(p + 32, sequence_offset_);
  rtp::write_u32(p + 34, timestamp_offset_);
  return out;
}

std::optional<OutStream> OutStream::load(std::span<const std::uint8_t> saved, TimePoint now) {
  if (saved.size() != saved_size || saved[0] != layout) return std::nullopt;
  const std::uint8_t* const p = saved.data();
  OutStream s;
  s.started_ = (p[1] & flag_started) != 0;
  s.rebase_ = (p[1] & flag_rebase) != 0;
  s.relaying_ = (p[1] & flag_relaying) != 0;
  s.ssrc_ = rtp::read_u32(p + 2);
  s.highest_ = rtp::read_u16(p + 6);
  s.clock_rate_ = rtp::read_u32(p + 8);
  s.newest_timestamp_ = rtp::read_u32(p + 12);
  s.newest_time_ = now - Duration(static_cast<std::int64_t>(rtp::read_u64(p + 16)));
  s.source_first_ = static_cast<std::int64_t>(rtp::read_u64(p + 24));
  s.sequence_offset_ = rtp::read_u16(p + 32);
  s.timestamp_offset_ = rtp::read_u32(p + 34);
  if (s.clock_rate_ == 0) return std::nullopt;
  return s;
}

}  // namespace junctor::media
