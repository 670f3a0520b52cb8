#include "media/out_stream.hpp"

#include <algorithm>

#include "base/saved_state.hpp"
#include "rtp/sequence.hpp"

namespace junctor::media {
namespace {

constexpr std::uint8_t saved_layout = 2;
/// Timestamps further apart than this tell a pause of the source, not how long its packets last.
constexpr Duration frame_max = milliseconds(120);

}  // namespace

std::uint32_t timestamp_units(Duration span, std::uint32_t clock_rate) {
  constexpr std::int64_t ns_per_s = 1000000000;
  const std::int64_t rate = clock_rate;
  const std::int64_t ns = span.count();
  return static_cast<std::uint32_t>(ns / ns_per_s * rate + ns % ns_per_s * rate / ns_per_s);
}

OutStream::OutStream(Random& random)
    : rewrite_{.ssrc = static_cast<std::uint32_t>(random.next())},
      highest_(static_cast<std::uint16_t>((random.next() & 0x7fff) - 1)),
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
  const bool begins = rebase_ || !relaying_ || clock_rate != clock_rate_;
  if (begins) {
    source_first_ = extended_sequence;
    rewrite_.sequence_offset = static_cast<std::uint16_t>(highest_ + 1 - sequence);
    rewrite_.timestamp_offset = resumed_timestamp(clock_rate, now) - timestamp;
    rebase_ = false;
    relaying_ = true;
    marker = true;
    frame_ = timestamp_units(frame_assumed, clock_rate);
  } else if (extended_sequence < source_first_) {
    return std::nullopt;
  }
  const OutHeader header = rewrite_.apply(sequence, timestamp, marker);
  const std::uint32_t step = header.timestamp - newest_timestamp_;
  const bool next = header.sequence == static_cast<std::uint16_t>(highest_ + 1);
  if (!begins && next && step != 0 && step <= timestamp_units(frame_max, clock_rate)) frame_ = step;
  note(header, clock_rate, now);
  return header;
}

std::uint32_t OutStream::next_timestamp(std::uint32_t clock_rate, TimePoint now) const {
  const bool resumed = rebase_ || relaying_ || clock_rate != clock_rate_;
  return resumed ? resumed_timestamp(clock_rate, now) : newest_timestamp_ + frame_;
}

OutHeader OutStream::generate(std::uint32_t duration, std::uint32_t clock_rate, TimePoint now) {
  const OutHeader header{.marker = rebase_ || relaying_ || clock_rate != clock_rate_,
                         .sequence = static_cast<std::uint16_t>(highest_ + 1),
                         .timestamp = next_timestamp(clock_rate, now),
                         .ssrc = ssrc()};
  rebase_ = false;
  relaying_ = false;
  frame_ = duration;
  note(header, clock_rate, now);
  return header;
}

OutHeader OutStream::event(std::uint32_t timestamp, bool marker, std::uint32_t clock_rate, TimePoint now) {
  const OutHeader header{
      .marker = marker, .sequence = static_cast<std::uint16_t>(highest_ + 1), .timestamp = timestamp, .ssrc = ssrc()};
  begin_source();
  note(header, clock_rate, now);
  return header;
}

std::optional<TimePoint> OutStream::newest_time() const {
  if (!started_) return std::nullopt;
  return newest_time_;
}

std::uint32_t OutStream::timestamp_at(TimePoint now) const {
  return started_ ? newest_timestamp_ + timestamp_units(now - newest_time_, clock_rate_) : newest_timestamp_;
}

std::optional<Rewrite> OutStream::rewrite() const {
  if (rebase_ || !relaying_) return std::nullopt;
  return rewrite_;
}

std::string OutStream::save(TimePoint now) const {
  return save_value(saved_layout, *this, now);
}

std::optional<OutStream> OutStream::load(std::string_view saved, TimePoint now) {
  OutStream stream;
  if (!load_value(saved_layout, saved, stream, now)) return std::nullopt;
  return stream;
}

}  // namespace junctor::media
