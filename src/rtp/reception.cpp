#include "rtp/reception.hpp"

#include <algorithm>
#include <cmath>

#include "rtp/sequence.hpp"

namespace junctor::rtp {
namespace {

constexpr std::int64_t cumulative_lost_max = 0x7fffff;
constexpr std::int64_t cumulative_lost_min = -0x800000;
constexpr double ns_per_ms = 1e6;
constexpr double ns_per_s = 1e9;
constexpr double jitter_gain = 1.0 / 16.0;

/// How long timestamps take to come round.
std::int64_t turn_ns(std::uint32_t clock_rate) {
  return static_cast<std::int64_t>(4294967296.0 * (ns_per_s / clock_rate));
}

}  // namespace

Reception::Reception(std::uint16_t first_sequence) {
  restart(first_sequence);
}

void Reception::restart(std::uint16_t sequence) {
  expected_before_ = expected();
  base_ = sequence;
  highest_ = std::int64_t{sequence} - 1;
  seen_ = 0;
  expected_next_after_jump_ = -1;
  clock_rate_ = 0;
}

Reception::Verdict Reception::on_packet(std::uint16_t sequence) {
  Verdict verdict = Verdict::accepted;
  std::int64_t extended = extend_sequence(highest_, sequence);
  std::int64_t ahead = extended - highest_;
  if (ahead >= dropout_max || ahead <= -misorder_max) {
    if (expected_next_after_jump_ != sequence) {
      expected_next_after_jump_ = static_cast<std::uint16_t>(sequence + 1);
      return Verdict::jumped;
    }
    restart(sequence);
    verdict = Verdict::restarted;
    extended = sequence;
    ahead = 1;
  }
  expected_next_after_jump_ = -1;
  if (ahead <= 0) {
    if (-ahead >= duplicate_window || extended < base_) return Verdict::late;
    const std::uint64_t bit = std::uint64_t{1} << -ahead;
    if ((seen_ & bit) != 0) {
      ++duplicates_;
      return Verdict::duplicate;
    }
    seen_ |= bit;
    ++out_of_order_;
  } else {
    seen_ = ahead < duplicate_window ? seen_ << ahead | 1 : 1;
    highest_ = extended;
  }
  ++unique_;
  return verdict;
}

void Reception::on_timing(std::uint32_t timestamp, std::uint32_t clock_rate, TimePoint arrival) {
  // Transit time is kept in ns modulo one turn of the timestamp, so that a wrap does not show.
  const double ns_per_unit = ns_per_s / clock_rate;
  const std::int64_t turn = turn_ns(clock_rate);
  const auto sent_ns = static_cast<std::int64_t>(timestamp * ns_per_unit);
  const std::int64_t transit = arrival.time_since_epoch().count() % turn - sent_ns;
  if (clock_rate == clock_rate_) {
    std::int64_t step = (transit - transit_ns_) % turn;
    if (step > turn / 2) step -= turn;
    if (step < -turn / 2) step += turn;
    const auto d = static_cast<double>(std::abs(step));
    if (d <= static_cast<double>(jitter_step_max.count())) jitter_ns_ += (d - jitter_ns_) * jitter_gain;
  }
  clock_rate_ = clock_rate;
  transit_ns_ = transit;
}

std::int64_t Reception::within_turn(std::int64_t ns, std::uint32_t clock_rate) {
  if (clock_rate == 0) return 0;
  const std::int64_t turn = turn_ns(clock_rate);
  return (ns % turn + turn) % turn;
}

std::uint64_t Reception::expected() const {
  return expected_before_ + static_cast<std::uint64_t>(highest_ - base_ + 1);
}

std::uint64_t Reception::lost() const {
  return expected() - std::min(expected(), unique_);
}

double Reception::jitter_ms() const {
  return jitter_ns_ / ns_per_ms;
}

std::uint32_t Reception::jitter_units() const {
  return static_cast<std::uint32_t>(jitter_ns_ * clock_rate_ / ns_per_s);
}

Reception::Loss Reception::report_loss() {
  const std::uint64_t received = unique_ + duplicates_;
  const auto expected_interval = static_cast<std::int64_t>(expected() - expected_prior_);
  const std::int64_t lost_interval = expected_interval - static_cast<std::int64_t>(received - received_prior_);
  expected_prior_ = expected();
  received_prior_ = received;
  Loss loss;
  if (expected_interval > 0 && lost_interval > 0) {
    loss.fraction = static_cast<std::uint8_t>(std::min<std::int64_t>((lost_interval << 8) / expected_interval, 255));
  }
  loss.cumulative = static_cast<std::int32_t>(
      std::clamp(static_cast<std::int64_t>(expected() - received), cumulative_lost_min, cumulative_lost_max));
  return loss;
}

bool Probation::on_packet(std::uint32_t ssrc, std::uint16_t sequence, int needed) {
  count_ = count_ > 0 && ssrc == ssrc_ && sequence == next_ ? count_ + 1 : 1;
  ssrc_ = ssrc;
  next_ = static_cast<std::uint16_t>(sequence + 1);
  return count_ >= needed;
}

}  // namespace junctor::rtp
