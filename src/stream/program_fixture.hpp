#pragma once
// For the tests of this room: a program at one end, a worker that ticks at the other, in simulated time.
#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "audio/goertzel.hpp"
#include "audio/sound_fixture.hpp"
#include "audio/tone.hpp"
#include "media/feed_ring.hpp"
#include "media/tap_ring.hpp"

namespace junctor::stream {

using Samples = std::vector<std::int16_t>;

inline Samples tone(double hz, double dbm0, std::uint32_t rate, std::size_t count) {
  Samples out(count);
  audio::ToneGenerator(hz, dbm0, rate).generate(out);
  return out;
}

/// A mixer as a stream sees it: each 20 ms it takes what is fed, and gives what was said.
struct TestMixer {
  explicit TestMixer(std::uint32_t its_rate)
      : rate(its_rate),
        feed(std::make_shared<media::FeedRing>(rate, rate)),
        tap(std::make_shared<media::TapRing>(rate, media::TapWants{}, 1 << 20)) {}

  std::size_t frame() const { return rate / 50; }
  void tick(TimePoint now) {
    Samples samples(frame());
    taken += feed->take(samples);
    played.insert(played.end(), samples.begin(), samples.end());
    tap->begin(now);
    for (auto& [port, tone] : speakers) {
      tone.generate(samples);
      tap->add(port, samples);
    }
    tap->commit();
  }

  std::uint32_t rate;
  std::shared_ptr<media::FeedRing> feed;
  std::shared_ptr<media::TapRing> tap;
  std::vector<std::pair<PortId, audio::ToneGenerator>> speakers;
  Samples played;
  std::size_t taken = 0;
};

}  // namespace junctor::stream
