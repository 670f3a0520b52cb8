#pragma once
// Where in the files of a recording each moment is: a pause with a gap moves what comes after it forward.
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace junctor::recording {

class Timeline {
 public:
  struct Stretch {
    TimePoint from;
    std::optional<TimePoint> to;  ///< none: it goes on
    std::uint64_t position = 0;   ///< of `from`, in frames
  };
  using Range = std::pair<std::uint64_t, std::uint64_t>;  ///< frames, the second one not included

  Timeline(std::uint32_t rate, TimePoint start) : rate_(rate), stretches_{{.from = start, .to = {}}} {}

  bool paused() const { return stretches_.back().to.has_value(); }
  void pause(TimePoint at) { stretches_.back().to = at; }
  void resume(TimePoint at);
  /// Of a time in or after the last stretch; while it is paused, the end of it.
  std::uint64_t position(TimePoint at) const;
  /// What was recorded between the two times.
  std::vector<Range> ranges(TimePoint from, TimePoint to) const;
  const std::vector<Stretch>& stretches() const { return stretches_; }

  std::uint64_t to_ms(std::uint64_t frames) const { return frames * 1000 / rate_; }

 private:
  std::uint64_t position_in(const Stretch& stretch, TimePoint at) const;

  std::uint32_t rate_;
  std::vector<Stretch> stretches_;
};

}  // namespace junctor::recording
