#include "media/room.hpp"

#include <algorithm>
#include <cmath>

#include "audio/goertzel.hpp"

namespace junctor::media {

// ------------------------------------------------------------------------------------------------------------- a leg

MixedLeg::MixedLeg(Port& port, Room& room, bool continues)
    : decoder(room.rate()), encoder(port, room.rate(), continues), port_(port), room_(room) {}

bool MixedLeg::set_formats() {
  decoder.set_formats(port_.payloads());
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

bool Room::seat(MixedLeg& leg, bool continues) {
  const auto member = mixer_.add();
  if (!member) return false;
  leg.member_ = *member;
  mixer_.speak(*member, 0);
  mixer_.hear(*member, 0);
  if (continues) mixer_.settle(*member);
  legs_.push_back(&leg);
  coded_.resize(std::max(coded_.size(), std::size_t{*member} + 1));
  return true;
}

void Room::unseat(MixedLeg& leg) {
  mixer_.remove(leg.member_);
  std::erase(legs_, &leg);
  // It would fade over the next ticks; when nobody is left to hear that, it is over at once.
  for (int ticks = 0; legs_.empty() && ticks < Mixer::fade_ticks; ++ticks) mixer_.tick();
}

void Room::tick(DatagramSender& sender, TimePoint tick) {
  if (legs_.empty()) return;
  for (MixedLeg* const leg : legs_) {
    const auto samples = leg->decoder.next(tick);
    if (samples.empty()) continue;
    mixer_.put(leg->member_, samples);
    leg->note_level(samples);
  }
  pass_presses(tick);
  mixer_.tick();
  std::ranges::fill(coded_, decltype(coded_)::value_type{});
  for (MixedLeg* const leg : legs_) send_to(*leg, sender, tick);
}

/// Between two parties as what they are; in a larger room they are events for the control side only.
void Room::pass_presses(TimePoint tick) {
  for (MixedLeg* const leg : legs_) {
    const auto press = leg->take_press(tick);
    if (press && legs_.size() == 2) legs_[leg == legs_[0] ? 1 : 0]->encoder.press(*press);
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
