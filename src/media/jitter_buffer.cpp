#include "media/jitter_buffer.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "audio/time_stretch.hpp"
#include "base/check.hpp"
#include "rtp/reception.hpp"
#include "rtp/sequence.hpp"

namespace junctor::media {
namespace {

constexpr std::int64_t ns_per_second = Duration(seconds(1)).count();

double ms(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

}  // namespace

JitterBuffer::JitterBuffer(const Options& options)
    : options_(options), payloads_(options.packets_max * options.payload_max), slots_(options.packets_max) {
  JUNCTOR_CHECK(options.clock_rate != 0 && options.tick_units != 0);
  JUNCTOR_CHECK(options.packets_max >= 1 && options.packets_max <= packets_limit);
  discard();
}

// --------------------------------------------------------------------------------------------------- time and units

Duration JitterBuffer::span_of(std::int64_t units) const {
  // In two parts, as units * 10^9 would overflow after two days at 48 kHz.
  const std::int64_t rate = options_.clock_rate;
  return seconds(units / rate) + Duration(units % rate * ns_per_second / rate);
}

std::int64_t JitterBuffer::units_of(Duration span) const {
  return span.count() * options_.clock_rate / ns_per_second;
}

double JitterBuffer::ms_of(std::int64_t units) const {
  return static_cast<double>(units) * 1000 / options_.clock_rate;
}

// ------------------------------------------------------------------------------------------------------------ slots

void JitterBuffer::discard() {
  present_ = 0;
  free_ = ~std::uint64_t{0} >> (packets_limit - options_.packets_max);
}

void JitterBuffer::store(const rtp::Packet& packet, const Slot& slot) {
  const int index = std::countr_zero(free_);
  free_ &= free_ - 1;
  present_ |= bit(slot.sequence);
  slot_of_[place_of(slot.sequence)] = static_cast<std::uint8_t>(index);
  const auto at = static_cast<std::size_t>(index);
  slots_[at] = slot;
  std::ranges::copy(packet.payload, &payloads_[at * options_.payload_max]);
}

const JitterBuffer::Slot* JitterBuffer::oldest() const {
  if (present_ == 0) return nullptr;
  const int first = static_cast<int>(place_of(next_));
  const int ahead = std::countr_zero(std::rotr(present_, first));
  return &slots_[slot_of_[place_of(next_ + ahead)]];
}

/// The next packet to be played is `sequence`; those before that did not come are lost.
void JitterBuffer::pass_to(std::int64_t sequence) {
  const std::int64_t missing = sequence - next_;
  passed_ = missing >= static_cast<std::int64_t>(packets_limit) ? 0 : passed_ << missing;
  stats_.lost += static_cast<std::uint64_t>(missing);
  next_ = sequence;
}

JitterBuffer::Playout JitterBuffer::take(const Slot& slot) {
  pass_to(slot.sequence);
  const std::size_t index = static_cast<std::size_t>(&slot - slots_.data());
  free_ |= std::uint64_t{1} << index;
  present_ &= ~bit(slot.sequence);
  passed_ = passed_ << 1 | 1;
  ++next_;
  return {.kind = slot.content == Content::speech ? Kind::packet : Kind::comfort_noise,
          .payload_type = slot.payload_type,
          .units = slot.duration,
          .ssrc = ssrc_,
          .sequence = slot.sequence,
          .payload = {&payloads_[index * options_.payload_max], slot.size}};
}

void JitterBuffer::skip(const Slot& slot) {
  take(slot);
  ++stats_.overflows;
}

std::optional<JitterBuffer::Playout> JitterBuffer::release() {
  const Slot* const slot = oldest();
  if (slot == nullptr) return std::nullopt;
  return take(*slot);
}

// --------------------------------------------------------------------------------------------------------- arriving

void JitterBuffer::restart() {
  discard();
  streaming_ = false;
  delays_ = {};
  passed_ = 0;
  if (mode_ == Mode::spurt) mode_ = Mode::pause;
  invented_ = invented_standing_ = 0;
  least_excess_ = Duration::max();
}

void JitterBuffer::begin(const rtp::Packet& packet, TimePoint arrival) {
  streaming_ = true;
  ssrc_ = packet.ssrc;
  next_ = highest_ = packet.sequence;
  newest_timestamp_ = packet.timestamp;
  newest_ = position_ = end_ = 0;
  epoch_ = arrival;
}

/// To the present stream, as far as can be told from SSRC, sequence number and time.
bool JitterBuffer::belongs(const rtp::Packet& packet) const {
  if (!streaming_ || packet.ssrc != ssrc_) return false;
  const std::int64_t ahead = rtp::extend_sequence(highest_, packet.sequence) - highest_;
  return ahead <= rtp::Reception::dropout_max && ahead >= -rtp::Reception::misorder_max;
}

JitterBuffer::Put JitterBuffer::put(const rtp::Packet& packet, std::uint32_t duration, Content content,
                                    TimePoint arrival) {
  const bool speech = content == Content::speech;
  if (packet.payload.size() > options_.payload_max ||
      (speech && (duration == 0 || span_of(duration) > packet_duration_max))) {
    ++stats_.refused;
    return Put::refused;
  }
  const auto timestamp_of = [&] { return newest_ + rtp::timestamp_distance(packet.timestamp, newest_timestamp_); };
  const auto transit_of = [&] { return arrival - epoch_ - span_of(timestamp_of()); };
  const auto new_time_base = [&] {
    return !delays_.empty() && std::chrono::abs(transit_of() - delays_.last()) > transit_step_max;
  };
  if (!belongs(packet) || new_time_base()) {
    if (streaming_) ++stats_.restarts;
    restart();
    begin(packet, arrival);
  }
  const std::int64_t sequence = rtp::extend_sequence(highest_, packet.sequence);
  const Duration transit = transit_of();
  // Nothing was played yet: the first to come need not be the first.
  if (mode_ == Mode::unstarted && sequence < next_ && highest_ - sequence < std::int64_t{packets_limit}) {
    next_ = sequence;
  }
  if (sequence < next_) return put_behind(sequence, transit, arrival);
  if (sequence - next_ < std::int64_t{packets_limit} && (present_ & bit(sequence)) != 0) {
    ++stats_.duplicates;
    return Put::duplicate;
  }
  if (!make_room(sequence)) return Put::overflow;

  const Slot slot{.sequence = sequence,
                  .timestamp = timestamp_of(),
                  .duration = speech ? duration : 0,
                  .size = static_cast<std::uint32_t>(packet.payload.size()),
                  .payload_type = packet.payload_type,
                  .content = content};
  store(packet, slot);
  ++stats_.stored;
  delays_.add(transit);
  if (mode_ == Mode::spurt && invented_standing_ > 0) delays_.on_late(transit - delays_.base(), arrival);
  if (sequence >= highest_) {
    highest_ = sequence;
    newest_ = slot.timestamp;
    newest_timestamp_ = packet.timestamp;
    end_ = newest_ + slot.duration;
  }
  return Put::stored;
}

JitterBuffer::Put JitterBuffer::put_behind(std::int64_t sequence, Duration transit, TimePoint arrival) {
  const std::int64_t behind = next_ - 1 - sequence;
  const bool known = behind < std::int64_t{packets_limit};
  if (known && (passed_ >> behind & 1) != 0) {
    ++stats_.duplicates;
    return Put::duplicate;
  }
  if (known) passed_ |= std::uint64_t{1} << behind;
  if (stats_.lost > 0) --stats_.lost;
  ++stats_.late;
  delays_.add(transit);
  delays_.on_late(transit - delays_.base(), arrival);
  return Put::late;
}

/// False when the packet is older than all that fill the buffer.
bool JitterBuffer::make_room(std::int64_t sequence) {
  while (present_ != 0 && (full() || sequence - next_ >= std::int64_t{packets_limit})) {
    const Slot& slot = *oldest();
    if (slot.sequence > sequence) {
      ++stats_.overflows;
      return false;
    }
    skip(slot);
  }
  if (sequence - next_ >= std::int64_t{packets_limit}) pass_to(sequence);
  return true;
}

// ---------------------------------------------------------------------------------------------------------- playing

JitterBuffer::Playout JitterBuffer::next(TimePoint now, std::uint32_t need) {
  JUNCTOR_CHECK(need > 0);
  return mode_ == Mode::spurt ? in_spurt(now, need) : in_pause(now, need);
}

JitterBuffer::Playout JitterBuffer::in_pause(TimePoint now, std::uint32_t need) {
  const Kind kind = mode_ == Mode::unstarted ? Kind::nothing : Kind::pause;
  const Duration target = delays_.target(now);
  const Slot* first = oldest();
  if (first != nullptr && delay_of(first->timestamp, now) > delay_max) {
    const Duration enough = target + span_of(options_.tick_units);
    for (; first != nullptr && delay_of(first->timestamp, now) > enough; first = oldest()) skip(*first);
  }
  if (first == nullptr) return {.kind = kind, .units = need};
  if (first->content == Content::comfort_noise) {
    settle_invented(*first);
    mode_ = Mode::pause;
    return take(*first);
  }
  // A spurt begins when its first packet has waited for the target, and so long that later ones, which are needed ahead
  // of their time when packets do not end where ticks do, will be there too.
  const Duration ahead = span_of(options_.tick_units - std::gcd(first->duration, options_.tick_units));
  const std::int64_t wait = units_of(target + ahead - delay_of(first->timestamp, now));
  if (wait > 0) return {.kind = kind, .units = static_cast<std::uint32_t>(std::min(wait, std::int64_t{need}))};
  settle_invented(*first);
  mode_ = Mode::spurt;
  return play(*first, now, need);
}

JitterBuffer::Playout JitterBuffer::in_spurt(TimePoint now, std::uint32_t need) {
  const std::int64_t still = units_of(conceal_max) - invented_;
  const auto pause = [&] {
    mode_ = Mode::pause;
    return in_pause(now, need);
  };
  const Slot* first = oldest();
  if (first == nullptr) {
    if (still <= 0) return pause();
    return invent(std::min(still, std::int64_t{need}), false);
  }
  if (delay_of(first->timestamp, now) > delay_max) return pause();
  const std::int64_t missing = first->sequence - next_;
  if (missing == 0 && first->timestamp > position_) return pause();  // the sender was silent
  if (missing > 0) {
    // What was invented while nothing was there stood for what is now known to be missing.
    const std::int64_t gap = std::max(first->timestamp - position_, std::int64_t{0});
    position_ += std::min(invented_standing_, gap);
    settle_invented(*first);
  }
  const std::int64_t gap = first->timestamp - position_;
  if (missing > 0 && gap > 0) {
    if (still <= 0) return pause();
    if (options_.forward_correction && missing == 1 && gap <= last_duration_ && first->content == Content::speech) {
      pass_to(first->sequence);
      position_ += gap;
      restored_ += gap;
      Playout out{.kind = Kind::restore, .payload_type = first->payload_type, .ssrc = ssrc_};
      out.units = static_cast<std::uint32_t>(gap);
      out.sequence = first->sequence;
      out.payload = {&payloads_[static_cast<std::size_t>(first - slots_.data()) * options_.payload_max], first->size};
      return out;
    }
    return invent(std::min({still, gap, std::int64_t{need}}), true);
  }
  settle_invented(*first);
  if (first->content == Content::comfort_noise) {
    mode_ = Mode::pause;
    position_ = first->timestamp;
    invented_ = 0;
    return take(*first);
  }
  return play(*first, now, need);
}

JitterBuffer::Playout JitterBuffer::play(const Slot& slot, TimePoint now, std::uint32_t need) {
  position_ = slot.timestamp + slot.duration;
  last_duration_ = slot.duration;
  invented_ = 0;
  const Duration delay = delay_of(slot.timestamp, now);
  const std::int64_t left = std::max(std::int64_t{options_.tick_units} - need, std::int64_t{0});
  last_delay_ = delay + span_of(left);
  Playout out = take(slot);
  stretch(out, delay, left, now);
  return out;
}

/// `moves`: for a packet that was overtaken; else for want of any.
JitterBuffer::Playout JitterBuffer::invent(std::int64_t units, bool moves) {
  invented_ += units;
  if (moves) {
    position_ += units;
    concealed_ += units;
  } else {
    invented_standing_ += units;
  }
  return {.kind = Kind::conceal, .units = static_cast<std::uint32_t>(units)};
}

/// Now that `slot` came it is known whether what was invented before it stood for lost or late audio, or filled what
/// turns out to be a pause of the sender.
void JitterBuffer::settle_invented(const Slot& slot) {
  const bool pause = slot.sequence == next_ && slot.timestamp > position_;
  if (!pause) concealed_ += invented_standing_;
  invented_standing_ = 0;
}

/// `left`: decoded units that the caller still has.
void JitterBuffer::stretch(Playout& out, Duration delay, std::int64_t left, TimePoint now) {
  const Duration excess = delay - delays_.needed(now);
  if (excess < guard) {
    least_excess_ = Duration::max();
    ++stats_.lengthened;
    out.stretch = Stretch::lengthen;
    return;
  }
  if (least_excess_ == Duration::max()) shorten_window_ = now, least_left_ = left;
  least_excess_ = std::min(least_excess_, excess);
  least_left_ = std::min(least_left_, left);
  const std::int64_t period_min = units_of(microseconds(audio::period_min_us));
  if (now - shorten_window_ >= shorten_interval) {
    // As long as some are left over, taking them away makes no packet be needed a tick sooner.
    if (least_left_ >= period_min) out.shorten_most = static_cast<std::uint32_t>(least_left_);
    if (least_excess_ > span_of(options_.tick_units) + guard) out.shorten_most = out.units;
    least_excess_ = Duration::max();
  }
  if (excess > excess_max) out.shorten_most = out.units;
  if (out.shorten_most == 0) return;
  ++stats_.shortened;
  out.stretch = Stretch::shorten;
}

JitterBuffer::Stats JitterBuffer::stats(TimePoint now) const {
  Stats out = stats_;
  out.concealed_ms = ms_of(concealed_);
  out.restored_ms = ms_of(restored_);
  out.target_ms = ms(delays_.target(now));
  out.delay_ms = ms(last_delay_);
  out.level_ms = present_ == 0 ? 0 : ms_of(std::max(end_ - position_, std::int64_t{0}));
  return out;
}

}  // namespace junctor::media
