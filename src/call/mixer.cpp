#include "call/mixer.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "call/leg.hpp"
#include "call/negotiation.hpp"

namespace junctor::call {
namespace {

constexpr std::array<std::string_view, needs> need_names = {"room", "recording", "playing", "codec in use",
                                                            "voice processing"};

}  // namespace

Mixer::~Mixer() {
  plays_.forget(*this);
  for (Seat& seat : seats_) seat.leg->mixer = nullptr;
  if (open_) close(*open_);
}

Mixer::Seat* Mixer::find(const Leg& leg) {
  const auto at = std::ranges::find(seats_, &leg, &Seat::leg);
  return at == seats_.end() ? nullptr : &*at;
}
const Mixer::Seat* Mixer::find(const Leg& leg) const {
  const auto at = std::ranges::find(seats_, &leg, &Seat::leg);
  return at == seats_.end() ? nullptr : &*at;
}

bool Mixer::holds(const Leg& leg) const {
  return find(leg) != nullptr;
}

std::vector<Leg*> Mixer::legs() const {
  std::vector<Leg*> out;
  for (const Seat& seat : seats_) out.push_back(seat.leg);
  return out;
}

void Mixer::seat(Leg& leg, const Voice& voice) {
  JUNCTOR_CHECK(leg.port() != nullptr && leg.port()->worker == worker_);
  if (leg.mixer == this) return update(leg);
  if (leg.mixer != nullptr) leg.mixer->unseat(leg);
  leg.mixer = this;
  Seat& seat = seats_.emplace_back();
  seat.leg = &leg;
  seat.voice = voice;
  seat.agreed = agreed_with(leg);
  refresh();
  leg.on_seated();
}

void Mixer::unseat(Leg& leg) {
  Seat* const seat = find(leg);
  if (seat == nullptr) return;
  // A port that closes leaves its relay or seat by itself; one that stays is told.
  if (leg.port_is_open()) {
    if (seat->seated == leg.port()->id) plane_.command(worker_, media::Unseat{seat->seated});
    if (relayed_) plane_.command(worker_, media::Leave{leg.port()->id});
  }
  leg.mixer = nullptr;
  forget_seated(*seat);
  if (!seat->keys.empty()) --needs_[static_cast<std::size_t>(Need::playing)];
  seats_.erase(seats_.begin() + (seat - seats_.data()));
  needs_[static_cast<std::size_t>(Need::codec)] = 0;
  relayed_.reset();
  refresh();
}

Mixer::Agreed Mixer::agreed_with(const Leg& leg) {
  Agreed out;
  if (!leg.media_answered()) return out;
  const sip::sdp::Media* const audio = sip::sdp::first_audio(*leg.local());
  out.own_codec = audio != nullptr && has_own_codec(audio->codecs);
  out.codecs = agreed_codecs(*leg.local(), *leg.remote());
  out.rate = audio_rate(out.codecs);
  return out;
}

void Mixer::update(const Leg& leg) {
  Seat* const seat = find(leg);
  if (seat == nullptr) return;
  seat->agreed = agreed_with(leg);
  refresh();
  say_hears(*seat);
}

void Mixer::update_processing(const Leg& leg) {
  Seat* const seat = find(leg);
  if (seat == nullptr) return;
  say_processing(*seat);
  refresh();
}

void Mixer::update_muting(const Leg& leg) {
  Seat* const seat = find(leg);
  if (seat == nullptr) return;
  say_voice(*seat);
  refresh();
}

void Mixer::on_unmapped_codec() {
  const bool ours =
      std::ranges::all_of(seats_, [](const Seat& seat) { return seat.leg->media_answered() && seat.agreed.own_codec; });
  if (ours && seats_.size() == 2 && !is_needed(Need::codec)) add_need(Need::codec);
}

void Mixer::add_need(Need need) {
  ++needs_[static_cast<std::size_t>(need)];
  refresh();
}

void Mixer::drop_need(Need need) {
  std::uint16_t& count = needs_[static_cast<std::size_t>(need)];
  JUNCTOR_CHECK(count > 0);
  --count;
  refresh();
}

void Mixer::set_voice(const Leg& leg, const Voice& voice) {
  Seat* const seat = find(leg);
  if (seat == nullptr || seat->voice == voice) return;
  const bool was_party = std::exchange(seat->voice, voice).to_all;
  say_voice(*seat);
  say_whispers();
  say_hears(*seat);
  refresh();
  if (was_party != voice.to_all) seat->leg->on_seated();
}

Voice Mixer::voice(const Leg& leg) const {
  const Seat* const seat = find(leg);
  return seat != nullptr ? seat->voice : Voice{};
}

media::PlayId Mixer::play(media::Play what, Plays::Ended ended) {
  add_need(Need::playing);
  what.id = plays_.begin(*this, std::move(ended));
  what.mixer = open_.value_or(media::make_mixer_id(worker_, 0));  // nobody here: the worker refuses it
  what.token = Plays::token_of(what.id);
  plane_.command(worker_, what);
  return what.id;
}

void Mixer::stop(media::PlayId id) {
  plane_.command(worker_, media::StopPlay{id});
}

// ------------------------------------------------------------------------------------------------------------- keys

Result<void, Refusal> Mixer::sound_keys(const Leg& leg, media::Play::Keys keys) {
  Seat* const seat = find(leg);
  if (seat == nullptr || !seat->agreed.own_codec || !leg.port_is_ready()) return fail(Refusal::no_digits);
  std::size_t waiting = keys.digits.size();
  for (const media::Play::Keys& each : seat->keys) waiting += each.digits.size();
  if (waiting > keys_max) return fail(Refusal::bad_digits);
  seat->keys.push_back(std::move(keys));
  if (seat->keys.size() > 1) return {};
  add_need(Need::playing);  // it is seated now
  say_hears(*seat);
  play_keys(*seat);
  return {};
}

void Mixer::play_keys(const Seat& seat) {
  media::Play what;
  what.to = seat.leg->port()->id;
  what.what = seat.keys.front();
  const LegId id = seat.leg->id();
  play(std::move(what), [this, id](media::PlayEnd, TimePoint) { on_keys_ended(id); });
}

void Mixer::on_keys_ended(LegId id) {
  const auto seat = std::ranges::find_if(seats_, [&](const Seat& each) { return each.leg->id() == id; });
  if (seat == seats_.end() || seat->keys.empty()) return;
  seat->keys.pop_front();
  if (!seat->keys.empty() && seat->leg->port_is_ready()) return play_keys(*seat);
  seat->keys.clear();
  say_hears(*seat);
  drop_need(Need::playing);
}

/// While keys sound, and while it is held or hears a program instead, what is played to it alone.
void Mixer::say_hears(Seat& seat) {
  const bool others = seat.keys.empty() && !seat.leg->held() && seat.voice.hears_others;
  if (!seat.seated || seat.hears_others == others) return;
  seat.hears_others = others;
  const auto bus = others ? std::optional<std::uint8_t>(0) : std::nullopt;
  plane_.command(worker_, media::Hearing{seat.seated, media::Hearing::Hear{bus}});
}

// ------------------------------------------------------------------------------------------------------- which way

bool Mixer::relay_fits() const {
  if (seats_.size() > 2) return false;
  if (seats_.size() < 2) return true;
  const Seat& a = seats_[0];
  const Seat& b = seats_[1];
  if (!a.leg->media_answered() || !b.leg->media_answered()) return true;
  return can_relay(a.agreed.codecs, b.agreed.codecs);
}

bool Mixer::needs_samples() const {
  return std::ranges::any_of(needs_, [](std::uint16_t count) { return count > 0; }) ||
         std::ranges::any_of(seats_, [](const Seat& seat) { return voice_of(seat) != Voice{} || seat.leg->held(); });
}

/// No more than two legs can use: what only one of them could say, nobody could hear.
std::uint32_t Mixer::wanted_rate() const {
  std::uint32_t highest = 0, second = 0;
  for (const Seat& seat : seats_) {
    second = std::max(second, std::min(highest, seat.agreed.rate));
    highest = std::max(highest, seat.agreed.rate);
  }
  return second != 0 ? second : highest != 0 ? highest : 8000;
}

void Mixer::refresh() {
  // What we cannot decode is better heard as it is than not at all.
  const bool ours = std::ranges::all_of(seats_, [](const Seat& seat) { return seat.agreed.own_codec; });
  const auto processed = std::ranges::count_if(seats_, [](const Seat& seat) { return seat.leg->voice_is_processed(); });
  needs_[static_cast<std::size_t>(Need::processing)] = ours ? static_cast<std::uint16_t>(processed) : 0;
  const bool samples = !seats_.empty() && (needs_samples() || !relay_fits());
  if (samples) return mix();
  relay();
}

void Mixer::relay() {
  const bool both = seats_.size() == 2 && seats_[0].leg->port_is_open() && seats_[1].leg->port_is_open();
  if (both) {
    const std::pair pair{seats_[0].leg->port()->id, seats_[1].leg->port()->id};
    if (relayed_ != pair) plane_.command(worker_, media::Join{pair.first, pair.second});
    relayed_ = pair;
  } else {
    relayed_.reset();
  }
  for (Seat& seat : seats_) forget_seated(seat);
  if (open_) close(*open_);
  open_.reset();
}

void Mixer::mix() {
  const bool fixed = open_ && (is_needed(Need::playing) || is_needed(Need::recording));
  const std::uint32_t rate = fixed ? rate_ : wanted_rate();
  const std::optional<media::MixerId> before = open_;
  if (!open_ || rate != rate_) {
    open_ = plane_.new_mixer_id(worker_);
    rate_ = rate;
    plane_.command(worker_, media::OpenMixer{*open_, rate});
    for (Seat& seat : seats_) forget_seated(seat);
  }
  for (Seat& seat : seats_) take_seat(seat);
  say_whispers();
  relayed_.reset();
  if (before && before != open_) close(*before);
}

void Mixer::take_seat(Seat& seat) {
  // Without formats it could not be heard: it is seated once they are known.
  if (!seat.leg->port_is_ready()) return;
  const PortId port = seat.leg->port()->id;
  if (seat.seated == port) return;
  forget_seated(seat);
  seat.told = voice_of(seat);
  plane_.command(worker_, media::Seat{.port = port,
                                      .mixer = *open_,
                                      .speaks = seat.told.to_all,
                                      .input_gain = seat.told.input_gain,
                                      .output_gain = seat.told.output_gain});
  seat.seated = port;
  if (std::exchange(seat.told.hears_itself, false)) say_voice(seat);
  seat.processing = {};
  seat.has_processor = false;
  say_processing(seat);
  seat.hears_others = true;
  say_hears(seat);
}

/// Nothing of the leg sits on the worker any more, and nothing that it heard of others by exception.
void Mixer::forget_seated(Seat& seat) {
  if (!seat.seated) return;
  for (Seat& other : seats_)
    if (other.whispered_to == seat.seated) other.whispered_to = {};
  seat.seated = {};
  seat.whispered_to = {};
}

Voice Mixer::voice_of(const Seat& seat) {
  Voice out = seat.voice;
  if (seat.leg->muting().says) out.input_gain = 0;
  if (seat.leg->muting().hears) out.output_gain = 0;
  return out;
}

void Mixer::say_voice(Seat& seat) {
  if (!seat.seated) return;
  const Voice voice = voice_of(seat);
  const Voice before = std::exchange(seat.told, voice);
  const PortId port = seat.seated;
  const auto say = [&](auto change) { plane_.command(worker_, media::Hearing{port, change}); };
  using media::Hearing;
  if (voice.to_all != before.to_all) say(Hearing::Speak{0, voice.to_all ? 1.0f : 0.0f});
  if (voice.input_gain != before.input_gain) say(Hearing::InputGain{voice.input_gain});
  if (voice.output_gain != before.output_gain) say(Hearing::OutputGain{voice.output_gain});
  if (voice.hears_itself != before.hears_itself)
    say(Hearing::Exception{port, voice.hears_itself ? std::optional(1.0f) : std::nullopt});
}

/// To those who are seated by now.
void Mixer::say_whispers() {
  for (Seat& seat : seats_) {
    if (!seat.seated) continue;
    const auto listener = std::ranges::find_if(seats_, [&](const Seat& each) {
      return each.seated && seat.voice.whispers_to && each.leg->id() == seat.voice.whispers_to;
    });
    const PortId to = !seat.voice.to_all && listener != seats_.end() ? listener->seated : PortId{};
    if (to == seat.whispered_to) continue;
    using media::Hearing;
    if (seat.whispered_to)
      plane_.command(worker_, Hearing{seat.whispered_to, Hearing::Exception{seat.seated, std::nullopt}});
    if (to) plane_.command(worker_, Hearing{to, Hearing::Exception{seat.seated, 1.0f}});
    seat.whispered_to = to;
  }
}

void Mixer::say_processing(Seat& seat) {
  const media::VoiceProcessing& wanted = seat.leg->voice_processing();
  if (!seat.seated || wanted == seat.processing) return;
  media::Process command{seat.seated, wanted, nullptr};
  if (wanted.sound.any() && !seat.has_processor) {
    command.processor = std::make_shared<audio::VoiceProcessor>(static_cast<int>(rate_), wanted.sound);
    seat.has_processor = true;
  }
  plane_.command(worker_, std::move(command));
  seat.processing = wanted;
}

void Mixer::close(media::MixerId id) {
  plane_.command(worker_, media::CloseMixer{id});
}

// -------------------------------------------------------------------------------------------------------- for people

std::string Mixer::plan() const {
  if (path() == media::Path::none) return {};
  std::string codecs;
  for (const Seat& seat : seats_) {
    const sip::sdp::Codec* const codec = first_audio_codec(seat.agreed.codecs);
    if (codec == nullptr || (!open_ && !codecs.empty())) continue;
    codecs += (codecs.empty() ? "" : " and ") + codec->name;
  }
  if (!open_) return "relay " + codecs;
  std::string out = "mixer at " + std::to_string(rate_) + " Hz: ";
  std::string why;
  for (std::size_t i = 0; i < needs; ++i)
    if (needs_[i] > 0) why += (why.empty() ? "" : ", ") + std::string(need_names[i]);
  if (std::ranges::any_of(seats_, [](const Seat& seat) { return seat.leg->held(); }))
    why += why.empty() ? "hold" : ", hold";
  if (seats_.size() > 2 && why.empty()) why = std::to_string(seats_.size()) + " legs";
  return out + (why.empty() ? codecs : why);
}

}  // namespace junctor::call
