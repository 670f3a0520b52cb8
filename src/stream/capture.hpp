#pragma once
// What is said in the call, on its way to the program: the ticks of a tap, put together, resampled and cut into frames.
// Silence is sent like sound, and what is missing becomes silence, so that the program can tell time by its samples.
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/resampler.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "media/tap_ring.hpp"
#include "stream/coders.hpp"
#include "stream/stream.hpp"

namespace junctor::stream {

class Capture {
 public:
  static constexpr Duration tick_length = milliseconds(20);
  static constexpr Duration gap_max = seconds(1);  ///< of a longer one so much becomes silence

  explicit Capture(const Format& format);

  /// Where the call is heard from now on. What is left in the ring before is read first.
  void attach(std::shared_ptr<media::TapRing> ring) { next_ring_ = std::move(ring); }
  /// Whose voice is left, with two channels.
  void set_caller(PortId caller) { caller_ = caller; }
  /// What has come until now is not wanted.
  void skip();
  /// Appends the frames of what has come.
  void drain(std::vector<std::string>& frames);
  /// The time of the tick that was read last; the next one is a tick_length later.
  std::optional<TimePoint> last_tick() const { return last_tick_; }

 private:
  static constexpr std::size_t channels_max = 2;
  using Tick = std::array<std::int16_t, 960>;  // of the highest rate

  void change_ring();
  void hear(const media::TapTick& tick);
  void add_tick(const std::array<Tick, channels_max>& channels);
  void cut(std::vector<std::string>& frames);

  const Format format_;
  FrameEncoder encoder_;
  std::shared_ptr<media::TapRing> ring_, next_ring_;
  PortId caller_;
  std::array<std::unique_ptr<audio::Resampler>, channels_max> resamplers_;
  std::optional<TimePoint> last_tick_;
  std::vector<std::int16_t> samples_;  // of the frame that is being filled
  std::array<std::vector<std::int16_t>, channels_max> resampled_;
};

}  // namespace junctor::stream
