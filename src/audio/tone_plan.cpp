#include "audio/tone_plan.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numbers>

#include "audio/tone.hpp"
#include "base/check.hpp"

namespace junctor::audio {
namespace {

using std::chrono::milliseconds;

constexpr double modulation_depth = 0.9;

constexpr Component hz(std::uint16_t f) {
  return {.hz = f};
}
constexpr Component modulated(std::uint16_t f, std::uint16_t by) {
  return {.hz = f, .modulation_hz = by};
}

constexpr Segment on(std::initializer_list<Component> components, int ms) {
  Segment segment{.duration = milliseconds(ms)};
  std::ranges::copy(components, segment.components.begin());
  return segment;
}
constexpr Segment off(int ms) {
  return {.duration = milliseconds(ms)};
}

constexpr Tone cadence(std::initializer_list<Segment> segments) {
  Tone tone;
  std::ranges::copy(segments, tone.segments.begin());
  tone.count = static_cast<std::uint8_t>(segments.size());
  return tone;
}
constexpr Tone steady(std::initializer_list<Component> components) {
  return cadence({on(components, 0)});
}
constexpr Tone pulses(Component c, int on_ms, int off_ms) {
  return cadence({on({c}, on_ms), off(off_ms)});
}
/// Two rings close together, as in the United Kingdom and where its exchanges went.
constexpr Tone double_ring(std::initializer_list<Component> components) {
  return cadence({on(components, 400), off(200), on(components, 400), off(2000)});
}
/// E.180 §11: three rising tones of 330 ms and a second of silence.
constexpr Tone special_information(std::uint16_t first = 950) {
  return cadence({on({hz(first)}, 330), on({hz(1400)}, 330), on({hz(1800)}, 330), off(1000)});
}

constexpr Tone north_american_busy(int on_ms, int off_ms) {
  return cadence({on({hz(480), hz(620)}, on_ms), off(off_ms)});
}
constexpr TonePlan north_american(std::string_view country) {
  return {.country = country,
          .dial = steady({hz(350), hz(440)}),
          .ringback = cadence({on({hz(440), hz(480)}, 2000), off(4000)}),
          .busy = north_american_busy(500, 500),
          .congestion = north_american_busy(250, 250),
          .special_information = special_information()};
}

constexpr std::array plans = {
    TonePlan{.country = "at",
             .dial = steady({hz(420)}),
             .ringback = pulses(hz(420), 1000, 5000),
             .busy = pulses(hz(420), 400, 400),
             .congestion = pulses(hz(420), 200, 200),
             .special_information = special_information()},
    TonePlan{.country = "au",
             .dial = steady({modulated(425, 25)}),
             .ringback = double_ring({modulated(425, 25)}),
             .busy = pulses(hz(425), 375, 375),
             .congestion = pulses(hz(425), 375, 375),
             .special_information = pulses(hz(425), 2500, 500)},  // its number unobtainable tone
    TonePlan{.country = "be",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 3000),
             .busy = pulses(hz(425), 500, 500),
             .congestion = pulses(hz(425), 167, 167),
             .special_information = special_information(900)},
    TonePlan{.country = "br",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 250, 250),
             .congestion = pulses(hz(425), 250, 250),
             .special_information = special_information()},
    north_american("ca"),
    TonePlan{.country = "ch",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 500, 500),
             .congestion = pulses(hz(425), 200, 200),
             .special_information = special_information()},
    TonePlan{.country = "cn",
             .dial = steady({hz(450)}),
             .ringback = pulses(hz(450), 1000, 4000),
             .busy = pulses(hz(450), 350, 350),
             .congestion = pulses(hz(450), 700, 700),
             .special_information = special_information()},
    TonePlan{.country = "de",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 480, 480),
             .congestion = pulses(hz(425), 240, 240),
             .special_information = special_information()},
    TonePlan{.country = "es",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1500, 3000),
             .busy = pulses(hz(425), 200, 200),
             .congestion =
                 cadence({on({hz(425)}, 200), off(200), on({hz(425)}, 200), off(200), on({hz(425)}, 200), off(600)}),
             .special_information = special_information()},
    TonePlan{.country = "fi",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 300, 300),
             .congestion = pulses(hz(425), 200, 200),
             .special_information = special_information()},
    TonePlan{.country = "fr",
             .dial = steady({hz(440)}),
             .ringback = pulses(hz(440), 1500, 3500),
             .busy = pulses(hz(440), 500, 500),
             .congestion = pulses(hz(440), 500, 500),  // no tone of its own
             .special_information = special_information()},
    TonePlan{.country = "gb",
             .dial = steady({hz(350), hz(440)}),
             .ringback = double_ring({hz(400), hz(450)}),
             .busy = pulses(hz(400), 375, 375),
             .congestion = cadence({on({hz(400)}, 400), off(350), on({hz(400)}, 225), off(525)}),
             .special_information = special_information()},
    TonePlan{.country = "in",
             .dial = steady({modulated(400, 25)}),
             .ringback = double_ring({modulated(400, 25)}),
             .busy = pulses(hz(400), 750, 750),
             .congestion = pulses(hz(400), 250, 250),
             .special_information = special_information()},
    TonePlan{.country = "it",
             .dial = cadence({on({hz(425)}, 200), off(200), on({hz(425)}, 600), off(1000)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 500, 500),
             .congestion = pulses(hz(425), 200, 200),
             .special_information = special_information()},
    TonePlan{.country = "jp",
             .dial = steady({hz(400)}),
             .ringback = pulses(modulated(400, 16), 1000, 2000),
             .busy = pulses(hz(400), 500, 500),
             .congestion = pulses(hz(400), 500, 500),  // no tone of its own
             .special_information = special_information()},
    TonePlan{.country = "nl",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 500, 500),
             .congestion = pulses(hz(425), 250, 250),
             .special_information = special_information()},
    TonePlan{.country = "no",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 500, 500),
             .congestion = pulses(hz(425), 200, 200),
             .special_information = special_information()},
    TonePlan{.country = "nz",
             .dial = steady({hz(400)}),
             .ringback = double_ring({hz(400), hz(450)}),
             .busy = pulses(hz(400), 500, 500),
             .congestion = pulses(hz(400), 250, 250),
             .special_information = cadence({on({hz(400)}, 750), off(100), on({hz(400)}, 750), off(100),
                                             on({hz(400)}, 750), off(100), on({hz(400)}, 750), off(400)})},
    TonePlan{.country = "pl",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 4000),
             .busy = pulses(hz(425), 500, 500),
             .congestion = pulses(hz(425), 500, 500),
             .special_information = special_information()},
    TonePlan{.country = "se",
             .dial = steady({hz(425)}),
             .ringback = pulses(hz(425), 1000, 5000),
             .busy = pulses(hz(425), 250, 250),
             .congestion = pulses(hz(425), 250, 750),
             .special_information = special_information()},
    north_american("us"),
    TonePlan{.country = "za",
             .dial = steady({modulated(400, 33)}),
             .ringback = double_ring({modulated(400, 33)}),
             .busy = pulses(hz(400), 500, 500),
             .congestion = pulses(hz(400), 250, 250),
             .special_information = special_information()},
};
static_assert(std::ranges::is_sorted(plans, {}, &TonePlan::country));

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::span<const TonePlan> tone_plans() {
  return plans;
}

const TonePlan* find_tone_plan(std::string_view country) {
  if (country.size() != 2) return nullptr;
  const std::array<char, 2> code = {lower(country[0]), lower(country[1])};
  std::string_view wanted(code.data(), code.size());
  if (wanted == "uk") wanted = "gb";
  const auto found = std::ranges::lower_bound(plans, wanted, {}, &TonePlan::country);
  return found != plans.end() && found->country == wanted ? &*found : nullptr;
}

void CadenceGenerator::Oscillator::start(double hz, double sample_rate) {
  const double step = 2 * std::numbers::pi * hz / sample_rate;
  *this = {.cosine_step = std::cos(step), .sine_step = std::sin(step)};
}

void CadenceGenerator::Oscillator::next() {
  const double c = cosine * cosine_step - sine * sine_step;
  sine = sine * cosine_step + cosine * sine_step;
  cosine = c;
}

CadenceGenerator::CadenceGenerator(const Tone& tone, int sample_rate, double level_dbm0)
    : tone_(tone), sample_rate_(sample_rate), level_dbm0_(level_dbm0), done_(tone.count == 0) {
  JUNCTOR_CHECK(sample_rate > 0);
  ramp_ = static_cast<std::uint64_t>(ramp.count() * sample_rate / 1000);
  if (!done_) enter(0);
}

void CadenceGenerator::enter(std::size_t segment) {
  const Segment& now = tone_.segments[segment];
  segment_ = segment;
  position_ = 0;
  length_ = static_cast<std::uint64_t>(static_cast<double>(now.duration.count()) * sample_rate_ / 1000);
  double power = 0;  // of all components if each had the peak of its relative level
  voice_count_ = 0;
  for (const Component& component : now.components) {
    if (component.hz == 0) continue;
    Voice& voice = voices_[voice_count_++];
    voice.carrier.start(component.hz, sample_rate_);
    voice.modulator.start(component.modulation_hz, sample_rate_);
    voice.depth = component.modulation_hz == 0 ? 0 : modulation_depth;
    voice.peak = std::pow(10.0, component.relative_db / 20.0);
    power += voice.peak * voice.peak * (1 + voice.depth * voice.depth / 2);
  }
  const double scale = peak_0dbm0 * std::pow(10.0, level_dbm0_ / 20.0) / std::sqrt(std::max(power, 1e-9));
  for (Voice& voice : voices_) voice.peak *= scale;
}

void CadenceGenerator::leave() {
  const std::size_t next = segment_ + 1;
  if (next < tone_.count) {
    enter(next);
  } else if (tone_.once) {
    done_ = true;
  } else {
    enter(0);
  }
}

double CadenceGenerator::envelope() const {
  const std::uint64_t to_end = length_ == 0 ? ramp_ : length_ - position_;
  const std::uint64_t from_edge = std::min({position_, to_end, ramp_});
  if (from_edge == ramp_) return 1;
  return 0.5 - 0.5 * std::cos(std::numbers::pi * static_cast<double>(from_edge) / static_cast<double>(ramp_));
}

double CadenceGenerator::sample() {
  double sum = 0;
  for (Voice& voice : std::span(voices_).first(voice_count_)) {
    sum += voice.peak * (1 + voice.depth * voice.modulator.sine) * voice.carrier.sine;
    voice.carrier.next();
    voice.modulator.next();
  }
  return sum * envelope();
}

std::size_t CadenceGenerator::generate(std::span<std::int16_t> out) {
  std::size_t made = 0;
  while (made < out.size() && !done_) {
    const double value = voice_count_ == 0 ? 0 : std::clamp(sample(), -32768.0, 32767.0);
    out[made++] = static_cast<std::int16_t>(std::lround(value));
    if (++position_ == length_) leave();
  }
  return made;
}

void CadenceGenerator::stop() {
  if (done_) return;
  tone_.once = true;
  tone_.count = static_cast<std::uint8_t>(segment_ + 1);
  if (voice_count_ == 0) {
    done_ = true;
    return;
  }
  // The length that makes the envelope go down from where it is.
  const std::uint64_t left = length_ == 0 ? ramp_ : length_ - position_;
  length_ = position_ + std::min({left, position_, ramp_});
  if (length_ == position_) done_ = true;
}

}  // namespace junctor::audio
