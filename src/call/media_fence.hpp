#pragma once
// Waits until the media workers have done what they were told so far, so that who commanded it can say so. A worker's
// commands take effect in order: a snapshot of each leg's figures, asked for last, is answered last.
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>

#include "base/time.hpp"
#include "call/leg.hpp"
#include "media/media.hpp"

namespace junctor::call {

class MediaFence {
 public:
  using Passed = std::function<void(TimePoint now)>;

  explicit MediaFence(media::Plane& plane) : plane_(plane) {}

  /// `passed` is called when the workers of these legs have done everything up to now, and their figures are as of
  /// then; at once when none has a port.
  void after(std::span<const Leg* const> legs, Passed passed, TimePoint now);
  void after(const Leg& leg, Passed passed, TimePoint now);
  /// True: it was for this.
  bool on_done(const media::Done& done, TimePoint now);
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::size_t due = 0;
    Passed passed;
  };

  media::Plane& plane_;
  std::unordered_map<media::Token, Waiting> waiting_;
  media::Token last_ = 0;
};

}  // namespace junctor::call
