#include "media/room.hpp"

#include <algorithm>
#include <cmath>

#include "audio/goertzel.hpp"

namespace junctor::media {

// ------------------------------------------------------------------------------------------------------------- a leg

MixedLeg::MixedLeg(Port& port, Room& room, bool continues)
    : decoder(room.rate()),
      voice(port.id(), room.rate()),
      encoder(port, room.rate(), continues),
      port_(port),
      room_(room) {}

bool MixedLeg::set_formats() {
  decoder.set_formats(port_.payloads());
  voice.set_has_events(port_.prepare_keys());
  return encoder.set_formats();
}

void MixedLeg::receive(const Arrival& arrival, TimePoint now) {
  const bool event = port_.payloads().entries()[arrival.format].codec == rtp::Codec::telephone_event;
  if (event) note_event(arrival, now);
  if (event && !arrival.begins_event) return;
  if (const auto dropped = decoder.put(arrival, now)) port_.drop(*dropped);
}

void MixedLeg::note_level(std::span<const std::int16_t> samples) {
  if (++ticks_heard_ % LegHealth::level_one_in != 0 || port_.measures_level()) return;
  port_.note_power(std::pow(10.0, audio::total_level_dbm0(samples) / 10.0));
}

std::span<const std::int16_t> MixedLeg::say(TimePoint tick, EventSink& events) {
  const auto said = decoder.next(tick);
  if (!said.empty()) note_level(said);
  return voice.hear(said, port_.audio_is_due(), tick, events);
}

void MixedLeg::note_event(const Arrival& arrival, TimePoint now) {
  const rtp::EventTracker& seen = port_.events_seen();
  if (arrival.begins_event) {
    const auto event = rtp::parse_telephone_event(arrival.packet.payload);
    if (press_) port_.drop(Drop::digit_flood);
    press_ = rtp::KeyPress{.event = event->event, .volume = event->volume};
    press_over_ = false;
  }
  if (!press_ || press_over_) return;
  const Duration lasted = Duration(seconds(1)) * std::int64_t{seen.duration()} / arrival.clock_rate;
  press_->duration = std::clamp<Duration>(lasted, rtp::KeyPress::duration_min, rtp::KeyPress::duration_max);
  press_over_ = seen.ended();
  press_heard_ = now;
}

std::optional<rtp::KeyPress> MixedLeg::take_press(TimePoint tick) {
  if (!press_ || (!press_over_ && tick - press_heard_ < event_silence)) return std::nullopt;
  return std::exchange(press_, std::nullopt);
}

// ------------------------------------------------------------------------------------------------------------ a room

Room::Room(std::uint32_t rate) : mixer_(rate) {
  players_.reserve(players_max);
  ended_.reserve(players_max);
  told_.reserve(players_max);
}

bool Room::seat(MixedLeg& leg, bool continues, const Seat& how) {
  const auto member = mixer_.add();
  if (!member) return false;
  leg.member_ = *member;
  leg.is_party = how.speaks;
  mixer_.set_input_gain(*member, how.input_gain);
  mixer_.set_output_gain(*member, how.output_gain);
  mixer_.settle(*member);
  if (how.speaks) mixer_.speak(*member, 0);
  mixer_.hear(*member, 0);
  if (continues) mixer_.settle(*member);
  legs_.push_back(&leg);
  coded_.resize(std::max(coded_.size(), std::size_t{*member} + 1));
  return true;
}

void Room::unseat(MixedLeg& leg) {
  for (auto at = players_.begin(); at != players_.end();) {
    if (at->to() == leg.port().id()) {
      end(at, PlayEnd::listener_left);
    } else {
      ++at;
    }
  }
  mixer_.remove(leg.member_);
  std::erase(legs_, &leg);
  settle_when_empty();
}

/// Who leaves fades over the next ticks; when nobody is left to hear that, it is over at once.
void Room::settle_when_empty() {
  if (!legs_.empty() || !players_.empty()) return;
  for (int ticks = 0; ticks < Mixer::fade_ticks; ++ticks) mixer_.tick();
}

// ---------------------------------------------------------------------------------------------------------- players

bool Room::play(const Play& play, const MixedLeg* listener) {
  const bool in_range = play.bus < Mixer::buses_max && play.gain >= 0 && play.gain <= Mixer::gain_max;
  if (!in_range || players_.size() == players_max || !Player::can_play(play, rate())) return false;
  const auto member = mixer_.add();
  if (!member) return false;
  const bool heard = listener != nullptr ? mixer_.set_exception(*member, listener->member_, play.gain)
                                         : mixer_.speak(*member, play.bus, play.gain);
  if (!heard) {
    mixer_.remove(*member);
    return false;
  }
  players_.emplace_back(play, rate(), *member);
  return true;
}

bool Room::stop_play(PlayId id) {
  const auto at = std::ranges::find(players_, id, &Player::id);
  if (at == players_.end()) return false;
  end(at, PlayEnd::stopped);
  settle_when_empty();
  return true;
}

void Room::stop_all_plays() {
  while (!players_.empty()) end(players_.begin(), PlayEnd::mixer_closed);
}

void Room::end(std::vector<Player>::iterator player, PlayEnd reason) {
  mixer_.remove(player->member());
  player->end();
  ended_.push_back({.id = player->id(), .reason = reason, .played_ms = player->played_ms()});
  players_.erase(player);
}

std::span<const PlayEnded> Room::take_ended() {
  std::swap(ended_, told_);
  ended_.clear();
  return told_;
}

// ------------------------------------------------------------------------------------------------------------- taps

bool Room::open_tap(const OpenTap& command) {
  if (command.ring == nullptr || command.ring->rate() != rate() || taps_.size() == taps_max) return false;
  Tap tap{.id = command.id, .ring = command.ring, .observer = {}};
  if (command.ring->wants().mix) {
    tap.observer = mixer_.add();
    if (!tap.observer) return false;
    mixer_.hear(*tap.observer, 0);
    mixer_.settle(*tap.observer);
  }
  taps_.push_back(std::move(tap));
  return true;
}

void Room::close_tap(TapId id) {
  const auto at = std::ranges::find(taps_, id, &Tap::id);
  if (at == taps_.end()) return;
  if (at->observer) mixer_.remove(*at->observer);
  taps_.erase(at);
}

void Room::write_taps(TimePoint tick) {
  std::array<std::int16_t, tick_samples_max> frame;
  const auto samples = std::span(frame).first(mixer_.frame_samples());
  for (const Tap& tap : taps_) {
    tap.ring->begin(tick);
    if (tap.observer && !mixer_.hears_nobody(*tap.observer)) {
      mixer_.heard(*tap.observer, samples);
      tap.ring->add({}, samples);
    }
    for (const MixedLeg* const leg : tap.ring->wants().legs ? legs() : std::span<MixedLeg* const>()) {
      if (mixer_.said(leg->member_, samples)) tap.ring->add(leg->port().id(), samples);
    }
    tap.ring->commit();
  }
}

// ------------------------------------------------------------------------------------------------------------- tick

void Room::tick(DatagramSender& sender, EventSink& events, TimePoint tick) {
  if (legs_.empty() && players_.empty()) return;
  std::array<std::int16_t, tick_samples_max> played;
  for (Player& player : players_) {
    const auto samples = std::span(played).first(mixer_.frame_samples());
    if (player.next(samples)) mixer_.put(player.member(), samples);
  }
  for (MixedLeg* const leg : legs_) {
    if (const auto samples = leg->say(tick, events); !samples.empty()) mixer_.put(leg->member_, samples);
  }
  pass_presses(tick);
  mixer_.tick();
  std::ranges::fill(coded_, decltype(coded_)::value_type{});
  for (MixedLeg* const leg : legs_) send_to(*leg, sender, tick);
  write_taps(tick);
  // Whoever is removed fades from the next tick on, so that the last samples are heard in full.
  for (std::size_t i = players_.size(); i-- > 0;) {
    if (players_[i].done()) end(players_.begin() + static_cast<std::ptrdiff_t>(i), PlayEnd::finished);
  }
  if (!ended_.empty()) settle_when_empty();
}

/// Between two parties as what they are, whoever listens; in a larger room they are events for the control side only.
void Room::pass_presses(TimePoint tick) {
  const auto is_party = [](const MixedLeg* leg) { return leg->is_party; };
  for (MixedLeg* const leg : legs_) {
    const auto press = leg->take_press(tick);
    if (!press || !leg->is_party || std::ranges::count_if(legs_, is_party) != 2) continue;
    const auto other = std::ranges::find_if(legs_, [&](const MixedLeg* o) { return o != leg && o->is_party; });
    (*other)->port().press(*press);
  }
}

void Room::send_to(MixedLeg& leg, DatagramSender& sender, TimePoint tick) {
  LegEncoder& encoder = leg.encoder;
  if (!encoder.ready(mixer_.hears_nobody(leg.member_), sender, tick)) return;
  if (const auto shared = encoder.shared_codec()) {
    const LegEncoder*& first = coded_[mixer_.same_as(leg.member_)][*shared];
    if (first != nullptr) return encoder.send_same(first->payload(), sender, tick);
    first = &encoder;
  }
  std::array<std::int16_t, tick_samples_max> heard;
  const auto samples = std::span(heard).first(mixer_.frame_samples());
  mixer_.heard(leg.member_, samples);
  encoder.send(samples, sender, tick);
}

void Room::resume() {
  for (MixedLeg* const leg : legs_) leg->encoder.resume();
}

}  // namespace junctor::media
