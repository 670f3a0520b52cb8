#include "audio/music_box.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace junctor::audio {
namespace {

/// Half tones above A3 (220 Hz).
using Chord = std::array<int, 4>;
constexpr std::array<Chord, 8> chords = {{{3, 7, 10, 15},       // C
                                          {0, 3, 7, 12},        // A minor
                                          {-4, 0, 3, 8},        // F
                                          {-2, 2, 5, 10},       // G
                                          {3, 7, 10, 19},       // C
                                          {-5, -1, 2, 7},       // E minor
                                          {-4, 0, 5, 8},        // D minor
                                          {-2, 2, 5, 14}}};     // G
constexpr std::array<int, 8> order = {0, 1, 2, 3, 2, 1, 2, 3};  // of a chord's notes
constexpr double note_seconds = 0.32, decay_seconds = 0.5, note_level = 2200;

}  // namespace

std::vector<std::int16_t> music_box(std::uint32_t rate) {
  const auto note = static_cast<std::size_t>(note_seconds * rate);
  std::vector<double> sum(note * chords.size() * order.size());
  const auto ring = static_cast<std::size_t>(4 * decay_seconds * rate);
  const auto attack = static_cast<double>(rate) * 0.01;
  for (std::size_t i = 0; i < chords.size() * order.size(); ++i) {
    const int half_tones = chords[i / order.size()][static_cast<std::size_t>(order[i % order.size()])];
    const double step = 2 * std::numbers::pi * 220 * std::exp2(half_tones / 12.0) / rate;
    const double fade = std::exp(-1 / (decay_seconds * rate));
    // A turning pointer that shrinks; its octave is the square of that.
    const std::complex<double> turn = std::polar(fade, step);
    std::complex<double> note_now(1, 0);
    std::size_t at = i * note;
    for (std::size_t n = 0; n < ring; ++n, note_now *= turn) {
      const double wave = note_now.imag() + 0.6 * note_now.imag() * note_now.real();
      sum[at] += note_level * std::min(static_cast<double>(n) / attack, 1.0) * wave;
      if (++at == sum.size()) at = 0;  // the last notes ring on into the first
    }
  }
  std::vector<std::int16_t> out;
  out.reserve(sum.size());
  for (const double value : sum) out.push_back(static_cast<std::int16_t>(std::lround(value)));
  return out;
}

}  // namespace junctor::audio
