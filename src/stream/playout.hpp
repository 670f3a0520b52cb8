#pragma once
// What the program says, on its way into the mixer: kept until it is its turn, moved into the worker's ring a little
// ahead, and accounted for to the sample.
//
//   hear() ─▶ kept samples, at the program's rate ─▶ resampled ─▶ FeedRing ─▶ worker
//                                   marks, receipts ◀─ what of it was played ◀─┘
//
// Delay. What begins after a pause waits for `jitter`, or until there is more than that: frames that are late by less
// are not missed. What is missing is silence, and what comes after it comes later by as much. A program that speaks as
// it goes (as much sound as time, for a whole `window`) and is ahead by more than `delay` all that time is shortened,
// by pauses and by pitch periods, until it is not; so a burst after a stall drains. A program that gives sound faster
// than it is played is ahead on purpose, by `ahead_max` at most, and is played as it is.
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "audio/resampler.hpp"
#include "base/time.hpp"
#include "media/feed_ring.hpp"

namespace junctor::stream {

struct PlayoutSettings {
  Duration jitter = milliseconds(60);
  Duration delay = milliseconds(200);
  Duration ahead_max = seconds(30);
};

// What is told; times are of the program's sound that was heard, since the stream's start.

struct MarkPlayed {
  std::string name;
  double position_ms = 0;
};
struct Cleared {
  double heard_ms = 0;
  double discarded_ms = 0;
};
/// There was no room for some sound, which is left out.
struct Overflowed {
  double discarded_ms = 0;
};
using Receipt = std::variant<MarkPlayed, Cleared, Overflowed>;

class Playout {
 public:
  static constexpr std::size_t marks_max = 1024;  ///< that wait to be played
  static constexpr Duration window = seconds(2);  ///< over which it is judged whether a program speaks as it goes
  static constexpr Duration ring_ahead = milliseconds(200);  ///< of sound in the worker's ring
  /// A mixer that does not let go of its ring will not play it either.
  static constexpr Duration leave_max = milliseconds(500);

  /// `rate`: of the program's sound, Hz.
  explicit Playout(std::uint32_t rate, const PlayoutSettings& settings = {});

  /// Where it is played from now on. What the ring before did not play is said in this one.
  void attach(std::shared_ptr<media::FeedRing> ring, TimePoint now);

  void hear(std::span<const std::int16_t> samples, TimePoint now);
  /// MarkPlayed is told once what was heard until now has been played. False: too many wait.
  bool mark(std::string name);
  /// What was heard until now and was not played is not; nor are its marks. Cleared follows.
  void clear();
  void pause(bool paused);

  /// Moves what is due; says when it wants to be called again at the latest. Receipts are appended.
  std::optional<TimePoint> work(TimePoint now, std::vector<Receipt>& receipts);

  /// Of sound that waits.
  Duration level() const;
  std::uint64_t shortened() const { return shortened_; }    ///< samples that were taken out in order to catch up
  std::uint64_t overflowed() const { return overflowed_; }  ///< samples for which there was no room

 private:
  // A place is a number of samples that the program gave before, whatever became of them.
  using Place = std::uint64_t;
  /// What a stretch of the program's sound became in the ring.
  struct Stretch {
    Place from = 0, to = 0;
    std::uint64_t ring_from = 0, ring_to = 0;
  };
  struct Mark {
    Place place = 0;
    std::string name;
  };
  struct Clearing {
    std::uint64_t ring_to;      // where the ring's sound ended
    std::uint64_t ring_before;  // what the ring threw away earlier
    Place to;
    std::size_t marks;  // so many are from before it
  };

  void settle();
  void settle_clear(bool final);
  void change_ring(TimePoint now);
  void pass(std::uint64_t ring_position);
  void forget_until(Place place);
  void tell_marks(std::size_t first);
  void judge(TimePoint now);
  bool may_begin(TimePoint now);
  void feed(TimePoint now);
  void feed_some(std::size_t count, std::size_t silence);
  std::span<const std::int16_t> catch_up(std::span<const std::int16_t> samples);
  std::optional<TimePoint> next_wake(TimePoint now) const;
  std::size_t unfed() const { return received_ - fed_; }
  std::size_t ring_level() const;
  std::size_t waiting() const;  // to be played, at the program's rate
  static std::size_t samples(Duration time, std::uint32_t rate) {
    return static_cast<std::size_t>(time / microseconds(1)) * rate / 1'000'000;
  }
  double ms(std::uint64_t count) const { return static_cast<double>(count) * 1000 / rate_; }

  const std::uint32_t rate_;
  const PlayoutSettings settings_;
  std::shared_ptr<media::FeedRing> ring_, next_ring_;
  TimePoint leaving_since_{};  // while there is a next ring
  bool paused_ = false;

  std::deque<std::int16_t> kept_;  // from heard_ to received_
  Place heard_ = 0, fed_ = 0, received_ = 0;
  Place discarded_ = 0;  // of what is before heard_
  std::deque<Stretch> stretches_;
  std::deque<Mark> marks_;
  std::optional<Clearing> clearing_;
  std::unique_ptr<audio::Resampler> resampler_;
  std::vector<std::int16_t> samples_, resampled_, shortened_samples_;
  std::vector<Receipt> receipts_;

  bool playing_ = false;   // else it waits for `jitter`
  bool tail_due_ = false;  // the resampler holds the last of what was said
  TimePoint waiting_since_{}, last_heard_{};
  std::uint64_t overflowed_ = 0, overflow_told_ = 0, shortened_ = 0;

  // The present window.
  TimePoint window_begin_{};
  std::size_t window_heard_ = 0, window_low_ = std::numeric_limits<std::size_t>::max();
  std::size_t excess_ = 0;  // samples of the program that are to go
  unsigned fed_in_a_row_ = 0;
};

}  // namespace junctor::stream
