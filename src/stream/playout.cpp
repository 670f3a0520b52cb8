#include "stream/playout.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "audio/time_stretch.hpp"
#include "base/check.hpp"

namespace junctor::stream {
namespace {

constexpr std::uint32_t ms_per_second = 1000;
/// What is moved into the ring at a time.
constexpr Duration piece = milliseconds(20);
/// As much sound as time, within a tenth.
constexpr double live_low = 0.9, live_high = 1.1;
/// Of so many pieces one is shortened by a period; each of them when there is a lot to catch up on.
constexpr unsigned shorten_one_in = 3;
constexpr Duration hurry_above = seconds(1);
/// Mean square of a piece that may be left out: about 50 dB below full scale.
constexpr double quiet_mean_square = 10'000;
/// More than the resampler keeps back.
constexpr Duration resampler_tail = milliseconds(4);
constexpr Duration look_at_marks = milliseconds(20), look_at_ring = milliseconds(40);

bool is_quiet(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const double sample : samples) sum += sample * sample;
  return sum < quiet_mean_square * static_cast<double>(samples.size());
}

}  // namespace

Playout::Playout(std::uint32_t rate, const PlayoutSettings& settings) : rate_(rate), settings_(settings) {}

void Playout::attach(std::shared_ptr<media::FeedRing> ring, TimePoint now) {
  next_ring_ = std::move(ring);
  leaving_since_ = now;
}

std::size_t Playout::ring_level() const {
  return ring_ == nullptr ? 0 : ring_->written() - ring_->position().passed;
}

std::size_t Playout::waiting() const {
  return unfed() + (ring_ == nullptr ? 0 : ring_level() * rate_ / ring_->rate());
}

Duration Playout::level() const {
  return Duration(seconds(1)) * static_cast<std::int64_t>(waiting()) / rate_;
}

// ------------------------------------------------------------------------------------------------------ the program

void Playout::hear(std::span<const std::int16_t> heard, TimePoint now) {
  settle();
  if (window_begin_ == TimePoint()) window_begin_ = now;
  window_low_ = std::min(window_low_, waiting());
  window_heard_ += heard.size();
  last_heard_ = now;
  const std::size_t room =
      samples(settings_.ahead_max, rate_) - std::min(kept_.size(), samples(settings_.ahead_max, rate_));
  const auto taken = heard.first(std::min(heard.size(), room));
  overflowed_ += heard.size() - taken.size();
  if (taken.empty()) return;
  if (!playing_ && unfed() == 0) waiting_since_ = now;
  kept_.insert(kept_.end(), taken.begin(), taken.end());
  received_ += taken.size();
}

bool Playout::mark(std::string name) {
  if (marks_.size() == marks_max) return false;
  marks_.push_back({received_, std::move(name)});
  return true;
}

void Playout::clear() {
  settle();
  if (!clearing_) {
    const std::uint64_t written = ring_ ? ring_->written() : 0, before = ring_ ? ring_->position().discarded : 0;
    clearing_ = Clearing{written, before, received_, marks_.size()};
    if (ring_) ring_->clear();
  }
  clearing_->to = fed_ = received_;
  clearing_->marks = marks_.size();
  settle();
}

void Playout::pause(bool paused) {
  paused_ = paused;
  if (ring_) ring_->pause(paused);
}

std::optional<TimePoint> Playout::work(TimePoint now, std::vector<Receipt>& receipts) {
  settle();
  if (next_ring_) change_ring(now);
  judge(now);
  feed(now);
  if (overflow_told_ != overflowed_ && kept_.size() < samples(settings_.ahead_max, rate_)) {
    receipts_.emplace_back(std::in_place_type<Overflowed>, ms(overflowed_ - overflow_told_));
    overflow_told_ = overflowed_;
  }
  std::ranges::move(receipts_, std::back_inserter(receipts));
  receipts_.clear();
  return next_wake(now);
}

std::optional<TimePoint> Playout::next_wake(TimePoint now) const {
  std::optional<TimePoint> out;
  const auto at = [&out](TimePoint time) { out = out ? std::min(*out, time) : time; };
  if (next_ring_ || clearing_ || !marks_.empty() || overflow_told_ != overflowed_) at(now + look_at_marks);
  if (ring_ && unfed() > 0) at(playing_ ? now + look_at_ring : std::max(now, waiting_since_ + settings_.jitter));
  if (resampler_ && tail_due_) at(std::max(now, last_heard_ + settings_.jitter));
  return out;
}

// ---------------------------------------------------------------------------------------------------------- accounts

/// Looks at what was played.
void Playout::settle() {
  if (clearing_) return settle_clear(false);
  if (ring_) pass(ring_->position().passed);
  tell_marks(marks_.size());
  if (unfed() == 0 && ring_level() == 0) playing_ = false;
}

/// `final`: the ring will not be looked at again.
void Playout::settle_clear(bool final) {
  Place stood = heard_;
  if (ring_) {
    const auto position = ring_->position();
    if (position.clearing && !ring_->ended() && !final) return;
    // Where the worker stood when it threw the rest away.
    const std::uint64_t thrown = position.discarded - clearing_->ring_before;
    pass(position.clearing ? position.passed : clearing_->ring_to - thrown);
    stood = heard_;
  }
  tell_marks(clearing_->marks);
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(clearing_->marks));
  const Place to = clearing_->to;
  discarded_ += to - stood;
  receipts_.emplace_back(std::in_place_type<Cleared>, ms(to - discarded_), ms(to - stood));
  stretches_.clear();
  forget_until(to);
  clearing_.reset();
  playing_ = false;
  if (unfed() > 0) waiting_since_ = last_heard_;
}

/// The ring was played so far.
void Playout::pass(std::uint64_t ring_position) {
  Place place = heard_;
  while (!stretches_.empty() && stretches_.front().ring_to <= ring_position) {
    place = stretches_.front().to;
    stretches_.pop_front();
  }
  if (!stretches_.empty() && stretches_.front().ring_from < ring_position) {
    const Stretch& part = stretches_.front();
    place = part.from + (part.to - part.from) * (ring_position - part.ring_from) / (part.ring_to - part.ring_from);
  }
  forget_until(place);
}

void Playout::forget_until(Place place) {
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(place - heard_));
  heard_ = place;
}

/// Those of the first so many that were played.
void Playout::tell_marks(std::size_t first) {
  std::size_t told = 0;
  while (told < first && marks_.front().place <= heard_) {
    receipts_.emplace_back(std::in_place_type<MarkPlayed>, std::move(marks_.front().name),
                           ms(marks_.front().place - discarded_));
    marks_.pop_front();
    ++told;
  }
  if (clearing_) clearing_->marks -= told;
}

void Playout::change_ring(TimePoint now) {
  if (ring_ && !ring_->ended() && now - leaving_since_ < leave_max) return;
  clearing_ ? settle_clear(true) : settle();
  ring_ = std::exchange(next_ring_, nullptr);
  ring_->pause(paused_);
  fed_ = heard_;
  stretches_.clear();
  tail_due_ = false;
  resampler_.reset();
  if (ring_->rate() != rate_)
    resampler_ = std::make_unique<audio::Resampler>(static_cast<int>(rate_), static_cast<int>(ring_->rate()));
}

// ------------------------------------------------------------------------------------------------------------- delay

void Playout::judge(TimePoint now) {
  if (window_begin_ == TimePoint() || now - window_begin_ < window) return;
  const double share = static_cast<double>(window_heard_) / static_cast<double>(samples(now - window_begin_, rate_));
  const bool live = share > live_low && share < live_high;
  const std::size_t enough = samples(settings_.delay, rate_);
  excess_ = live && !paused_ && window_low_ > enough ? window_low_ - enough : 0;
  window_begin_ = now;
  window_heard_ = 0;
  window_low_ = std::numeric_limits<std::size_t>::max();
}

bool Playout::may_begin(TimePoint now) {
  if (playing_) return true;
  if (unfed() == 0) return false;
  // The last frame of that much sound may itself have come in time: the next one may be late by `jitter`.
  playing_ = unfed() >= samples(settings_.jitter + piece, rate_) || now - waiting_since_ >= settings_.jitter;
  return playing_;
}

void Playout::feed(TimePoint now) {
  if (!ring_ || next_ring_ || clearing_) return;
  const std::size_t whole = resampler_ ? rate_ / ms_per_second : 1;
  const std::size_t ahead = samples(ring_ahead, ring_->rate()), most = samples(piece, ring_->rate());
  while (may_begin(now) && ring_level() + most <= ahead) {
    const std::size_t count = std::min(unfed(), samples(piece, rate_)) / whole * whole;
    if (count == 0) break;
    feed_some(count, 0);
  }
  if (!resampler_ || !tail_due_ || unfed() >= whole || now - last_heard_ < settings_.jitter) return;
  // Nothing comes that would push out what the resampler still holds.
  feed_some(unfed(), samples(resampler_tail, rate_) + (unfed() == 0 ? 0 : whole - unfed()));
  tail_due_ = false;
}

/// Moves so many samples into the ring, and silence after them.
void Playout::feed_some(std::size_t count, std::size_t silence) {
  const auto from = kept_.begin() + static_cast<std::ptrdiff_t>(fed_ - heard_);
  samples_.assign(from, from + static_cast<std::ptrdiff_t>(count));
  samples_.resize(count + silence);
  std::span<const std::int16_t> out = samples_;
  if (resampler_) {
    resampled_.resize(resampler_->samples_out(samples_.size()));
    resampler_->process(samples_, resampled_);
    out = resampled_;
    tail_due_ = true;
  }
  if (excess_ > 0) out = catch_up(out);
  Stretch stretch{.from = fed_, .to = fed_ + count, .ring_from = ring_->written()};
  ring_->write(out);
  stretch.ring_to = ring_->written();
  stretches_.push_back(stretch);
  fed_ += count;
}

std::span<const std::int16_t> Playout::catch_up(std::span<const std::int16_t> in) {
  const std::uint32_t rate = ring_->rate();
  std::span<const std::int16_t> out = in;
  const std::size_t most = excess_ * rate / rate_;
  if (in.size() <= most && is_quiet(in)) {
    out = in.first(0);
  } else if (in.size() >= samples(milliseconds(10), rate) &&
             (excess_ > samples(hurry_above, rate_) || ++fed_in_a_row_ % shorten_one_in == 0)) {
    shortened_samples_.resize(in.size());
    out = std::span(shortened_samples_).first(audio::shorten_by_period(in, rate, most, shortened_samples_));
  }
  const std::size_t gone = (in.size() - out.size()) * rate_ / rate;
  excess_ -= std::min(excess_, gone);
  shortened_ += gone;
  return out;
}

}  // namespace junctor::stream
