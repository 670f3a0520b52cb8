#include "media/player.hpp"

#include <algorithm>

#include "audio/dtmf.hpp"
#include "media/feed_ring.hpp"
#include "media/sound.hpp"
#include "rtp/event_sender.hpp"

namespace junctor::media {
namespace {

constexpr std::uint32_t tail_per_second = 200;  // 5 ms

}  // namespace

bool Player::can_play(const Play& play, std::uint32_t rate) {
  if (const auto* tone = std::get_if<audio::Tone>(&play.what)) {
    return tone->count > 0 && tone->count <= audio::Tone::segments_max;
  }
  if (const auto* keys = std::get_if<Play::Keys>(&play.what)) {
    return !keys->digits.empty() && rtp::can_press(keys->digits, keys->duration, keys->gap);
  }
  if (const auto* feed = std::get_if<Play::Feed>(&play.what)) return *feed != nullptr && (*feed)->rate() == rate;
  const auto& sounds = std::get<Play::Sounds>(play.what);
  return !sounds.empty() && std::ranges::all_of(sounds, [&](const auto& sound) {
    return sound != nullptr && sound->rate == rate && !sound->samples.empty();
  });
}

Player::Player(const Play& play, std::uint32_t rate, Mixer::Member member)
    : id_(play.id), to_(play.to), member_(member), rate_(rate), times_(play.times), what_(play.what) {
  if (const auto* tone = std::get_if<audio::Tone>(&what_)) {
    tone_ = audio::CadenceGenerator(*tone, static_cast<int>(rate));
  }
}

bool Player::next(std::span<std::int16_t> out) {
  std::size_t made = 0;
  if (std::holds_alternative<Play::Sounds>(what_)) {
    made = next_of_sounds(out);
    done_ = round_ == times_ && times_ != 0;
  } else if (const auto* keys = std::get_if<Play::Keys>(&what_)) {
    made = next_of_keys(out);
    done_ = tone_.done() && key_ == keys->digits.size();
  } else if (const auto* feed = std::get_if<Play::Feed>(&what_)) {
    made = (*feed)->take(out);
  } else {
    made = tone_.generate(out);
    done_ = tone_.done();
  }
  played_ += made;
  const auto rest = out.subspan(made);
  std::ranges::fill(rest, std::int16_t{0});
  if (made == 0) return false;
  // Nothing that ends in the middle of a frame ends with a click.
  const std::size_t tail = std::min<std::size_t>(rest.size(), rate_ / tail_per_second);
  for (std::size_t i = 0; i < tail; ++i) {
    const auto left = static_cast<std::int32_t>(tail - i);
    rest[i] = static_cast<std::int16_t>(out[made - 1] * left / static_cast<std::int32_t>(tail + 1));
  }
  return true;
}

void Player::end() {
  if (const auto* feed = std::get_if<Play::Feed>(&what_)) (*feed)->end();
}

std::size_t Player::next_of_sounds(std::span<std::int16_t> out) {
  const auto& sounds = std::get<Play::Sounds>(what_);
  std::size_t made = 0;
  while (made < out.size() && (times_ == 0 || round_ < times_)) {
    const auto left = std::span(sounds[sound_]->samples).subspan(position_);
    const auto some = left.first(std::min(left.size(), out.size() - made));
    std::ranges::copy(some, out.begin() + static_cast<std::ptrdiff_t>(made));
    made += some.size();
    position_ += some.size();
    if (some.size() < left.size()) continue;
    position_ = 0;
    if (++sound_ < sounds.size()) continue;
    sound_ = 0;
    ++round_;
  }
  return made;
}

std::size_t Player::next_of_keys(std::span<std::int16_t> out) {
  std::size_t made = 0;
  while (made < out.size() && (!tone_.done() || begin_key())) made += tone_.generate(out.subspan(made));
  return made;
}

/// False after the last one.
bool Player::begin_key() {
  using std::chrono::ceil;
  const auto& keys = std::get<Play::Keys>(what_);
  if (key_ == keys.digits.size()) return false;
  const auto tone =
      audio::dtmf_tone(keys.digits[key_++], ceil<milliseconds>(keys.duration), ceil<milliseconds>(keys.gap));
  tone_ = audio::CadenceGenerator(*tone, static_cast<int>(rate_), audio::dtmf_level_dbm0);
  return true;
}

}  // namespace junctor::media
