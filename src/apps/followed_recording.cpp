#include "apps/followed_recording.hpp"

#include <utility>

namespace junctor::apps {
namespace {

/// Of a recording that begins before its call has audio.
constexpr std::uint32_t rate_without_audio = 8000;

}  // namespace

call::Leg* FollowedRecording::leg(LegId id) {
  call::Call* const call = parts_.calls.find(parts_.calls.call_of(id));
  return call == nullptr ? nullptr : call->leg(id);
}

/// Before the answer a leg sits nowhere as a rule: it gets a place of its own when it sends audio.
call::Mixer* FollowedRecording::place() {
  call::Leg* const left = leg(left_);
  if (left == nullptr || !left->port_is_open()) {  // transferred away: the others go on
    for (const LegId id : together_)
      if (const call::Leg* const other = leg(id); other != nullptr && other->mixer != nullptr) return other->mixer;
    return nullptr;
  }
  if (left->mixer == nullptr && !left->is_up() && left->port_is_ready())
    return &parts_.calls.find(parts_.calls.call_of(left_))->own_mixer(*left);
  return left->mixer;
}

void FollowedRecording::enter(call::Mixer& mixer) {
  leave();
  mixer.add_need(call::Need::recording);  // it is open now, and its id stays
  mixer_ = mixer.id().value_or(media::MixerId{});
}

/// A mixer that has gone is not to be touched: it is there when one of those who sat there still does.
void FollowedRecording::leave() {
  const media::MixerId before = std::exchange(mixer_, {});
  if (!before) return;
  for (const LegId id : together_) {
    const call::Leg* const one = leg(id);
    if (one == nullptr || one->mixer == nullptr || one->mixer->id() != before) continue;
    return one->mixer->drop_need(call::Need::recording);
  }
}

std::vector<recording::Track> FollowedRecording::tracks(const call::Mixer* mixer) {
  together_.clear();
  std::vector<recording::Track> out;
  if (mixer == nullptr) return out;
  for (const call::Leg* const one : mixer->legs()) {
    together_.push_back(one->id());
    // What a supervisor whispers is not for the recording.
    const bool heard = mixer->voice(*one).to_all;
    if (!heard || !one->port_is_open() || out.size() == recording::Settings::tracks_max) continue;
    const bool left = one->id() == left_;
    recording::Track track{one->port()->id, left ? names_.left : names_.right,
                           left ? recording::Side::left : recording::Side::right};
    out.insert(left ? out.begin() : out.end(), std::move(track));
  }
  return out;
}

Result<recording::RecordingId, std::string> FollowedRecording::start(recording::Settings settings, TimePoint now) {
  call::Mixer* const mixer = place();
  if (mixer != nullptr) enter(*mixer);
  sides_ = settings.layout != recording::Layout::mono;
  settings.rate = mixer_ ? mixer->rate() : rate_without_audio;
  tracks_ = tracks(mixer);
  if (sides_) settings.tracks = tracks_;
  const auto nowhere = [&] { return parts_.calls.plays().plane().new_mixer_id(0); };
  auto started = parts_.recordings.start(std::move(settings), {mixer_ ? mixer_ : nowhere(), settings.rate}, now);
  if (!started) {
    leave();
    return started;
  }
  id_ = *started;
  return id_;
}

Result<void, std::string> FollowedRecording::follow(TimePoint now) {
  call::Mixer* const mixer = place();
  if (!id_ || mixer == nullptr) return {};
  const bool moved = !mixer_ || mixer->id() != mixer_;
  if (moved) enter(*mixer);
  auto now_there = tracks(mixer);
  const bool others = now_there != tracks_;
  tracks_ = std::move(now_there);
  Result<void, std::string> out;
  if (sides_ && others) out = parts_.recordings.set_tracks(id_, tracks_, now);
  if (moved && mixer_) parts_.recordings.follow(id_, {mixer_, mixer->rate()}, now);
  return out;
}

bool FollowedRecording::concerns(LegId id) {
  const call::Leg* const one = leg(id);
  return id == left_ || (mixer_ && one != nullptr && one->mixer != nullptr && one->mixer->id() == mixer_);
}

void FollowedRecording::stop(TimePoint now) {
  parts_.recordings.stop(id_, now);
  leave();
}

}  // namespace junctor::apps
