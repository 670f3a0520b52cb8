#pragma once
// What plays into a mixer: sounds one after the other, a cadence, keys, or what a program says.
#include <cstdint>
#include <span>
#include <vector>

#include "audio/tone_plan.hpp"
#include "base/time.hpp"
#include "media/media.hpp"
#include "media/mixer.hpp"

namespace junctor::media {

/// Made by a command; nothing allocates after that.
class Player {
 public:
  /// Why there is nothing to play for a mixer at `rate`, if there is.
  static bool can_play(const Play& play, std::uint32_t rate);

  /// can_play() holds.
  Player(const Play& play, std::uint32_t rate, Mixer::Member member);

  PlayId id() const { return id_; }
  PortId to() const { return to_; }
  Mixer::Member member() const { return member_; }

  /// The next samples. A sound that ends anywhere but at zero fades within tail_per_second; the rest of `out` is
  /// silence. False: there is nothing in this tick, not even silence that belongs to what plays.
  bool next(std::span<std::int16_t> out);
  /// next() has nothing more.
  bool done() const { return done_; }
  /// It plays no more, whatever was left.
  void end();
  std::uint32_t played_ms() const { return static_cast<std::uint32_t>(played_ * 1000 / rate_); }

 private:
  std::size_t next_of_sounds(std::span<std::int16_t> out);
  std::size_t next_of_keys(std::span<std::int16_t> out);
  bool begin_key();

  PlayId id_;
  PortId to_;
  Mixer::Member member_;
  std::uint32_t rate_;
  std::uint32_t times_;
  decltype(Play::what) what_;
  audio::CadenceGenerator tone_;          // a cadence, or the present key
  std::size_t key_ = 0;                   // that comes next
  std::size_t sound_ = 0, position_ = 0;  // where it is
  std::uint32_t round_ = 0;               // rounds that are over
  std::uint64_t played_ = 0;              // samples
  bool done_ = false;
};

}  // namespace junctor::media
