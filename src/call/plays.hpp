#pragma once
// What is being played into mixers, so that each end is told to who began it, once.
#include <functional>
#include <unordered_map>

#include "base/time.hpp"
#include "media/media.hpp"

namespace junctor::call {

class Mixer;

class Plays {
 public:
  using Ended = std::function<void(media::PlayEnd why, TimePoint now)>;

  explicit Plays(media::Plane& plane) : plane_(plane) {}
  Plays(const Plays&) = delete;
  Plays& operator=(const Plays&) = delete;

  media::Plane& plane() { return plane_; }
  std::size_t size() const { return playing_.size(); }
  static media::Token token_of(media::PlayId id) { return id.value | token_bit; }

  /// Wherever it plays; PlayEnded follows. One that has ended is a normal miss.
  void stop(media::PlayId id);

  // For mixers.
  media::PlayId begin(Mixer& mixer, Ended ended);
  /// The mixer goes: nobody is told of what plays in it.
  void forget(const Mixer& mixer);

  // From below.
  void on_ended(media::PlayId id, media::PlayEnd why, TimePoint now);
  /// Of a Play, whose token is token_of() its id; others are not ours.
  void on_done(const media::Done& done, TimePoint now);

 private:
  static constexpr media::Token token_bit = media::Token{1} << 63;

  struct Playing {
    Mixer* mixer = nullptr;
    Ended ended;
  };

  media::Plane& plane_;
  std::unordered_map<media::PlayId, Playing> playing_;
  std::uint64_t last_ = 0;
};

}  // namespace junctor::call
