#include "audio/sound_fixture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "audio/goertzel.hpp"
#include "audio/resampler.hpp"
#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

constexpr double pi = std::numbers::pi;

class Lcg {
 public:
  explicit Lcg(std::uint32_t seed) : state_(seed) {}
  /// 0 … 1
  double next() {
    state_ = state_ * 1664525U + 1013904223U;
    return state_ / 4294967296.0;
  }

 private:
  std::uint32_t state_;
};

/// One third of a second: voiced for 200 ms, a burst for 70 ms, a pause.
struct Syllable {
  static constexpr double seconds = 1.0 / 3, voiced = 0.2, burst_from = 0.2, burst = 0.07;
  double pitch_from, pitch_to;
  std::array<double, 3> formants;
};

constexpr std::array<Syllable, 4> syllables{{{120, 100, {730, 1090, 2440}},
                                             {150, 180, {270, 2290, 3010}},
                                             {110, 130, {530, 1840, 2480}},
                                             {160, 125, {300, 870, 2240}}}};

double envelope(double t, double length) {
  return t < 0 || t >= length ? 0 : std::sin(pi * t / length);
}

double voiced_at(const Syllable& s, double t) {
  if (t >= Syllable::voiced) return 0;
  const double glide = (s.pitch_to - s.pitch_from) / Syllable::voiced;
  const double turns = s.pitch_from * t + glide * t * t / 2, pitch = s.pitch_from + glide * t;
  double sum = 0;
  for (int k = 1; k * pitch < 3400; ++k) {
    double gain = 0.02;
    for (std::size_t f = 0; f < 3; ++f) {
      const double off = (k * pitch - s.formants[f]) / (60 + 40 * static_cast<double>(f));
      gain += 1 / ((1 + off * off) * (1 << f));
    }
    sum += gain * std::sin(2 * pi * k * turns);
  }
  return 5000 * sum * envelope(t, Syllable::voiced);
}

struct Burst {
  static constexpr std::size_t lines = 60;
  std::array<double, lines> hz{}, phase{};
  explicit Burst(std::uint32_t seed) {
    Lcg random(seed);
    for (std::size_t i = 0; i < lines; ++i) hz[i] = 1500 + 1800 * random.next(), phase[i] = 2 * pi * random.next();
  }
  double at(double t) const {
    if (t < 0 || t >= Syllable::burst) return 0;
    double sum = 0;
    for (std::size_t i = 0; i < lines; ++i) sum += std::sin(2 * pi * hz[i] * t + phase[i]);
    return 250 * sum * envelope(t, Syllable::burst);
  }
};

/// Power of `bands` bands of a frame under a Hann window, as mean square.
constexpr std::size_t bands = 16;
constexpr double band_floor = 1e-6 * peak_0dbm0 * peak_0dbm0 / 2;  // -60 dBm0
constexpr double active_dbm0 = -40;

double erb(double hz) {
  return 21.4 * std::log10(1 + 0.00437 * hz);
}

std::array<double, bands> band_levels(std::span<const std::int16_t> frame, int rate) {
  std::vector<double> windowed(frame.size());
  const double size = static_cast<double>(frame.size());
  for (std::size_t i = 0; i < frame.size(); ++i) {
    windowed[i] = frame[i] * (0.5 - 0.5 * std::cos(2 * pi * (static_cast<double>(i) + 0.5) / size));
  }
  std::array<double, bands> power{};
  power.fill(band_floor);
  const double low = erb(150), width = (erb(3300) - low) / bands;
  for (int bin = 1; bin * rate / size < 3300; ++bin) {
    const double hz = bin * rate / size;
    if (hz < 150) continue;
    const double coefficient = 2 * std::cos(2 * pi * bin / size);
    double before = 0, last = 0;
    for (const double sample : windowed) {
      const double next = sample + coefficient * last - before;
      before = last;
      last = next;
    }
    const double square = last * last + before * before - coefficient * last * before;
    const auto band = static_cast<std::size_t>((erb(hz) - low) / width);
    power[std::min(band, bands - 1)] += 2 * square / (size * size) / 0.375;
  }
  std::array<double, bands> levels{};
  std::ranges::transform(power, levels.begin(), [](double p) { return 10 * std::log10(p); });
  return levels;
}

/// Calls `measure` with each pair of frames whose first is not a pause.
template <class Measure>
double mean_over_frames(const Sound& sent, const Sound& heard, std::size_t frame, Measure&& measure) {
  double sum = 0;
  int frames = 0;
  for (std::size_t at = 0; at + frame <= std::min(sent.size(), heard.size()); at += frame) {
    const auto a = std::span(sent).subspan(at, frame), b = std::span(heard).subspan(at, frame);
    if (total_level_dbm0(a) < active_dbm0) continue;
    sum += measure(a, b);
    ++frames;
  }
  return frames == 0 ? 0 : sum / frames;
}

}  // namespace

Sound tone(double hz, double level_dbm0, int rate, double seconds) {
  Sound sound(static_cast<std::size_t>(rate * seconds));
  ToneGenerator(hz, level_dbm0, rate).generate(sound);
  return sound;
}

Sound speech(int rate, double seconds) {
  const Burst burst(7);
  Sound sound(static_cast<std::size_t>(rate * seconds));
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const auto number = static_cast<std::size_t>(t / Syllable::seconds);
    const double within = t - static_cast<double>(number) * Syllable::seconds;
    const double sample =
        voiced_at(syllables[number % syllables.size()], within) + burst.at(within - Syllable::burst_from);
    sound[i] = static_cast<std::int16_t>(std::lround(std::clamp(sample, -32000.0, 32000.0)));
  }
  return sound;
}

Sound resampled(const Sound& sound, int rate_in, int rate_out) {
  if (rate_in == rate_out) return sound;
  Resampler resampler(rate_in, rate_out);
  Sound out;
  const auto frame = static_cast<std::size_t>(rate_in / 50);
  for (std::size_t at = 0; at + frame <= sound.size(); at += frame) {
    const std::size_t end = out.size();
    out.resize(end + resampler.samples_out(frame));
    resampler.process(std::span(sound).subspan(at, frame), std::span(out).subspan(end));
  }
  return out;
}

Sound passed(const Sound& sound, const CodecSettings& settings) {
  const auto encoder = make_encoder(settings);
  const auto decoder = make_decoder(settings);
  const std::size_t packet = encoder->packet_samples();
  std::array<std::uint8_t, payload_bytes_max> payload;
  std::array<std::int16_t, packet_samples_max> pcm;
  Sound out;
  for (std::size_t at = 0; at + packet <= sound.size(); at += packet) {
    const std::size_t bytes = encoder->encode(std::span(sound).subspan(at, packet), payload);
    const auto got = decoder->decode(std::span(payload).first(bytes), pcm);
    if (got) out.insert(out.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  return out;
}

std::size_t delay_of(const Sound& sent, const Sound& heard, int rate) {
  const auto lag_max = static_cast<std::size_t>(rate * 60 / 1000), step = static_cast<std::size_t>(rate / 8000);
  const std::size_t length = std::min({sent.size(), heard.size() - lag_max, static_cast<std::size_t>(rate)});
  const auto best_of = [&](std::size_t first, std::size_t last, std::size_t stride) {
    std::pair<double, std::size_t> best{-1e300, first};
    for (std::size_t lag = first; lag < last; lag += stride) {
      double sum = 0;
      for (std::size_t i = 0; i < length; i += step) sum += double{1} * sent[i] * heard[i + lag];
      best = std::max(best, {sum, lag});
    }
    return best.second;
  };
  const std::size_t near = best_of(0, lag_max, step);
  return best_of(near < step ? 0 : near - step, std::min(near + step, lag_max), 1);
}

void align(Sound& sent, Sound& heard, int rate) {
  heard.erase(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(delay_of(sent, heard, rate)));
  const std::size_t length = std::min(sent.size(), heard.size());
  sent.resize(length);
  heard.resize(length);
}

double tone_snr_db(std::span<const std::int16_t> heard, double hz, int rate) {
  // The sine and cosine that fit best, by least squares; what is left is noise.
  double cc = 0, cs = 0, ss = 0, xc = 0, xs = 0, xx = 0;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const double angle = 2 * pi * hz * static_cast<double>(i) / rate, c = std::cos(angle), s = std::sin(angle);
    const double x = heard[i];
    cc += c * c, cs += c * s, ss += s * s, xc += x * c, xs += x * s, xx += x * x;
  }
  const double determinant = cc * ss - cs * cs;
  const double a = (xc * ss - xs * cs) / determinant, b = (xs * cc - xc * cs) / determinant;
  const double kept = a * xc + b * xs;
  return 10 * std::log10(kept / std::max(xx - kept, kept * 1e-9));
}

double segmental_snr_db(const Sound& sent, const Sound& heard, int rate) {
  return mean_over_frames(sent, heard, static_cast<std::size_t>(rate / 50), [](auto a, auto b) {
    double signal = 0, noise = 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
      signal += double{1} * a[i] * a[i];
      noise += double{1} * (a[i] - b[i]) * (a[i] - b[i]);
    }
    return std::clamp(10 * std::log10(signal / noise), 0.0, 40.0);
  });
}

double spectral_distance_db(const Sound& sent, const Sound& heard, int rate) {
  return mean_over_frames(sent, heard, static_cast<std::size_t>(rate * 32 / 1000), [rate](auto a, auto b) {
    const auto x = band_levels(a, rate), y = band_levels(b, rate);
    double sum = 0;
    for (std::size_t i = 0; i < bands; ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
    return std::sqrt(sum / bands);
  });
}

std::vector<bool> losses(std::size_t packets, double rate, std::uint32_t seed) {
  Lcg random(seed);
  std::vector<bool> lost(packets);
  for (std::size_t i = 10; i < packets; ++i) lost[i] = random.next() < rate;
  return lost;
}

}  // namespace junctor::audio
