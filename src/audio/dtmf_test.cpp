#include "audio/dtmf.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "audio/g711.hpp"
#include "audio/goertzel.hpp"
#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

using std::chrono::milliseconds;
using Samples = std::vector<std::int16_t>;
constexpr std::string_view all_digits = "0123456789*#ABCD";

struct Press {
  double level_dbm0 = -10;  ///< of each tone
  milliseconds on{40}, off{40};
  double detune = 1;  ///< factor on both frequencies
  int upper_db = 0;   ///< how much stronger the upper tone is
};

/// Digits one after the other, with the alignment to blocks different for each.
Samples dial(std::string_view digits, const Press& press, int rate) {
  Samples all(static_cast<std::size_t>(rate / 10));
  for (const char digit : digits) {
    Tone tone = *dtmf_tone(digit, press.on, press.off);
    auto& pair = tone.segments[0].components;
    for (Component& c : pair) c.relative_db = 0;
    pair[0].relative_db = static_cast<std::int8_t>(-press.upper_db);
    for (Component& c : pair) c.hz = static_cast<std::uint16_t>(std::lround(c.hz * press.detune));
    CadenceGenerator generator(tone, rate,
                               press.level_dbm0 + 10 * std::log10(1 + std::pow(10, -press.upper_db / 10.0)));
    const auto from = all.size();
    all.resize(from + static_cast<std::size_t>((press.on + press.off).count() * rate / 1000));
    generator.generate(std::span(all).subspan(from));
  }
  all.resize(all.size() + static_cast<std::size_t>(rate / 10));
  return all;
}

void add_noise(Samples& samples, double level_dbm0, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> noise(0, peak_0dbm0 / std::sqrt(2.0) * std::pow(10, level_dbm0 / 20));
  for (auto& s : samples) s = static_cast<std::int16_t>(std::clamp(std::lround(s + noise(engine)), -32768l, 32767l));
}

void through_mu_law(Samples& samples) {
  for (auto& s : samples) s = decode(Law::mu, encode(Law::mu, s));
}

struct Heard {
  std::string began, ended;
  std::vector<long> durations;
};

Heard listen(const Samples& samples, int rate) {
  Heard heard;
  DtmfDetector detector(rate);
  const auto frame = static_cast<std::size_t>(rate / 50);
  for (std::size_t at = 0; at < samples.size(); at += frame) {
    const auto event = detector.process(std::span(samples).subspan(at, std::min(frame, samples.size() - at)));
    if (!event) continue;
    (event->kind == DtmfEvent::Kind::began ? heard.began : heard.ended) += event->digit;
    if (event->kind == DtmfEvent::Kind::ended) heard.durations.push_back(event->duration.count());
  }
  return heard;
}

TEST(Dtmf, all_digits_at_all_levels_in_noise_through_mu_law) {
  for (const int rate : {8000, 16000, 48000}) {
    for (const double level : {0.0, -10.0, -16.0, -22.0, -28.0}) {
      for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(std::to_string(rate) + " Hz, " + std::to_string(level) + " dBm0, seed " + std::to_string(seed));
        Samples samples = dial(all_digits, {.level_dbm0 = level - (level == 0.0 ? 1 : 0)}, rate);
        samples.erase(samples.begin(),
                      samples.begin() + static_cast<long>(seed * 5 * static_cast<unsigned>(rate) / 8000));
        add_noise(samples, level - 15, seed);
        through_mu_law(samples);
        const Heard heard = listen(samples, rate);
        EXPECT_EQ(heard.began, all_digits);
        EXPECT_EQ(heard.ended, all_digits);
      }
    }
  }
}

TEST(Dtmf, tells_how_long_a_digit_lasted) {
  for (const int ms : {40, 70, 100, 123, 250, 1000}) {
    for (const int rate : {8000, 48000}) {
      Samples samples = dial(all_digits, {.on = milliseconds(ms), .off = milliseconds(61)}, rate);
      add_noise(samples, -35, 3);
      const Heard heard = listen(samples, rate);
      EXPECT_EQ(heard.ended, all_digits);
      for (const long duration : heard.durations) EXPECT_NEAR(static_cast<double>(duration), ms, 10);
    }
  }
}

TEST(Dtmf, the_same_digit_twice_is_two_digits) {
  EXPECT_EQ(listen(dial("5555500000", {}, 8000), 8000).began, "5555500000");
}

TEST(Dtmf, tolerances_of_frequency_and_twist) {
  for (const double detune : {0.985, 1.015}) {
    EXPECT_EQ(listen(dial(all_digits, {.on = milliseconds(50), .detune = detune}, 8000), 8000).began, all_digits);
  }
  for (const double detune : {0.955, 1.045}) {
    EXPECT_EQ(listen(dial("159D", {.on = milliseconds(100), .detune = detune}, 8000), 8000).began, "") << detune;
  }
  for (const int twist : {8, -4}) {
    EXPECT_EQ(listen(dial(all_digits, {.upper_db = twist}, 8000), 8000).began, all_digits) << twist;
  }
  for (const int twist : {15, -10}) {
    EXPECT_EQ(listen(dial(all_digits, {.upper_db = twist}, 8000), 8000).began, "") << twist;
  }
}

TEST(Dtmf, what_is_no_digit_is_none) {
  EXPECT_EQ(listen(dial(all_digits, {.on = milliseconds(15)}, 8000), 8000).began, "");  // too short
  EXPECT_EQ(listen(dial(all_digits, {.level_dbm0 = -42}, 8000), 8000).began, "");       // too quiet
  for (const TonePlan& plan : tone_plans()) {
    for (const Tone* tone : {&plan.dial, &plan.ringback, &plan.busy, &plan.special_information}) {
      Samples samples(8000 * 7);
      CadenceGenerator(*tone, 8000).generate(samples);
      EXPECT_EQ(listen(samples, 8000).began, "") << plan.country;
    }
  }
  Samples noise(8000 * 60);
  add_noise(noise, -10, 9);
  EXPECT_EQ(listen(noise, 8000).began, "");
}

TEST(Dtmf, a_short_dropout_does_not_cut_a_digit_in_two) {
  Samples samples = dial("7", {.on = milliseconds(300)}, 8000);
  std::fill(samples.begin() + 1600, samples.begin() + 1660, std::int16_t{0});
  const Heard heard = listen(samples, 8000);
  EXPECT_EQ(heard.ended, "7");
  EXPECT_NEAR(static_cast<double>(heard.durations.at(0)), 300, 10);
}

TEST(Dtmf, made_as_a_telephone_makes_it) {
  const auto tone = dtmf_tone('#', milliseconds(100), milliseconds(60));
  ASSERT_TRUE(tone);
  for (const int rate : {8000, 16000, 48000}) {
    CadenceGenerator generator(*tone, rate, dtmf_level_dbm0);
    Samples samples(static_cast<std::size_t>(rate));
    const auto per_ms = static_cast<std::size_t>(rate / 1000);
    EXPECT_EQ(generator.generate(samples), 160 * per_ms);
    EXPECT_TRUE(generator.done());
    const auto inner = std::span(samples).subspan(5 * per_ms, 90 * per_ms);
    EXPECT_NEAR(tone_level_dbm0(inner, 941, rate), -10, 0.3);
    EXPECT_NEAR(tone_level_dbm0(inner, 1477, rate), -8, 0.3);
    EXPECT_LT(total_level_dbm0(std::span(samples).subspan(100 * per_ms, 60 * per_ms)), -90);
  }
  EXPECT_TRUE(dtmf_tone('d', milliseconds(40), milliseconds(40)));
  EXPECT_FALSE(dtmf_tone('x', milliseconds(40), milliseconds(40)));
}

}  // namespace
}  // namespace junctor::audio
