#pragma once
// What a program says, from one producer on another thread to a media worker: samples at the mixer's rate, of which
// each tick takes its own. Neither side waits, locks or allocates. What is not there in time is silence, and positions
// tell the producer, to the sample, what was played and what was thrown away.
//
//   producer:   write(samples) … position() … clear() … pause()
//   worker:     take(tick) … end()
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace junctor::media {

class FeedRing {
 public:
  /// Of all samples that were ever written: how far the worker is, and what of it nobody heard.
  struct Position {
    std::uint64_t passed = 0;     ///< played or thrown away
    std::uint64_t discarded = 0;  ///< thrown away by clear()
    bool clearing = false;        ///< a clear() waits for its tick

    std::uint64_t played() const { return passed - discarded; }
  };

  /// `rate` is the mixer's, `samples` what may wait.
  FeedRing(std::uint32_t rate, std::size_t samples);

  std::uint32_t rate() const { return rate_; }

  // Producer's thread.

  std::size_t room() const;
  /// At most room() samples.
  void write(std::span<const std::int16_t> samples);
  std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }
  /// At its next tick the worker throws away what was written until now and not taken before; what is written after
  /// this is played then.
  void clear();
  /// While paused nothing is taken, from the next tick on; clear() acts all the same.
  void pause(bool paused) { paused_.store(paused, std::memory_order_relaxed); }
  Position position();
  /// Nobody takes anything any more: position() is final.
  bool ended() const { return ended_.load(std::memory_order_acquire); }

  // Worker's thread.

  /// The samples of a tick, as many as there are; returns how many.
  std::size_t take(std::span<std::int16_t> out);
  void end() { ended_.store(true, std::memory_order_release); }

 private:
  const std::uint32_t rate_;
  std::vector<std::int16_t> samples_;

  // Positions only grow; their remainder is the place.
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> clear_to_{0};
  std::atomic<bool> paused_{false};
  alignas(64) std::atomic<std::uint64_t> passed_{0};
  std::atomic<std::uint64_t> discarded_{0};
  std::atomic<bool> ended_{false};

  alignas(64) std::uint64_t known_discarded_ = 0;  // producer only
};

}  // namespace junctor::media
