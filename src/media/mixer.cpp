#include "media/mixer.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"

namespace junctor::media {
namespace {

using audio::Ramp;

/// Beyond it a sum could exceed full scale; a little above 1 for the rounding of gains that add up to 1.
constexpr float loudness_exact_max = 1.0001F;
/// How long the last sample of a member that stopped takes to fade.
constexpr std::uint32_t tail_per_second = 200;  // 5 ms

float clamp_gain(float gain) {
  return gain > 0 ? std::min(gain, Mixer::gain_max) : 0.0F;  // not a number becomes 0
}

Ramp ramp(const Stepped<float>& factor) {
  return {factor.from, factor.to};
}

Ramp product(Ramp a, Ramp b) {
  return {a.from * b.from, a.to * b.to};
}

float greatest(Ramp r) {
  return std::max(r.from, r.to);
}

Ramp negative(Ramp r) {
  return {-r.from, -r.to};
}

}  // namespace

Mixer::Mixer(std::uint32_t sample_rate, std::uint32_t frame_ms, const audio::MixKernels& kernels)
    : sample_rate_(sample_rate),
      frame_samples_(std::size_t{sample_rate} * frame_ms / 1000),
      kernels_(&kernels),
      buses_(buses_max * frame_samples_),
      corrected_(frame_samples_),
      mixed_(frame_samples_) {
  JUNCTOR_CHECK(sample_rate == 8000 || sample_rate == 16000 || sample_rate == 48000);
  JUNCTOR_CHECK(frame_ms == 10 || frame_ms == 20);
}

Mixer::MemberState& Mixer::at(Member member) {
  JUNCTOR_CHECK(member < members_.size() && members_[member].life == MemberState::Life::joined);
  return members_[member];
}

const Mixer::MemberState& Mixer::at(Member member) const {
  JUNCTOR_CHECK(member < members_.size() && members_[member].life == MemberState::Life::joined);
  return members_[member];
}

// ---------------------------------------------------------------------------------------------------------- changes

std::optional<Mixer::Member> Mixer::add() {
  const auto free = std::ranges::find(members_, MemberState::Life::free, &MemberState::life);
  const auto member = static_cast<Member>(free - members_.begin());
  if (free == members_.end()) {
    if (members_.size() == members_max) return std::nullopt;
    members_.emplace_back();
    frames_.resize(members_.size() * frame_samples_);
    distinct_.resize(2 * std::bit_ceil(members_.size()));
  }
  members_[member] = {.life = MemberState::Life::joined, .input = {1, 1, 1}, .output = {1, 1, 1}, .same_as = member};
  index_exceptions();
  ++members_count_;
  return member;
}

void Mixer::settle(Member member) {
  const auto settle_one = []<class T>(Stepped<T>& factor) { factor.from = factor.to = factor.next; };
  MemberState& state = at(member);
  settle_one(state.input);
  settle_one(state.output);
  settle_one(state.hears);
  for (auto& gain : state.speaks) settle_one(gain);
}

void Mixer::remove(Member member) {
  MemberState& state = at(member);
  for (auto& gain : state.speaks) gain.next = 0;
  state.hears.next = no_bus;
  state.life = MemberState::Life::removed;
  for (Exception& e : exceptions_) {
    if (e.speaker == member || e.listener == member) e.present.next = 0;
  }
  --members_count_;
}

bool Mixer::speak(Member member, Bus bus, float gain) {
  MemberState& state = at(member);
  JUNCTOR_CHECK(bus < buses_max);
  const auto spoken = std::ranges::count_if(state.speaks, [](const auto& g) { return g.next > 0; });
  if (gain > 0 && state.speaks[bus].next <= 0 && static_cast<std::size_t>(spoken) == buses_spoken_max) return false;
  state.speaks[bus].next = clamp_gain(gain);
  return true;
}

void Mixer::hear(Member member, std::optional<Bus> bus) {
  JUNCTOR_CHECK(!bus || *bus < buses_max);
  at(member).hears.next = bus ? static_cast<std::int8_t>(*bus) : no_bus;
}

void Mixer::set_input_gain(Member member, float gain) {
  at(member).input.next = clamp_gain(gain);
}

void Mixer::set_output_gain(Member member, float gain) {
  at(member).output.next = clamp_gain(gain);
}

std::vector<Mixer::Exception>::iterator Mixer::exception_place(Member speaker, Member listener) {
  return std::ranges::lower_bound(exceptions_, std::pair(listener, speaker), {},
                                  [](const Exception& e) { return std::pair(e.listener, e.speaker); });
}

void Mixer::index_exceptions() {
  for (MemberState& state : members_) state.exceptions_begin = state.exceptions_end = 0;
  for (std::uint32_t i = 0; i < exceptions_.size(); ++i) {
    MemberState& listener = members_[exceptions_[i].listener];
    if (listener.exceptions_end == 0) listener.exceptions_begin = i;
    listener.exceptions_end = i + 1;
  }
}

bool Mixer::set_exception(Member speaker, Member listener, float gain) {
  at(speaker);
  const MemberState& state = at(listener);
  auto place = exception_place(speaker, listener);
  if (place == exceptions_.end() || place->speaker != speaker || place->listener != listener) {
    if (state.exceptions_end - state.exceptions_begin == exceptions_max) return false;
    place = exceptions_.insert(place, Exception{.listener = listener, .speaker = speaker});
    index_exceptions();
  }
  place->gain.next = clamp_gain(gain);
  place->present.next = 1;
  return true;
}

void Mixer::clear_exception(Member speaker, Member listener) {
  const auto place = exception_place(speaker, listener);
  if (place == exceptions_.end() || place->speaker != speaker || place->listener != listener) return;
  place->present.next = 0;
}

// ------------------------------------------------------------------------------------------------------------- tick

void Mixer::put(Member member, std::span<const std::int16_t> samples) {
  MemberState& state = at(member);
  JUNCTOR_CHECK(samples.size() == frame_samples_);
  if (std::ranges::all_of(samples, [](std::int16_t s) { return s == 0; })) {
    state.given = MemberState::Given::zeros;
    return;
  }
  state.given = MemberState::Given::samples;
  kernels_->widen(samples.data(), frame(member).data(), frame_samples_);
}

void Mixer::tick() {
  tick_exceptions();
  for (Member m = 0; m < members_.size(); ++m) {
    if (members_[m].life != MemberState::Life::free) tick_member(m);
  }
  sum_buses();
  std::ranges::fill(distinct_, static_cast<Member>(members_max));
  for (Member m = 0; m < members_.size(); ++m) {
    if (members_[m].life == MemberState::Life::joined) prepare_listener(m);
  }
}

void Mixer::tick_exceptions() {
  if (exceptions_.empty()) return;
  for (Exception& e : exceptions_) e.gain.tick(), e.present.tick();
  const auto gone = std::erase_if(exceptions_, [](const Exception& e) { return e.present.settled_at(0); });
  if (gone != 0) index_exceptions();
}

void Mixer::tick_member(Member member) {
  MemberState& state = members_[member];
  using Life = MemberState::Life;
  if (state.life == Life::fading) {
    state = {};
    return;
  }
  if (state.life == Life::removed) state.life = Life::fading;
  state.input.tick();
  state.output.tick();
  state.hears.tick();
  for (auto& gain : state.speaks) gain.tick();
  prepare_frame(member);
}

void Mixer::prepare_frame(Member member) {
  MemberState& state = members_[member];
  const std::span<float> samples = frame(member);
  using Given = MemberState::Given;
  if (state.given == Given::nothing && state.last_sample != 0) {
    std::ranges::fill(samples, 0.0F);
    const std::size_t tail = sample_rate_ / tail_per_second;
    for (std::size_t i = 0; i < tail; ++i) {
      samples[i] = state.last_sample * static_cast<float>(tail - i) / static_cast<float>(tail + 1);
    }
    state.given = Given::samples;
  }
  state.sounds = state.given == Given::samples;
  state.given = Given::nothing;
  state.last_sample = state.sounds ? samples.back() : 0;
  if (!state.sounds || ramp(state.input).is(1)) return;
  state.sounds = !ramp(state.input).is(0);
  if (state.sounds) kernels_->scale(samples.data(), ramp(state.input), frame_samples_);
}

void Mixer::sum_buses() {
  sums_ = {};
  for (Member m = 0; m < members_.size(); ++m) {
    const MemberState& state = members_[m];
    if (!state.sounds) continue;
    for (std::size_t b = 0; b < buses_max; ++b) {
      const Ramp gain = ramp(state.speaks[b]);
      if (gain.is(0)) continue;
      const std::span<float> sum = bus(static_cast<std::int8_t>(b));
      if (sums_[b].speakers++ == 0) std::ranges::fill(sum, 0.0F);
      sums_[b].loudness += greatest(gain) * greatest(ramp(state.input));
      kernels_->add(sum.data(), sum.data(), frame(m).data(), gain, frame_samples_);
    }
  }
}

// -------------------------------------------------------------------------------------------------------- listeners

Mixer::Corrections Mixer::corrections_of(Member listener) const {
  const MemberState& state = members_[listener];
  Corrections out;
  const auto add = [&](const Correction& c) {
    if (!members_[c.speaker].sounds) return;
    const bool takes = !bus_share(c, state.hears.from).is(0) || !bus_share(c, state.hears.to).is(0);
    if (takes || !c.given.is(0)) out.add(c);
  };
  Correction self{.speaker = listener, .taken = {1, 1}};
  bool self_added = false;
  for (std::uint32_t i = state.exceptions_begin; i < state.exceptions_end; ++i) {
    const Exception& e = exceptions_[i];
    if (e.speaker >= listener && !self_added) {
      if (e.speaker == listener) self.given = product(ramp(e.present), ramp(e.gain));
      add(self);
      self_added = true;
    }
    if (e.speaker == listener) continue;
    add({.speaker = e.speaker, .taken = ramp(e.present), .given = product(ramp(e.present), ramp(e.gain))});
  }
  if (!self_added) add(self);
  return out;
}

Ramp Mixer::bus_share(const Correction& correction, std::int8_t index) const {
  if (index == no_bus) return {};
  return product(correction.taken, ramp(members_[correction.speaker].speaks[static_cast<std::size_t>(index)]));
}

Mixer::BusSum Mixer::heard_of_bus(std::int8_t index, std::span<const Correction> corrections) const {
  if (index == no_bus) return {};
  BusSum out = sums_[static_cast<std::size_t>(index)];
  for (const Correction& c : corrections) {
    const MemberState& speaker = members_[c.speaker];
    const Ramp gain = ramp(speaker.speaks[static_cast<std::size_t>(index)]);
    if (gain.is(0) || !c.taken.is(1)) continue;
    --out.speakers;
    out.loudness -= greatest(gain) * greatest(ramp(speaker.input));
  }
  return out;
}

void Mixer::prepare_listener(Member listener) {
  MemberState& state = members_[listener];
  const Corrections corrections = corrections_of(listener);
  const BusSum before = heard_of_bus(state.hears.from, corrections.all());
  const BusSum after = heard_of_bus(state.hears.to, corrections.all());
  float loudness = std::max(before.loudness, after.loudness);
  bool somebody = before.speakers + after.speakers != 0;
  for (const Correction& c : corrections.all()) {
    loudness += greatest(c.given) * greatest(ramp(members_[c.speaker].input));
    somebody = somebody || !c.given.is(0);
  }
  const Ramp output = ramp(state.output);
  state.hears_nobody = !somebody || output.is(0);
  state.limiter = {state.limiter.to, loudness * greatest(output) > loudness_exact_max ? 1.0F : 0.0F};
  state.same_as = find_same(listener, corrections.all());
}

bool Mixer::hears_same(Member a, std::span<const Correction> corrections_of_a, Member b) const {
  const MemberState& x = members_[a];
  const MemberState& y = members_[b];
  if (x.hears_nobody || y.hears_nobody) return x.hears_nobody == y.hears_nobody;
  return x.hears.from == y.hears.from && x.hears.to == y.hears.to && ramp(x.output) == ramp(y.output) &&
         x.limiter == y.limiter && std::ranges::equal(corrections_of_a, corrections_of(b).all());
}

Mixer::Member Mixer::find_same(Member listener, std::span<const Correction> corrections) {
  const MemberState& state = members_[listener];
  std::uint64_t hash = 0;
  const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15u, hash ^= hash >> 29; };
  if (!state.hears_nobody) {
    mix(static_cast<std::uint8_t>(state.hears.from));
    mix(static_cast<std::uint8_t>(state.hears.to) + 1u);
    mix(std::bit_cast<std::uint32_t>(state.output.to));
    for (const Correction& c : corrections) mix(c.speaker);
  }
  for (std::size_t at = hash;; ++at) {
    Member& place = distinct_[at & (distinct_.size() - 1)];
    if (place == members_max) return place = listener;
    if (hears_same(listener, corrections, place)) return place;
  }
}

Mixer::Member Mixer::same_as(Member listener) const {
  return at(listener).same_as;
}

bool Mixer::hears_nobody(Member listener) const {
  return at(listener).hears_nobody;
}

bool Mixer::said(Member member, std::span<std::int16_t> out) const {
  JUNCTOR_CHECK(out.size() == frame_samples_);
  if (!at(member).sounds) return false;
  kernels_->limit(frame(member).data(), {}, out.data(), frame_samples_);
  return true;
}

const float* Mixer::corrected_bus(std::int8_t index, std::span<const Correction> corrections,
                                  std::span<float> scratch) {
  if (index == no_bus || sums_[static_cast<std::size_t>(index)].speakers == 0) {
    std::ranges::fill(scratch, 0.0F);
    return scratch.data();
  }
  const float* sum = bus(index).data();
  for (const Correction& c : corrections) {
    const Ramp share = bus_share(c, index);
    if (share.is(0)) continue;
    kernels_->add(scratch.data(), sum, frame(c.speaker).data(), negative(share), frame_samples_);
    sum = scratch.data();
  }
  return sum;
}

void Mixer::heard(Member listener, std::span<std::int16_t> out) {
  const MemberState& state = at(listener);
  JUNCTOR_CHECK(out.size() == frame_samples_);
  if (state.hears_nobody) {
    std::ranges::fill(out, std::int16_t{0});
    return;
  }
  const Corrections corrections = corrections_of(listener);
  const float* sum = nullptr;
  if (state.hears.from == state.hears.to) {
    sum = corrected_bus(state.hears.to, corrections.all(), corrected_);
  } else {
    std::ranges::fill(mixed_, 0.0F);
    sum = mixed_.data();
    const float* from = corrected_bus(state.hears.from, corrections.all(), corrected_);
    kernels_->add(mixed_.data(), sum, from, {1, 0}, frame_samples_);
    const float* to = corrected_bus(state.hears.to, corrections.all(), corrected_);
    kernels_->add(mixed_.data(), sum, to, {0, 1}, frame_samples_);
  }
  for (const Correction& c : corrections.all()) {
    if (c.given.is(0)) continue;
    kernels_->add(mixed_.data(), sum, frame(c.speaker).data(), c.given, frame_samples_);
    sum = mixed_.data();
  }
  const Ramp output = ramp(state.output);
  if (!output.is(1)) {
    if (sum != mixed_.data()) std::copy_n(sum, frame_samples_, mixed_.data());
    kernels_->scale(mixed_.data(), output, frame_samples_);
    sum = mixed_.data();
  }
  kernels_->limit(sum, state.limiter, out.data(), frame_samples_);
}

}  // namespace junctor::media
