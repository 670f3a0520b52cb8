#pragma once
// One mixing function: who hears whom, and how loud, is data.
//
// Every member speaks into at most four buses and hears one. What a listener L hears is
//
//   output_gain(L) * sum over all speakers S of  input_gain(S) * gain(S, L) * samples(S)
//
//   gain(S, L) = the gain of the exception (S, L), if there is one,
//                else 0 when S is L,
//                else the gain at which S speaks into the bus that L hears (0 when it does not).
//
//   two parties, conference   all speak into and hear bus 0
//   mute; deaf                input gain 0; output gain 0
//   hold                      speaks nowhere; hears no bus, or the bus that the music speaks into
//   listen-only observer      hears the bus, speaks nowhere
//   whisper                   an observer with the exception (supervisor, agent, 1)
//   barge                     an observer that now speaks into the bus
//   private, blocked pair     the exception (speaker, listener, 0)
//   echo                      the exception (member, member, 1)
//
// Each bus is summed once a tick, and a listener's own part and exceptions are corrected after that: the work grows
// with members plus exceptions. Gains are linear factors. A change is noted at once and takes effect at the next
// tick(), over which every factor moves in a straight line from its old to its new value; joining and leaving too.
//
// The sum is limited softly (audio/mix_kernels.hpp) for a listener to whom it could exceed full scale; it is exact
// where it cannot, as with one speaker at gain 1.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audio/mix_kernels.hpp"

namespace junctor::media {

/// A factor that is changed at ticks: over the present one it moves from `from` to `to`; `next` comes after that.
template <class T>
struct Stepped {
  T from{}, to{}, next{};

  void tick() { from = to, to = next; }
  bool settled_at(T value) const { return from == value && to == value && next == value; }
};

/// Of one tick: put() for every member that has samples, tick(), then heard() for every listener.
/// Changes and members may allocate; put, tick, same_as and heard do not.
class Mixer {
 public:
  /// An index, 0 … members_max-1. One that was removed is given out again two ticks later at the earliest.
  using Member = std::uint32_t;
  using Bus = std::uint8_t;

  static constexpr std::size_t members_max = 1024;
  static constexpr Bus buses_max = 8;
  static constexpr std::size_t buses_spoken_max = 4;  ///< by one member
  static constexpr std::size_t exceptions_max = 16;   ///< of one listener
  static constexpr int fade_ticks = 2;
  static constexpr float gain_max = 16;  ///< +24 dB; gains outside 0 … gain_max become the nearer end

  /// `sample_rate` 8000, 16000 or 48000 Hz; `frame_ms` 10 or 20.
  explicit Mixer(std::uint32_t sample_rate, std::uint32_t frame_ms = 20,
                 const audio::MixKernels& kernels = audio::mix_kernels());

  std::uint32_t sample_rate() const { return sample_rate_; }
  std::size_t frame_samples() const { return frame_samples_; }
  std::size_t members() const { return members_count_; }

  // ------------------------------------------------------------------------------------------------------- changes

  /// A member that speaks nowhere and hears nothing, at gains of 1. Nothing when the mixer is full.
  std::optional<Member> add();
  /// What was last changed about the member holds from the very start of the next tick, without a fade: it goes on with
  /// what was heard by another way before.
  void settle(Member member);
  /// The member fades out over the next tick (and is gone after fade_ticks), and its exceptions with it; its index is
  /// no longer valid here.
  void remove(Member member);

  /// Gain 0: it no longer speaks there. False, and unchanged, when the member speaks into buses_spoken_max others.
  bool speak(Member member, Bus bus, float gain = 1);
  /// Nothing: it hears only its exceptions.
  void hear(Member member, std::optional<Bus> bus);
  void set_input_gain(Member member, float gain);
  void set_output_gain(Member member, float gain);
  /// False, and unchanged, when the listener has exceptions_max others, those that still fade out included.
  bool set_exception(Member speaker, Member listener, float gain);
  void clear_exception(Member speaker, Member listener);

  // ---------------------------------------------------------------------------------------------------------- tick

  /// The member's samples for the next tick, frame_samples() of them. A member without any is silent; what it said
  /// last fades from its last sample to zero rather than breaking off.
  void put(Member member, std::span<const std::int16_t> samples);

  /// Changes begin to act; buses are summed.
  void tick();

  /// The lowest member that hears exactly the same samples in this tick, at most `listener` itself: who encodes once
  /// for each of these and codec has encoded for all.
  Member same_as(Member listener) const;
  /// Nobody is heard: heard() gives zeros.
  bool hears_nobody(Member listener) const;
  /// What the member says in this tick, at its input gain; false, with `out` untouched, when it is silent. `out` has
  /// frame_samples() elements.
  bool said(Member member, std::span<std::int16_t> out) const;
  /// What the listener hears in this tick; `out` has frame_samples() elements.
  void heard(Member listener, std::span<std::int16_t> out);

 private:
  static constexpr std::int8_t no_bus = -1;

  struct MemberState {
    enum class Life : std::uint8_t { free, joined, removed, fading } life = Life::free;
    enum class Given : std::uint8_t { nothing, zeros, samples } given = Given::nothing;  // since the last tick
    bool sounds = false;  // contributes samples in this tick
    bool hears_nobody = true;
    float last_sample = 0;
    Stepped<float> input, output;
    std::array<Stepped<float>, buses_max> speaks{};
    Stepped<std::int8_t> hears{no_bus, no_bus, no_bus};
    audio::Ramp limiter;
    std::uint32_t exceptions_begin = 0, exceptions_end = 0;
    Member same_as = 0;
  };
  struct Exception {
    Member listener = 0, speaker = 0;
    Stepped<float> gain;
    Stepped<float> present;  // 1: it replaces the bus's gain, 0: it does not exist
  };
  /// How what a listener hears of one speaker differs from what is in its bus.
  struct Correction {
    Member speaker = 0;
    audio::Ramp taken;  // share of the bus's gain that is taken out
    audio::Ramp given;  // gain at which the speaker is added
    bool operator==(const Correction&) const = default;
  };
  struct Corrections {
    std::array<Correction, exceptions_max + 1> list;
    std::size_t count = 0;
    void add(const Correction& correction) { list[count++] = correction; }
    std::span<const Correction> all() const { return {list.data(), count}; }
  };

  struct BusSum {
    std::uint32_t speakers = 0;
    float loudness = 0;  // at most so many times full scale
  };

  MemberState& at(Member member);
  const MemberState& at(Member member) const;
  std::span<float> frame(Member member) { return {&frames_[member * frame_samples_], frame_samples_}; }
  std::span<const float> frame(Member member) const { return {&frames_[member * frame_samples_], frame_samples_}; }
  std::span<float> bus(std::int8_t index) {
    return {&buses_[static_cast<std::size_t>(index) * frame_samples_], frame_samples_};
  }

  std::vector<Exception>::iterator exception_place(Member speaker, Member listener);
  void index_exceptions();
  void tick_exceptions();
  void tick_member(Member member);
  void prepare_frame(Member member);
  void sum_buses();

  Corrections corrections_of(Member listener) const;
  audio::Ramp bus_share(const Correction& correction, std::int8_t index) const;
  BusSum heard_of_bus(std::int8_t index, std::span<const Correction> corrections) const;
  void prepare_listener(Member listener);
  bool hears_same(Member a, std::span<const Correction> corrections_of_a, Member b) const;
  Member find_same(Member listener, std::span<const Correction> corrections);

  /// The bus as the listener hears it: the bus itself or `scratch`.
  const float* corrected_bus(std::int8_t index, std::span<const Correction> corrections, std::span<float> scratch);

  std::uint32_t sample_rate_;
  std::size_t frame_samples_;
  const audio::MixKernels* kernels_;
  std::size_t members_count_ = 0;
  std::vector<MemberState> members_;
  std::vector<float> frames_;             // a frame per member
  std::vector<float> buses_;              // a frame per bus
  std::array<BusSum, buses_max> sums_{};  // what is in each
  std::vector<Exception> exceptions_;     // by listener, then speaker
  std::vector<Member> distinct_;          // hash table of listeners that differ; empty places hold members_max
  std::vector<float> corrected_, mixed_;  // a frame each, of heard()
};

}  // namespace junctor::media
