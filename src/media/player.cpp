#include "media/player.hpp"

#include <algorithm>

#include "media/sound.hpp"

namespace junctor::media {
namespace {

constexpr std::uint32_t tail_per_second = 200;  // 5 ms

}  // namespace

bool Player::can_play(const Play& play, std::uint32_t rate) {
  if (const auto* tone = std::get_if<audio::Tone>(&play.what)) {
    return tone->count > 0 && tone->count <= audio::Tone::segments_max;
  }
  const auto& sounds = std::get<Play::Sounds>(play.what);
  return !sounds.empty() && std::ranges::all_of(sounds, [&](const auto& sound) {
    return sound != nullptr && sound->rate == rate && !sound->samples.empty();
  });
}

Player::Player(const Play& play, std::uint32_t rate, Mixer::Member member)
    : id_(play.id),
      to_(play.to),
      member_(member),
      rate_(rate),
      times_(play.times),
      is_tone_(std::holds_alternative<audio::Tone>(play.what)) {
  if (is_tone_) {
    tone_ = audio::CadenceGenerator(std::get<audio::Tone>(play.what), static_cast<int>(rate));
  } else {
    sounds_ = std::get<Play::Sounds>(play.what);
  }
}

void Player::next(std::span<std::int16_t> out) {
  const std::size_t made = is_tone_ ? tone_.generate(out) : next_of_sounds(out);
  played_ += made;
  done_ = is_tone_ ? tone_.done() : round_ == times_ && times_ != 0;
  const auto rest = out.subspan(made);
  std::ranges::fill(rest, std::int16_t{0});
  if (made == 0) return;
  // Nothing that ends in the middle of a frame ends with a click.
  const std::size_t tail = std::min<std::size_t>(rest.size(), rate_ / tail_per_second);
  for (std::size_t i = 0; i < tail; ++i) {
    const auto left = static_cast<std::int32_t>(tail - i);
    rest[i] = static_cast<std::int16_t>(out[made - 1] * left / static_cast<std::int32_t>(tail + 1));
  }
}

std::size_t Player::next_of_sounds(std::span<std::int16_t> out) {
  std::size_t made = 0;
  while (made < out.size() && (times_ == 0 || round_ < times_)) {
    const auto left = std::span(sounds_[sound_]->samples).subspan(position_);
    const auto some = left.first(std::min(left.size(), out.size() - made));
    std::ranges::copy(some, out.begin() + static_cast<std::ptrdiff_t>(made));
    made += some.size();
    position_ += some.size();
    if (some.size() < left.size()) continue;
    position_ = 0;
    if (++sound_ < sounds_.size()) continue;
    sound_ = 0;
    ++round_;
  }
  return made;
}

}  // namespace junctor::media
