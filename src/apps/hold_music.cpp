#include "apps/hold_music.hpp"

#include <algorithm>
#include <utility>

#include "audio/music_box.hpp"

namespace junctor::apps {
void HoldMusic::set_source(const std::string& source) {
  if (source == source_) return;
  source_ = source;
  at_rates_ = {};
}

/// Null while it is being made.
std::shared_ptr<const media::Sound> HoldMusic::sound_at(std::uint32_t rate, TimePoint now) {
  const auto at = std::ranges::find(rates, rate);
  if (at == rates.end() || source_.empty()) return nullptr;
  const auto index = static_cast<std::size_t>(at - rates.begin());
  AtRate& here = at_rates_[index];
  if (std::exchange(here.wanted, true)) return here.sound;
  const auto arrived = [this, index, source = source_, alive = alive_](const media::Sounds::Loaded& loaded,
                                                                       TimePoint then) {
    if (*alive) take(index, source, loaded, then);
  };
  if (source_ != "builtin") {
    sounds_.get(source_, rate, arrived, now);
  } else {
    here.wanted = jobs_.submit([rate, arrived]() -> std::function<void(TimePoint)> {
      auto sound = std::make_shared<const media::Sound>(media::Sound{rate, audio::music_box(rate)});
      return [arrived, sound = std::move(sound)](TimePoint then) { arrived(sound, then); };
    });
  }
  return here.sound;
}

void HoldMusic::take(std::size_t index, const std::string& source, const media::Sounds::Loaded& loaded, TimePoint now) {
  if (source != source_) return;
  if (!loaded) return log_.warning("hold music cannot be played", {{"file", source}, {"error", loaded.error()}});
  at_rates_[index].sound = *loaded;
  const call::Calls::Turn turn(calls_, now);
  for (auto& [leg, playing] : playing_)
    if (!playing.play) begin(leg, playing, now);
}

media::PlayId HoldMusic::play_in(call::Mixer& mixer, PortId to, TimePoint now) {
  mixer.add_need(call::Need::playing);  // now its rate is known
  media::PlayId id;
  if (const auto sound = sound_at(mixer.rate(), now)) {
    media::Play play;
    play.to = to;
    play.what = media::Play::Sounds{sound};
    play.times = 0;
    id = mixer.play(std::move(play));
  }
  mixer.drop_need(call::Need::playing);
  return id;
}

void HoldMusic::begin(LegId leg_id, Playing& playing, TimePoint now) {
  call::Call* const call = calls_.find(playing.call);
  call::Leg* const leg = call == nullptr ? nullptr : call->leg(leg_id);
  if (leg == nullptr || !leg->port_is_open()) return;
  call::Mixer& mixer = call->own_mixer(*leg);
  playing.play = play_in(mixer, leg->port()->id, now);
  if (const call::Leg* const holder = call->leg(playing.holder); playing.play && holder != nullptr)
    mixer.set_voice(*holder, {.input_gain = 0});
}

void HoldMusic::start(CallId call, LegId leg, TimePoint now) {
  if (source_.empty() || playing_.contains(leg)) return;
  Playing& playing = playing_.emplace(leg, Playing{call, {}, {}}).first->second;
  begin(leg, playing, now);
}

void HoldMusic::stop(LegId leg_id) {
  const auto at = playing_.find(leg_id);
  if (at == playing_.end()) return;
  const Playing playing = at->second;
  playing_.erase(at);
  call::Call* const call = calls_.find(playing.call);
  if (call == nullptr) return;
  if (const call::Leg* const leg = call->leg(leg_id); leg != nullptr && leg->mixer != nullptr)
    leg->mixer->stop(playing.play);
  if (const call::Leg* const holder = call->leg(playing.holder); holder != nullptr && holder->mixer != nullptr)
    holder->mixer->set_voice(*holder, {});
}

void HoldMusic::begin_hold(CallId id, LegId holder_id, TimePoint now) {
  call::Call* const call = calls_.find(id);
  const call::Leg* const holder = call == nullptr ? nullptr : call->leg(holder_id);
  if (holder == nullptr || !holder->is_up() || !holder->peer) return;
  // A carrier that holds sends music of its own.
  if (holder->kind() == call::LegKind::trunk) return;
  if (source_.empty() || playing_.contains(holder->peer)) return;
  Playing& playing = playing_.emplace(holder->peer, Playing{id, {}, holder_id}).first->second;
  begin(holder->peer, playing, now);
}

void HoldMusic::on_call_event(const call::Event& event, TimePoint now) {
  if (const auto* hold = std::get_if<call::Hold>(&event.body)) {
    if (hold->on) return begin_hold(event.call, hold->leg, now);
    for (auto at = playing_.begin(); at != playing_.end(); ++at)
      if (at->second.holder == hold->leg) return stop(at->first);
  } else if (const auto* connected = std::get_if<call::Connected>(&event.body)) {
    stop(connected->a);
    stop(connected->b);
  } else if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    playing_.erase(gone->leg);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    std::erase_if(playing_, [&](const auto& each) { return each.second.call == event.call; });
  }
}

}  // namespace junctor::apps
