#include "audio/dtmf.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include "audio/tone.hpp"
#include "base/check.hpp"

namespace junctor::audio {
namespace {

constexpr std::array<std::uint16_t, 4> rows = {697, 770, 852, 941};
constexpr std::array<std::uint16_t, 4> columns = {1209, 1336, 1477, 1633};
constexpr std::string_view digits = "123A456B789C*0#D";  // row by row

// 102 samples at 8 kHz: long enough to part neighbouring rows, short enough for two whole blocks in 40 ms.
constexpr double block_seconds = 0.01275;
constexpr auto frame_max = std::chrono::milliseconds(20);

constexpr double db(double value) {
  double ratio = 1;
  for (; value >= 1; value -= 1) ratio *= 1.2589254117941673;
  return ratio;  // of powers; whole decibels
}
constexpr float twist_max = static_cast<float>(db(11));         // column over row; 8 dB, and what leaks
constexpr float reverse_twist_max = static_cast<float>(db(6));  // row over column; 4 dB, and what leaks
constexpr float over_others = static_cast<float>(db(6));
// Both tones at 1.5 % off and noise 15 dB below leave this much; speech seldom has so much in two lines.
constexpr float share_min = 0.63f;
constexpr double level_min_dbm0 = -33;
constexpr int misses_to_end = 2;  // one alone is a crackle

const float power_min = static_cast<float>(std::pow(peak_0dbm0 * std::pow(10.0, level_min_dbm0 / 20), 2) / 2);

std::size_t strongest(std::span<const float> powers) {
  return static_cast<std::size_t>(std::ranges::max_element(powers) - powers.begin());
}

bool stands_out(std::span<const float> powers, std::size_t which) {
  for (std::size_t i = 0; i < powers.size(); ++i) {
    if (i != which && powers[i] * over_others > powers[which]) return false;
  }
  return true;
}

}  // namespace

DtmfDetector::DtmfDetector(int sample_rate)
    : block_(static_cast<std::size_t>(std::lround(block_seconds * sample_rate))),
      frame_max_(static_cast<std::size_t>(frame_max.count() * sample_rate / 1000)) {
  JUNCTOR_CHECK(sample_rate >= 8000);
  for (std::size_t i = 0; i < tones; ++i) {
    const double hz = i < 4 ? rows[i] : columns[i - 4];
    coefficient_[i] = static_cast<float>(2 * std::cos(2 * std::numbers::pi * hz / sample_rate));
  }
}

std::optional<DtmfEvent> DtmfDetector::process(std::span<const std::int16_t> frame) {
  JUNCTOR_CHECK(frame.size() <= frame_max_);
  std::optional<DtmfEvent> event;
  for (const std::int16_t sample : frame) {
    const auto x = static_cast<float>(sample);
    energy_ += x * x;
    for (std::size_t i = 0; i < tones; ++i) {
      const float next = x + coefficient_[i] * last_[i] - before_[i];
      before_[i] = last_[i];
      last_[i] = next;
    }
    if (++filled_ < block_) continue;
    if (const auto news = on_block()) event = news;
  }
  return event;
}

std::optional<DtmfEvent> DtmfDetector::on_block() {
  const auto n = static_cast<float>(block_);
  Powers powers;
  for (std::size_t i = 0; i < tones; ++i) {
    const float square = last_[i] * last_[i] + before_[i] * before_[i] - coefficient_[i] * last_[i] * before_[i];
    powers[i] = std::max(square, 0.0f) * 2 / (n * n);
  }
  const float total = energy_ / n;
  last_.fill(0);
  before_.fill(0);
  energy_ = 0;
  filled_ = 0;
  const auto event = follow(judge(powers, total), powers);
  powers_before_ = powers;
  return event;
}

char DtmfDetector::judge(const Powers& powers, float total) const {
  const auto row_powers = std::span(powers).first<4>(), column_powers = std::span(powers).last<4>();
  const std::size_t row = strongest(row_powers), column = strongest(column_powers);
  const float low = row_powers[row], high = column_powers[column];
  if (low < power_min || high < power_min) return 0;
  if (high > low * twist_max || low > high * reverse_twist_max) return 0;
  if (low + high < share_min * total) return 0;
  if (!stands_out(row_powers, row) || !stands_out(column_powers, column)) return 0;
  return digits[row * 4 + column];
}

float DtmfDetector::pair_power(const Powers& powers, char digit) const {
  const std::size_t at = digits.find(digit);
  return powers[at / 4] + powers[4 + at % 4];
}

void DtmfDetector::note(char heard, const Powers& powers) {
  if (heard != 0 && heard != candidate_) {
    candidate_power_ = pair_power(powers, heard);
    lead_power_ = pair_power(powers_before_, heard);
  }
  candidate_ = heard;
}

double DtmfDetector::part(float power) const {
  return std::sqrt(static_cast<double>(std::min(1.0f, power / full_power_)));
}

std::optional<DtmfEvent> DtmfDetector::follow(char heard, const Powers& powers) {
  if (digit_ != 0 && heard == digit_) {
    blocks_ += 1 + misses_;
    edge_ = part(pair_power(powers, digit_));
    misses_ = 0;
    return std::nullopt;
  }
  if (digit_ != 0) {
    if (misses_++ == 0) tail_ = part(pair_power(powers, digit_));
    note(heard, powers);
    if (misses_ < misses_to_end) return std::nullopt;
    const std::chrono::milliseconds duration(std::lround((blocks_ + edge_ + tail_) * block_seconds * 1000));
    return DtmfEvent{.kind = DtmfEvent::Kind::ended, .digit = std::exchange(digit_, '\0'), .duration = duration};
  }
  const bool second = heard != 0 && heard == candidate_;
  note(heard, powers);
  if (!second) return std::nullopt;
  digit_ = heard;
  misses_ = 0;
  full_power_ = std::max(candidate_power_, pair_power(powers, digit_));
  blocks_ = part(lead_power_) + part(candidate_power_);
  edge_ = part(pair_power(powers, digit_));
  candidate_ = 0;
  return DtmfEvent{.kind = DtmfEvent::Kind::began, .digit = digit_};
}

std::optional<Tone> dtmf_tone(char digit, std::chrono::milliseconds duration, std::chrono::milliseconds gap) {
  JUNCTOR_CHECK(duration.count() > 0 && gap.count() > 0);
  const char upper = digit >= 'a' && digit <= 'd' ? static_cast<char>(digit - 'a' + 'A') : digit;
  const std::size_t at = digits.find(upper);
  if (at == std::string_view::npos) return std::nullopt;
  Tone tone{.count = 2, .once = true};
  tone.segments[0].duration = duration;
  tone.segments[0].components[0] = {.hz = rows[at / 4], .relative_db = -2};
  tone.segments[0].components[1] = {.hz = columns[at % 4]};
  tone.segments[1].duration = gap;
  return tone;
}

}  // namespace junctor::audio
