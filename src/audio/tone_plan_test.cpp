#include "audio/tone_plan.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "audio/goertzel.hpp"

namespace junctor::audio {
namespace {

using std::chrono::milliseconds;
using Samples = std::vector<std::int16_t>;

Samples play(CadenceGenerator& generator, int rate, milliseconds length) {
  Samples all(static_cast<std::size_t>(length.count() * rate / 1000));
  const auto frame = static_cast<std::size_t>(rate / 50);
  for (std::size_t at = 0; at < all.size(); at += frame) {
    const auto room = std::min(frame, all.size() - at);
    if (generator.generate(std::span(all).subspan(at, room)) < room) break;
  }
  return all;
}

std::span<const std::int16_t> part(const Samples& all, int rate, milliseconds from, milliseconds length) {
  return std::span(all).subspan(static_cast<std::size_t>(from.count() * rate / 1000),
                                static_cast<std::size_t>(length.count() * rate / 1000));
}

/// Biggest second difference: what a click shows as.
int roughness(std::span<const std::int16_t> samples) {
  int most = 0;
  for (std::size_t i = 2; i < samples.size(); ++i) {
    most = std::max(most, std::abs(samples[i] - 2 * samples[i - 1] + samples[i - 2]));
  }
  return most;
}

std::vector<std::pair<std::string_view, const Tone*>> tones_of(const TonePlan& plan) {
  return {{"dial", &plan.dial},
          {"ringback", &plan.ringback},
          {"busy", &plan.busy},
          {"congestion", &plan.congestion},
          {"sit", &plan.special_information}};
}

/// Every segment of every tone of every country, as it sounds: its level, where its level is, and silence in its
/// pauses.
void measure_all(int rate) {
  for (const TonePlan& plan : tone_plans()) {
    for (const auto& [name, tone] : tones_of(plan)) {
      SCOPED_TRACE(std::string(plan.country) + " " + std::string(name) + " at " + std::to_string(rate));
      CadenceGenerator generator(*tone, rate);
      milliseconds cycle{0};
      for (const Segment& s : std::span(tone->segments).first(tone->count)) cycle += s.duration;
      const Samples all = play(generator, rate, cycle + cycle + milliseconds(1000));
      EXPECT_FALSE(generator.done());
      milliseconds at{0};
      for (std::size_t i = 0; i < 2u * tone->count; ++i) {
        const Segment& s = tone->segments[i % tone->count];
        const auto length = s.duration.count() == 0 ? milliseconds(1000) : s.duration;
        const auto inner = part(all, rate, at + milliseconds(5), length - milliseconds(10));
        std::size_t components = 0;
        bool is_modulated = false;
        for (const Component& c : s.components) {
          components += c.hz != 0;
          is_modulated |= c.modulation_hz != 0;
        }
        if (components == 0) {
          EXPECT_LT(total_level_dbm0(inner), -90);
        } else {
          EXPECT_NEAR(total_level_dbm0(inner), tone_plan_level_dbm0, 0.5);
          for (const Component& c : s.components) {
            if (c.hz == 0) continue;
            // A modulated carrier gives a part of its power to its sides.
            const double sides = is_modulated ? 10 * std::log10(1 + 0.9 * 0.9 / 2) : 0;
            const double expected = tone_plan_level_dbm0 - 10 * std::log10(static_cast<double>(components)) - sides;
            EXPECT_NEAR(tone_level_dbm0(inner, c.hz, rate), expected, 0.7);
            if (c.modulation_hz != 0) {
              EXPECT_NEAR(tone_level_dbm0(inner, c.hz + c.modulation_hz, rate), expected - 6.9, 1.0);
            }
          }
        }
        at += s.duration;
        if (s.duration.count() == 0) break;
      }
    }
  }
}

TEST(TonePlan, every_tone_of_every_country_sounds_as_it_is_written) {
  EXPECT_GE(tone_plans().size(), 12u);
  measure_all(8000);
}

TEST(TonePlan, sounds_the_same_at_other_rates) {
  for (const int rate : {16000, 48000}) {
    for (const char* country : {"us", "gb", "jp"}) {
      CadenceGenerator generator(find_tone_plan(country)->ringback, rate);
      const Samples all = play(generator, rate, milliseconds(300));
      EXPECT_NEAR(total_level_dbm0(part(all, rate, milliseconds(5), milliseconds(290))), tone_plan_level_dbm0, 0.6);
    }
  }
}

TEST(TonePlan, is_found_by_code) {
  EXPECT_EQ(find_tone_plan("us")->country, "us");
  EXPECT_EQ(find_tone_plan("DE")->country, "de");
  EXPECT_EQ(find_tone_plan("uk")->country, "gb");
  EXPECT_EQ(find_tone_plan("xx"), nullptr);
  EXPECT_EQ(find_tone_plan(""), nullptr);
  EXPECT_EQ(find_tone_plan("usa"), nullptr);
}

TEST(CadenceGenerator, nothing_clicks) {
  for (const int rate : {8000, 16000, 48000}) {
    for (const char* country : {"us", "gb", "de", "in"}) {
      for (const auto& [name, tone] : tones_of(*find_tone_plan(country))) {
        SCOPED_TRACE(std::string(country) + " " + std::string(name) + " at " + std::to_string(rate));
        CadenceGenerator steady_part(*tone, rate);
        const Samples inner = play(steady_part, rate, milliseconds(150));
        int highest = 0;  // the frequency whose own curve is the most that may be
        for (const Segment& s : tone->segments) {
          for (const Component& c : s.components) highest = std::max(highest, int{c.hz} + c.modulation_hz);
        }
        const double step = 2 * 3.14159265 * highest / rate;
        const double peak = 22386 * std::pow(10.0, tone_plan_level_dbm0 / 20) * 1.9;  // of two components, or modulated
        CadenceGenerator generator(*tone, rate);
        const Samples all = play(generator, rate, milliseconds(7000));
        EXPECT_LT(roughness(all), peak * step * step * 1.1 + 4);
      }
    }
  }
}

TEST(CadenceGenerator, frames_of_any_size_are_one_signal) {
  CadenceGenerator whole(find_tone_plan("us")->busy, 8000), cut(find_tone_plan("us")->busy, 8000);
  Samples a(16000), b(16000);
  whole.generate(a);
  for (std::size_t at = 0, n = 1; at < b.size(); at += n, n = n % 313 + 7) {
    cut.generate(std::span(b).subspan(at, std::min(n, b.size() - at)));
  }
  EXPECT_EQ(a, b);
}

TEST(CadenceGenerator, stops_within_a_ramp_without_a_click) {
  CadenceGenerator generator(find_tone_plan("de")->dial, 8000);
  Samples all(1000);
  std::vector<std::int16_t> rest(160, 7);
  generator.generate(all);
  generator.stop();
  const std::size_t made = generator.generate(rest);
  EXPECT_EQ(made, 32u);
  EXPECT_TRUE(generator.done());
  EXPECT_EQ(rest[made], 7);
  all.insert(all.end(), rest.begin(), rest.begin() + 32);
  all.resize(all.size() + 100);
  const double step = 2 * 3.14159265 * 425 / 8000;
  EXPECT_LT(roughness(std::span(all).subspan(100)), 22386 * std::pow(10.0, -0.5) * step * step * 1.2);
}

}  // namespace
}  // namespace junctor::audio
