#include "media/leg_health.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace junctor::media {
namespace {

struct Blame {
  Drop drop;
  Verdict verdict;
};
/// What is said of a leg of which nothing usable comes, by what else does.
constexpr std::array blames = {
    Blame{Drop::stranger, Verdict::other_address},   Blame{Drop::unknown_type, Verdict::wrong_payload_type},
    Blame{Drop::auth_failed, Verdict::srtp_failed},  Blame{Drop::malformed, Verdict::unusable},
    Blame{Drop::duplicate, Verdict::unusable},       Blame{Drop::late, Verdict::unusable},
    Blame{Drop::out_of_sequence, Verdict::unusable},
};

const double silence_power = std::pow(10.0, LegHealth::silence_dbm0 / 10.0);

}  // namespace

void LegHealth::set_due(bool due, bool anew, TimePoint now) {
  if (anew) {
    in_spurts_ = pausing_ = idle_ = reports_ = sounded_ = false;
    quiet_ = 0;
  }
  if (due && (!due_ || anew)) {
    due_since_ = now;
    fresh_ = true;
    deaf_ = refused_ = false;
    refused_at_ = refused_since_ = sending_since_ = {};
  }
  due_ = due;
}

void LegHealth::on_power(double power) {
  measured_ = true;
  if (power < silence_power) {
    ++quiet_;
    return;
  }
  sounded_ = true;
  ++active_;
  active_power_ += power;
}

std::optional<double> LegHealth::level_dbm0() const {
  if (active_ > 0) return 10.0 * std::log10(active_power_ / active_);
  if (measured_) return silence_dbm0;
  return std::nullopt;
}

void LegHealth::on_rtcp(const RtcpNews& news, std::uint64_t come, TimePoint now) {
  rtcp_at_ = now;
  const bool paused = now - good_at_ >= idle_after;
  if (news.sender_packets) {
    const auto sent = static_cast<std::int32_t>(*news.sender_packets - sender_packets_);
    const auto arrived = static_cast<std::int64_t>(come - come_);
    if (reports_ && paused && sent >= 0 && sent <= arrived + packets_on_the_way) idle_ = true;
    reports_ = true;
    sender_packets_ = *news.sender_packets;
    come_ = come;
  } else if (news.report && reports_ && paused) {
    idle_ = true;  // it sends no sender reports any more (RFC 3550 §6.4)
  }
  if (!news.report) return;
  const bool streamed = sending_since_ != TimePoint{} && now - sending_since_ >= heard_within;
  if (news.hears_us) {
    deaf_ = false;
  } else if (due_ && streamed && now - due_since_ >= heard_within) {
    deaf_ = true;
  }
}

void LegHealth::on_unreachable(TimePoint now) {
  if (!due_) return;
  if (refused_at_ == TimePoint{} || now - refused_at_ > refused_gap) refused_since_ = now;
  refused_at_ = now;
}

bool LegHealth::pause_excused(TimePoint now) const {
  const bool announced = pausing_ || in_spurts_ || idle_;
  const bool gone = rtcp_at_ != TimePoint{} && now - rtcp_at_ > rtcp_silence_max;
  return announced && !gone;
}

void LegHealth::note_sending(std::uint64_t sent) {
  if (sent < stream_min) {
    sending_since_ = {};
  } else if (sending_since_ == TimePoint{}) {
    sending_since_ = std::max(checked_at_, due_since_);
  }
}

void LegHealth::note_refusals(bool receives, std::uint64_t sent, TimePoint now) {
  const bool set = refused_at_ != TimePoint{};
  const bool recent = set && now - refused_at_ <= refused_gap;
  if (recent && refused_at_ - refused_since_ >= refused_min) {
    refused_ = true;
  } else if (!recent && (receives || sent >= stream_min)) {
    refused_ = false;
  }
}

bool LegHealth::check(const Counted& counted, TimePoint now) {
  const std::uint64_t received = counted.received - received_before_;
  const std::uint64_t sent = counted.sent - sent_before_;
  const std::uint32_t failed = counted.drops[static_cast<std::size_t>(Drop::send_failed)];
  if (failed != send_failed_before_ && sent == 0) on_unreachable(now);
  note_sending(sent);
  note_refusals(received > 0, sent, now);
  if (received > 0 || fresh_) drops_before_ = counted.drops;
  fresh_ = false;
  const Verdict verdict = judge(counted, received >= stream_min, now);
  received_before_ = counted.received;
  sent_before_ = counted.sent;
  send_failed_before_ = failed;
  checked_at_ = now;
  if (verdict == verdict_) return false;
  const Verdict before = std::exchange(verdict_, verdict);
  if (before != Verdict::good && before != Verdict::silence) past_ = before;
  return true;
}

Verdict LegHealth::judge(const Counted& counted, bool streaming, TimePoint now) const {
  if (!due_ || now - due_since_ < patience) return Verdict::good;
  if (refused_) return Verdict::unreachable;
  const bool excused = pause_excused(now);
  if (now - std::max(good_at_, due_since_) >= patience) {
    const Verdict verdict = blame(counted);
    if (verdict != Verdict::no_packets || !excused) return verdict;
  }
  // While it cannot be told yet whether anything comes at all, that goes before.
  const bool flows = streaming || excused || verdict_ == Verdict::one_way;
  if (deaf_ && flows) return Verdict::one_way;
  const bool silent = !sounded_ && quiet_ >= quiet_min && (streaming || verdict_ == Verdict::silence);
  return silent ? Verdict::silence : Verdict::good;
}

/// The kind of which most came since the last usable packet.
Verdict LegHealth::blame(const Counted& counted) const {
  std::array<std::uint32_t, verdicts> sums{};
  for (const auto& [drop, verdict] : blames) {
    const auto at = static_cast<std::size_t>(drop);
    sums[static_cast<std::size_t>(verdict)] += counted.drops[at] - drops_before_[at];
  }
  const auto most = std::ranges::max_element(sums);
  return *most >= blamed_min ? static_cast<Verdict>(most - sums.begin()) : Verdict::no_packets;
}

}  // namespace junctor::media
