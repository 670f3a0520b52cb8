#pragma once
// What a tap hears, from a media worker to one reader on another thread: tick by tick, and of each tick the samples of
// those who were not silent. Neither side waits, locks or allocates. When the reader is behind, whole ticks are left
// out and counted; what comes after them says so.
//
//   worker:   begin(tick) … add(source, samples) … commit()
//   reader:   while (auto tick = ring.next()) use(*tick)
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace junctor::media {

/// Which samples a reader wants.
struct TapWants {
  bool legs = true;  ///< what each leg says, after its input gain: who is muted is silent
  bool mix = false;  ///< what one would hear who hears bus 0 and says nothing: legs and what is played to all
};

/// One tick as the reader sees it. Two ticks of one ring are 20 ms apart, or more if some were left out or nobody sat
/// in the mixer.
struct TapTick {
  struct Part {
    PortId source;  ///< none: the mix
    std::vector<std::int16_t> samples;
  };
  TimePoint time{};
  std::uint32_t lost_before = 0;  ///< ticks that were left out before this one, for want of room
  std::span<const Part> parts;    ///< one per source that was not silent; valid until the next call
};

class TapRing {
 public:
  /// `rate` is the mixer's; one tick of some sources must fit in `bytes`.
  TapRing(std::uint32_t rate, TapWants wants, std::size_t bytes);

  std::uint32_t rate() const { return rate_; }
  TapWants wants() const { return wants_; }
  std::size_t capacity() const { return bytes_.size(); }

  // Worker's thread.
  void begin(TimePoint tick);
  void add(PortId source, std::span<const std::int16_t> samples);  ///< one tick of them
  void commit();

  // Reader's thread.
  std::optional<TimePoint> next_time() const;  ///< of what next() will give
  std::optional<TapTick> next();
  /// All ticks that were left out until now.
  std::uint64_t lost() const { return lost_total_.load(std::memory_order_relaxed); }

 private:
  struct TickHeader {
    std::int64_t time_ns = 0;
    std::uint32_t lost_before = 0;
    std::uint32_t parts = 0;
  };

  std::size_t free_bytes() const;
  void put(std::size_t at, const void* from, std::size_t size);
  void get(std::size_t at, void* to, std::size_t size) const;

  const std::uint32_t rate_;
  const TapWants wants_;
  const std::size_t frame_bytes_;
  std::vector<std::uint8_t> bytes_;

  // Positions only grow; their remainder is the place.
  alignas(64) std::atomic<std::size_t> written_{0};
  alignas(64) std::atomic<std::size_t> read_{0};
  std::atomic<std::uint64_t> lost_total_{0};

  // Worker only: the tick that is being written.
  alignas(64) TickHeader header_;
  std::size_t writing_ = 0;
  bool fits_ = true;
  std::uint32_t lost_ = 0;  // since the last tick that was written

  // Reader only.
  std::vector<TapTick::Part> parts_;
};

}  // namespace junctor::media
