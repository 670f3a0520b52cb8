#include "call/plays.hpp"

#include <utility>

#include "call/mixer.hpp"

namespace junctor::call {

media::PlayId Plays::begin(Mixer& mixer, Ended ended) {
  const media::PlayId id{++last_};
  playing_.emplace(id, Playing{&mixer, std::move(ended)});
  return id;
}

void Plays::forget(const Mixer& mixer) {
  std::erase_if(playing_, [&](const auto& each) { return each.second.mixer == &mixer; });
}

void Plays::stop(media::PlayId id) {
  if (const auto at = playing_.find(id); at != playing_.end()) at->second.mixer->stop(id);
}

void Plays::on_ended(media::PlayId id, media::PlayEnd why, TimePoint now) {
  const auto at = playing_.find(id);
  if (at == playing_.end()) return;
  Playing playing = std::move(at->second);
  playing_.erase(at);
  playing.mixer->drop_need(Need::playing);
  if (playing.ended) playing.ended(why, now);
}

void Plays::on_done(const media::Done& done, TimePoint now) {
  if ((done.token & token_bit) == 0 || done.outcome == media::Outcome::done) return;
  on_ended({done.token & ~token_bit}, media::PlayEnd::stopped, now);
}

}  // namespace junctor::call
