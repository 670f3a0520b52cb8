#pragma once
// Call progress tones of countries as data, and a generator that plays any cadence.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace junctor::audio {

/// One frequency of a tone. Written f1×f2 in E.180 when it is modulated.
struct Component {
  std::uint16_t hz = 0;             ///< 0: not there
  std::uint16_t modulation_hz = 0;  ///< 0: steady
  std::int8_t relative_db = 0;      ///< against the other components of the segment
};

/// A stretch of a cadence: components sounding together, or silence if there are none.
struct Segment {
  static constexpr std::size_t components_max = 4;

  std::array<Component, components_max> components{};
  std::chrono::milliseconds duration{0};  ///< 0: for ever
};

/// A cadence: its segments in order, over and over unless `once`.
struct Tone {
  static constexpr std::size_t segments_max = 8;

  std::array<Segment, segments_max> segments{};
  std::uint8_t count = 0;
  bool once = false;
};

struct TonePlan {
  std::string_view country;  ///< ISO 3166-1 alpha-2, lower case
  Tone dial, ringback, busy, congestion, special_information;
};

/// The values of ITU-T E.180 Supplement 2; where it lists several, the one of digital exchanges. In the order of their
/// codes.
std::span<const TonePlan> tone_plans();
/// By country code, in either case; "uk" is "gb". nullptr for a country that is not here.
const TonePlan* find_tone_plan(std::string_view country);

/// Within what E.180 §7 recommends for tones at the zero relative level point.
constexpr double tone_plan_level_dbm0 = -10;

/// Plays one Tone frame by frame. Oscillators run through frames and segments; on and off are short ramps, inside of
/// the segment's time, so that nothing clicks. A plain value.
class CadenceGenerator {
 public:
  static constexpr std::chrono::milliseconds ramp{4};

  CadenceGenerator() = default;
  /// `sample_rate` 8000, 16000 or 48000. `level_dbm0` is that of everything in a segment together.
  CadenceGenerator(const Tone& tone, int sample_rate, double level_dbm0 = tone_plan_level_dbm0);

  /// How much of `out` is tone or pause; the rest, which there is only when a `once` tone or a stopped one is over, is
  /// left alone.
  std::size_t generate(std::span<std::int16_t> out);
  /// Fades out within one ramp and is done; at once in a pause.
  void stop();
  bool done() const { return done_; }

 private:
  struct Oscillator {
    double cosine = 1, sine = 0;            // where it is
    double cosine_step = 1, sine_step = 0;  // one sample further

    void start(double hz, double sample_rate);
    void next();
  };
  struct Voice {
    Oscillator carrier, modulator;
    double peak = 0;
    double depth = 0;
  };

  void enter(std::size_t segment);
  void leave();
  double sample();
  double envelope() const;

  Tone tone_;
  double sample_rate_ = 8000;
  double level_dbm0_ = tone_plan_level_dbm0;
  std::array<Voice, Segment::components_max> voices_{};
  std::size_t voice_count_ = 0;
  std::size_t segment_ = 0;
  std::uint64_t position_ = 0;  // samples into the segment
  std::uint64_t length_ = 0;    // of the segment; 0: for ever
  std::uint64_t ramp_ = 0;      // samples
  bool done_ = true;
};

}  // namespace junctor::audio
