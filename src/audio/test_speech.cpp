#include "audio/test_speech.hpp"

#include <algorithm>
#include <cmath>
#include <flite/flite.h>
#include <map>
#include <memory>
#include <numbers>
#include <numeric>
#include <random>
#include <tuple>

#include "audio/goertzel.hpp"
#include "audio/tone.hpp"
#include "base/check.hpp"

extern "C" {
cst_voice* register_cmu_us_slt(const char* voice_directory);
cst_voice* register_cmu_us_rms(const char* voice_directory);
cst_voice* register_cmu_us_kal(const char* voice_directory);
}

namespace junctor::audio {
namespace {

constexpr const char* sentences[] = {
    "The north wind and the sun were disputing which was the stronger, when a traveller came along.",
    "Please call me back before five, I shall be at my desk until then.",
    "We agreed to move the meeting to Wednesday, because nobody had time for it on Monday morning.",
    "She said that her number is one nine four, double seven, two eight zero three six five.",
    "You should have seen the rain, it came down as if someone had turned a bucket over.",
    "All our lines are engaged, and somebody will be with you in a few minutes.",
    "He bought eleven apples, a loaf of brown bread, three onions and a pound of butter.",
    "Why would anybody leave a bicycle in the middle of the road, in the dark, in winter?",
};

cst_voice* voice_of(Speaker speaker) {
  flite_init();
  static cst_voice* const woman = register_cmu_us_slt(nullptr);
  static cst_voice* const man = register_cmu_us_rms(nullptr);
  static cst_voice* const robot = register_cmu_us_kal(nullptr);
  return speaker == Speaker::woman ? woman : speaker == Speaker::man ? man : robot;
}

/// Windowed sinc; the weights of each phase once.
std::vector<double> at_rate(std::span<const short> in, int from, int to) {
  const int common = std::gcd(from, to);
  const auto up = static_cast<std::size_t>(to / common), down = static_cast<std::size_t>(from / common);
  const double cutoff = std::min(1.0, static_cast<double>(to) / from) * 0.95;
  const auto half = static_cast<std::size_t>(24 / cutoff);
  std::vector<std::vector<double>> weights(up);
  for (std::size_t phase = 0; phase < up; ++phase) {
    for (std::size_t k = 0; k < 2 * half; ++k) {
      const double x =
          static_cast<double>(k) - static_cast<double>(half) + 1 - static_cast<double>(phase) / static_cast<double>(up);
      const double sinc = x == 0 ? 1 : std::sin(std::numbers::pi * cutoff * x) / (std::numbers::pi * cutoff * x);
      const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * x / static_cast<double>(half));
      weights[phase].push_back(sinc * window * cutoff);
    }
  }
  std::vector<double> padded(half - 1 + in.size() + half + 1);
  std::ranges::copy(in, padded.begin() + static_cast<std::ptrdiff_t>(half) - 1);
  std::vector<double> out(in.size() * up / down);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& w = weights[i * down % up];
    out[i] = std::inner_product(w.begin(), w.end(), padded.begin() + static_cast<std::ptrdiff_t>(i * down / up), 0.0);
  }
  return out;
}

/// A sentence at a rate, at a level of −20 dBm0; each is made once in a run.
const std::vector<double>& sentence(Speaker speaker, std::size_t which, int rate) {
  static std::map<std::tuple<Speaker, std::size_t, int>, std::vector<double>> made;
  std::vector<double>& out = made[{speaker, which, rate}];
  if (!out.empty()) return out;
  const std::unique_ptr<cst_wave, decltype(&delete_wave)> wave(flite_text_to_wave(sentences[which], voice_of(speaker)),
                                                               &delete_wave);
  JUNCTOR_CHECK(wave != nullptr);
  out = at_rate(std::span(wave->samples, static_cast<std::size_t>(wave->num_samples)), wave->sample_rate, rate);
  std::vector<std::int16_t> halved;
  for (const double s : out) halved.push_back(static_cast<std::int16_t>(std::lround(s / 2)));
  const double level = active_level_dbm0(halved, halved, static_cast<std::size_t>(rate / 50));
  const double gain = std::pow(10, (-20 - level) / 20) / 2;
  for (double& s : out) s *= gain;
  return out;
}

std::vector<double> levels_of(std::span<const std::int16_t> samples, std::size_t frame) {
  std::vector<double> levels;
  for (std::size_t at = 0; at + frame <= samples.size(); at += frame) {
    levels.push_back(total_level_dbm0(samples.subspan(at, frame)));
  }
  return levels;
}

double level_of(std::span<const std::int16_t> samples, std::size_t frame, const std::vector<bool>& chosen) {
  std::vector<std::int16_t> all;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) continue;
    const auto part = samples.subspan(i * frame, frame);
    all.insert(all.end(), part.begin(), part.end());
  }
  return total_level_dbm0(all);
}

}  // namespace

std::vector<std::int16_t> speech(Speaker speaker, int sample_rate, double seconds, double level_dbm0, int pause_ms) {
  std::vector<std::int16_t> all;
  const double gain = std::pow(10, (level_dbm0 + 20) / 20);
  const auto pause = static_cast<std::size_t>(pause_ms * sample_rate / 1000);
  for (std::size_t i = 0; static_cast<double>(all.size()) < seconds * sample_rate; ++i) {
    all.resize(all.size() + pause);
    for (const double s : sentence(speaker, i % std::size(sentences), sample_rate)) {
      all.push_back(static_cast<std::int16_t>(std::clamp(std::lround(s * gain), -32768l, 32767l)));
    }
  }
  const auto frame = static_cast<std::size_t>(sample_rate / 50);
  all.resize((all.size() + pause + frame - 1) / frame * frame);
  return all;
}

std::vector<std::int16_t> white_noise(std::size_t samples, double level_dbm0, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, peak_0dbm0 / std::sqrt(2.0) * std::pow(10, level_dbm0 / 20));
  std::vector<std::int16_t> out(samples);
  for (auto& s : out) s = static_cast<std::int16_t>(std::clamp(std::lround(normal(engine)), -32768l, 32767l));
  return out;
}

std::vector<std::int16_t> sum(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  std::vector<std::int16_t> out(a.begin(), a.end());
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    out[i] = static_cast<std::int16_t>(std::clamp(a[i] + b[i], -32768, 32767));
  }
  return out;
}

double active_level_dbm0(std::span<const std::int16_t> samples, std::span<const std::int16_t> reference,
                         std::size_t frame) {
  const auto levels = levels_of(reference, frame);
  auto sorted = levels;
  std::ranges::sort(sorted);
  const double threshold = sorted[sorted.size() * 9 / 10] - 15;
  std::vector<bool> chosen;
  for (const double level : levels) chosen.push_back(level >= threshold);
  return level_of(samples, frame, chosen);
}

double idle_level_dbm0(std::span<const std::int16_t> samples, std::span<const std::int16_t> reference,
                       std::size_t frame) {
  std::vector<bool> chosen;
  int silent = 0;
  for (const double level : levels_of(reference, frame)) {
    silent = level < -90 ? silent + 1 : 0;
    chosen.push_back(silent > 5);
  }
  return level_of(samples, frame, chosen);
}

}  // namespace junctor::audio
