#include "apps/conference.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace junctor::apps {

using call::Cause;

namespace {

struct Note {
  std::uint16_t hz;
  int ms;
};

/// A short melody, once. 0 Hz is a pause.
media::Play notes(std::initializer_list<Note> list) {
  audio::Tone tone;
  for (const Note& note : list) {
    audio::Segment& segment = tone.segments[tone.count++];
    segment.components[0].hz = note.hz;
    segment.duration = std::chrono::milliseconds(note.ms);
  }
  tone.once = true;
  media::Play play;
  play.what = tone;
  return play;
}

media::Play joined() {
  return notes({{440, 120}, {587, 180}});
}
media::Play left() {
  return notes({{587, 120}, {440, 180}});
}
media::Play ask_pin() {
  return notes({{880, 150}, {0, 80}, {880, 150}});
}
media::Play wrong_pin() {
  return notes({{330, 200}, {0, 60}, {330, 200}});
}
media::Play muted() {
  return notes({{660, 80}, {440, 120}});
}
media::Play unmuted() {
  return notes({{440, 80}, {660, 120}});
}

}  // namespace

Conferences::~Conferences() {
  for (auto& [name, room] : rooms_)
    for (Member& member : room.members) timers_.cancel(member.timer);
}

Conferences::Place Conferences::find(LegId leg) {
  for (auto& [name, room] : rooms_)
    for (Member& member : room.members)
      if (member.leg == leg) return {&room, &member};
  return {};
}

call::Leg* Conferences::leg_of(const Member& member) {
  call::Call* const call = calls_.find(member.call);
  return call == nullptr ? nullptr : call->leg(member.leg);
}

// ------------------------------------------------------------------------------------------------------------- coming

std::optional<Cause> Conferences::join(CallId call, LegId leg, const ConferenceRoom& settings, TimePoint now) {
  return add(call, leg, settings, Phase::answering, now);
}

std::optional<Cause> Conferences::bring(CallId call, LegId leg, const ConferenceRoom& settings, TimePoint now) {
  return add(call, leg, settings, Phase::inside, now);
}

std::optional<Cause> Conferences::add(CallId call_id, LegId leg_id, const ConferenceRoom& settings, Phase phase,
                                      TimePoint now) {
  auto at = rooms_.find(settings.name);
  const std::size_t members = at == rooms_.end() ? 0 : at->second.members.size();
  if (settings.max_members != 0 && members >= settings.max_members) return Cause{486, 17, "the conference is full"};
  if (members >= members_max) return Cause{503, 34, "the conference is full"};
  const bool first = at == rooms_.end();
  std::optional<std::uint32_t> worker;
  if (!first) worker = at->second.mixer->worker();
  if (phase == Phase::answering) {
    const auto done = calls_.answer_alone(call_id, leg_id, "conference " + settings.name, worker, now);
    if (!done && done.error() == call::Refusal::no_common_codec) return Cause{488, 88, "no common codec"};
    if (!done) return Cause{503, 34, std::string(to_string(done.error()))};
  }
  call::Call* const call = calls_.find(call_id);
  call::Leg* const leg = call == nullptr ? nullptr : call->leg(leg_id);
  if (leg == nullptr || leg->port() == nullptr) return Cause{500, 41, "the leg is gone"};
  leg->kept = true;
  if (first) {
    at = rooms_.emplace(settings.name, Room{}).first;
    at->second.settings = settings;
    at->second.mixer = std::make_unique<call::Mixer>(calls_.plays(), leg->port()->worker);
    at->second.mixer->add_need(call::Need::room);
    at->second.waiting = !settings.moderator_pin.empty();
  }
  Room& room = at->second;
  room.members.push_back({.call = call_id, .leg = leg_id, .phase = phase});
  if (phase == Phase::inside) enter(room, room.members.back(), now);
  return std::nullopt;
}

void Conferences::on_answered(Room& room, Member& member, TimePoint now) {
  if (room.settings.pin.empty() && room.settings.moderator_pin.empty()) return enter(room, member, now);
  member.phase = Phase::pin;
  member.timer = timers_.schedule(now + pin_time, *this, member.leg.value);
  call::Leg* const leg = leg_of(member);
  if (leg == nullptr || !leg->port_is_open()) return;
  // Keys may come as tones in the audio, which only a mixer hears.
  calls_.find(member.call)->own_mixer(*leg).add_need(call::Need::room);
  tell(member, Prompt::conference_pin, ask_pin(), now);
}

void Conferences::check_pin(Room& room, Member& member, bool complete, TimePoint now) {
  const auto& [pin, moderator_pin] = std::pair(room.settings.pin, room.settings.moderator_pin);
  member.moderator = !moderator_pin.empty() && member.digits == moderator_pin;
  const bool right = member.moderator || (member.digits == pin && (complete || !pin.empty()));
  if (right) return enter(room, member, now);
  if (!complete && member.digits.size() < pin_digits_max) return;
  member.digits.clear();
  if (++member.tries >= tries_max) {
    calls_.hang_up(member.call, {403, 21, "wrong PIN"}, now);
    return;
  }
  tell(member, Prompt::conference_wrong_pin, wrong_pin(), now);
}

void Conferences::tell(const Member& member, Prompt prompt, media::Play beeps, TimePoint now) {
  prompts_.play(member.call, member.leg, prompt, std::move(beeps), now);
}

/// The music begins after the words.
void Conferences::wait_for_moderator(const Member& member, TimePoint now) {
  prompts_.play(member.call, member.leg, Prompt::conference_wait, std::nullopt, now,
                [this, leg = member.leg](TimePoint then) {
                  const auto [room, waiting] = find(leg);
                  if (room != nullptr && room->waiting) music_.start(waiting->call, leg, then);
                });
}

void Conferences::enter(Room& room, Member& member, TimePoint now) {
  timers_.cancel(member.timer);
  prompts_.stop(member.leg);
  member.phase = Phase::inside;
  member.digits.clear();
  if (!calls_.seat(member.call, member.leg, *room.mixer, now)) {
    calls_.hang_up(member.call, {503, 34, "no media port is free"}, now);
    return;
  }
  if (member.moderator && std::exchange(room.waiting, false))
    for (const Member& each : room.members) {
      if (each.phase != Phase::inside) continue;
      prompts_.stop(each.leg);
      music_.stop(each.leg);
    }
  if (room.waiting) wait_for_moderator(member, now);
  apply_voices(room);
  if (room.settings.record && !room.recording) room.recording = recording_.start(room.settings.name, *room.mixer, now);
  if (room.settings.tones && !room.waiting) room.mixer->play(joined());
}

void Conferences::apply_voice(Room& room, const Member& member) {
  const call::Leg* const leg = leg_of(member);
  const bool heard = !member.muted && !room.waiting;
  if (leg != nullptr) room.mixer->set_voice(*leg, {.input_gain = heard ? 1.0f : 0.0f});
}

void Conferences::apply_voices(Room& room) {
  for (const Member& member : room.members) apply_voice(room, member);
}

// ------------------------------------------------------------------------------------------------------------- inside

void Conferences::on_digit(Room& room, Member& member, char digit, TimePoint now) {
  if (member.phase == Phase::pin) {
    prompts_.stop(member.leg);
    if (digit != '#') member.digits += digit;
    return check_pin(room, member, digit == '#', now);
  }
  const bool command = member.digits == "*";
  member.digits = digit == '*' ? "*" : "";
  if (!command || digit != '1') return;
  member.muted = !member.muted;
  apply_voice(room, member);
  if (member.muted) return tell(member, Prompt::conference_muted, muted(), now);
  tell(member, Prompt::conference_unmuted, unmuted(), now);
}

void Conferences::release(LegId leg, TimePoint now) {
  const Member* const member = find(leg).member;
  if (member == nullptr) return;
  prompts_.stop(leg);
  (void)calls_.seat_alone(member->call, leg, now);  // before its mixer may be gone
  leave(leg, now);
}

void Conferences::leave(LegId leg, TimePoint now) {
  const auto [room, member] = find(leg);
  if (room == nullptr) return;
  const bool was_inside = member->phase == Phase::inside;
  timers_.cancel(member->timer);
  music_.stop(leg);
  room->members.erase(room->members.begin() + (member - room->members.data()));
  if (room->members.empty()) {
    if (room->recording) recording_.stop(room->recording, now);
    rooms_.erase(room->settings.name);
  } else if (was_inside && room->settings.tones && !room->waiting) {
    room->mixer->play(left());
  }
}

void Conferences::on_call_event(const call::Event& event, TimePoint now) {
  if (const auto* answered = std::get_if<call::Answered>(&event.body)) {
    const auto [room, member] = find(answered->leg);
    if (member != nullptr && member->phase == Phase::answering) on_answered(*room, *member, now);
  } else if (const auto* digit = std::get_if<call::Digit>(&event.body)) {
    const auto [room, member] = find(digit->leg);
    if (member != nullptr) on_digit(*room, *member, digit->digit, now);
  } else if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    leave(gone->leg, now);
  } else if (const auto* failed = std::get_if<call::LegFailed>(&event.body)) {
    leave(failed->leg, now);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    std::vector<LegId> of_call;
    for (const auto& [name, room] : rooms_)
      for (const Member& member : room.members)
        if (member.call == event.call) of_call.push_back(member.leg);
    for (const LegId leg : of_call) leave(leg, now);
  }
}

void Conferences::on_timer(std::uint64_t token, TimePoint now) {
  const call::Calls::Turn turn(calls_, now);
  const auto [room, member] = find({token});
  if (member != nullptr && member->phase == Phase::pin) calls_.hang_up(member->call, {408, 102, "no PIN"}, now);
}

}  // namespace junctor::apps
