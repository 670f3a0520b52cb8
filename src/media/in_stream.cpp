#include "media/in_stream.hpp"

#include <algorithm>

#include "rtp/sequence.hpp"

namespace junctor::media {

void InStream::begin(std::uint32_t ssrc, std::uint16_t sequence) {
  earlier_ = {packets(), lost(), duplicates(), out_of_order()};
  present_ = rtp::Reception(sequence);
  next_ssrc_.reset();
  reported_ = 0;
  ssrc_ = ssrc;
  started_ = true;
  paused_ = false;
}

Result<InStream::Accepted, Drop> InStream::on_packet(std::uint32_t ssrc, std::uint16_t sequence) {
  bool new_source = !started_ || paused_;
  if (new_source) {
    begin(ssrc, sequence);
  } else if (ssrc == ssrc_) {
    next_ssrc_.reset();
  } else {
    if (!next_ssrc_.on_packet(ssrc, sequence, packets_to_change_ssrc)) return fail(Drop::out_of_sequence);
    begin(ssrc, sequence);
    new_source = true;
  }
  switch (present_.on_packet(sequence)) {
    case rtp::Reception::Verdict::accepted:
      break;
    case rtp::Reception::Verdict::restarted:
      new_source = true;
      break;
    case rtp::Reception::Verdict::duplicate:
      return fail(Drop::duplicate);
    case rtp::Reception::Verdict::late:
      return fail(Drop::late);
    case rtp::Reception::Verdict::jumped:
      return fail(Drop::out_of_sequence);
  }
  return Accepted{rtp::extend_sequence(present_.extended_highest(), sequence), new_source};
}

void InStream::on_timing(std::uint32_t timestamp, std::uint32_t clock_rate, TimePoint arrival) {
  present_.on_timing(timestamp, clock_rate, arrival);
  jitter_ms_max_ = std::max(jitter_ms_max_, present_.jitter_ms());
}

std::optional<rtp::ReportBlock> InStream::report_block() {
  if (!started_ || present_.unique() == reported_) return std::nullopt;
  reported_ = present_.unique();
  const rtp::Reception::Loss loss = present_.report_loss();
  return rtp::ReportBlock{.ssrc = ssrc_,
                          .fraction_lost = loss.fraction,
                          .cumulative_lost = loss.cumulative,
                          .highest_sequence = present_.highest_sequence(),
                          .jitter = present_.jitter_units()};
}

}  // namespace junctor::media
