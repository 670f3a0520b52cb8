#include "media/delay_estimate.hpp"

#include <span>

namespace junctor::media {

void DelayEstimate::add(Duration transit) {
  transits_[next_] = transit;
  next_ = (next_ + 1) % window;
  base_ = count_ == 0 ? transit : std::min(base_, transit);
  count_ = std::min(count_ + 1, window);
  // At first every packet tells much.
  if (count_ < late_one_in || next_ % update_every == 0) update();
}

void DelayEstimate::update() {
  // The target is the largest transit when the `allowed` largest are left out; those are kept, in order, while looking.
  std::array<Duration, window / late_one_in + 1> largest;
  largest.fill(Duration::min());
  const std::size_t allowed = count_ / late_one_in;
  base_ = Duration::max();
  for (const Duration transit : std::span(transits_).first(count_)) {
    base_ = std::min(base_, transit);
    if (transit <= largest[allowed]) continue;
    std::size_t place = allowed;
    for (; place > 0 && largest[place - 1] < transit; --place) largest[place] = largest[place - 1];
    largest[place] = transit;
  }
  jitter_ = std::min(largest[allowed] - base_, target_max);
}

Duration DelayEstimate::raised(TimePoint now) const {
  const Duration forgotten = (now - raised_at_) / (seconds(1) / forgotten_per_second);
  return std::max(raised_ - forgotten, Duration::zero());
}

void DelayEstimate::on_late(Duration delay, TimePoint now) {
  const Duration present = needed(now);
  if (delay <= present) return;
  raised_ = std::min({delay, present + late_step_max, target_max});
  raised_at_ = now;
}

}  // namespace junctor::media
