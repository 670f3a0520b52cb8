#include "media/jitter_buffer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <numbers>
#include <optional>
#include <random>

#include "audio/time_stretch.hpp"

namespace junctor::media {
namespace {

constexpr std::uint32_t rate = 8000;
using Kind = JitterBuffer::Kind;
using Content = JitterBuffer::Content;

/// A sender of linear samples, a path, the buffer, and a listener that decodes, stretches, and conceals by zeros. Time
/// is simulated.
class Line {
 public:
  explicit Line(const JitterBuffer::Options& options = {}) : buffer(options), options_(options) {}

  // The sender.
  std::uint16_t sequence = 1000;
  std::uint32_t timestamp = 4'000'000'000;
  std::uint32_t ssrc = 7;
  std::uint32_t packet_units = 160;
  Duration packet_every = milliseconds(20);
  // The path.
  std::function<std::optional<Duration>()> delay = [] { return Duration::zero(); };

  /// One packet leaves, if the path lets it.
  void send(Content content = Content::speech) {
    std::vector<std::uint8_t> payload(content == Content::speech ? 2 * packet_units : 1);
    for (std::size_t i = 0; content == Content::speech && i < packet_units; ++i) {
      const std::int16_t sample = voice_[(spoken_ + i) % voice_.size()];
      std::memcpy(&payload[2 * i], &sample, 2);
    }
    if (const auto late = delay()) {
      under_way_.emplace(sent_at_ + *late, Sent{sequence, timestamp, ssrc, content, std::move(payload)});
    }
    ++sequence;
    if (content == Content::speech) pass_time();
  }
  /// The sender's clock goes on by a packet without one being sent.
  void pass_time() {
    timestamp += packet_units;
    spoken_ += packet_units;
    sent_at_ += packet_every;
  }
  /// The listener's ticks that fall before the sender's present.
  void catch_up() {
    while (tick_at_ < sent_at_) {
      for (; !under_way_.empty() && under_way_.begin()->first <= tick_at_; under_way_.erase(under_way_.begin())) {
        arrive(under_way_.begin()->second, under_way_.begin()->first);
      }
      tick();
      tick_at_ += milliseconds(20);
    }
  }
  void talk(int packets) {
    for (int i = 0; i < packets; ++i) send(), catch_up();
  }
  void silence(int packets) {
    for (int i = 0; i < packets; ++i) pass_time(), catch_up();
  }
  void listen_from(Duration phase) { tick_at_ = sent_at_ + phase; }

  JitterBuffer::Stats stats() const { return buffer.stats(tick_at_); }

  JitterBuffer buffer;
  std::vector<std::int16_t> heard;
  std::vector<double> delays;           // at each packet
  std::vector<Kind> kinds;              // of each call
  std::vector<std::int64_t> sequences;  // of played packets

 private:
  struct Sent {
    std::uint16_t sequence;
    std::uint32_t timestamp, ssrc;
    Content content;
    std::vector<std::uint8_t> payload;
  };

  void arrive(const Sent& sent, TimePoint at) {
    rtp::Packet packet{.sequence = sent.sequence, .timestamp = sent.timestamp, .ssrc = sent.ssrc};
    packet.payload = sent.payload;
    buffer.put(packet, static_cast<std::uint32_t>(sent.payload.size() / 2), sent.content, at);
  }

  void tick() {
    while (fifo_.size() < options_.tick_units) {
      const auto out = buffer.next(tick_at_, options_.tick_units - static_cast<std::uint32_t>(fifo_.size()));
      kinds.push_back(out.kind);
      if (out.kind != Kind::packet) {
        fifo_.insert(fifo_.end(), out.units, 0);
        continue;
      }
      std::vector<std::int16_t> samples(out.units), stretched(out.units + audio::period_max_samples(rate));
      std::memcpy(samples.data(), out.payload.data(), out.payload.size());
      sequences.push_back(out.sequence);
      std::size_t count = samples.size();
      if (out.stretch == JitterBuffer::Stretch::none) std::ranges::copy(samples, stretched.begin());
      if (out.stretch == JitterBuffer::Stretch::shorten)
        count = audio::shorten_by_period(samples, rate, out.shorten_most, stretched);
      if (out.stretch == JitterBuffer::Stretch::lengthen) count = audio::lengthen_by_period(samples, rate, stretched);
      fifo_.insert(fifo_.end(), stretched.begin(), stretched.begin() + static_cast<std::ptrdiff_t>(count));
      delays.push_back(stats().delay_ms);
    }
    heard.insert(heard.end(), fifo_.begin(), fifo_.begin() + options_.tick_units);
    fifo_.erase(fifo_.begin(), fifo_.begin() + options_.tick_units);
  }

  JitterBuffer::Options options_;
  TimePoint sent_at_{hours(1)}, tick_at_{hours(1)};
  std::uint64_t spoken_ = 0;
  std::multimap<TimePoint, Sent> under_way_;
  std::vector<std::int16_t> fifo_;
  // One period of 400 Hz.
  std::vector<std::int16_t> voice_ = [] {
    std::vector<std::int16_t> period(rate / 400);
    for (std::size_t i = 0; i < period.size(); ++i) {
      period[i] =
          static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * 400 * static_cast<double>(i) / rate));
    }
    return period;
  }();
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// The largest deviation from a 400 Hz sine's own recurrence, from `begin` on: a click shows as one.
double roughness(const std::vector<std::int16_t>& samples, std::size_t begin) {
  const double c = 2 * std::cos(2 * std::numbers::pi * 400 / rate);
  double worst = 0;
  for (std::size_t i = begin + 2; i < samples.size(); ++i) {
    worst = std::max(worst, std::fabs(samples[i] - c * samples[i - 1] + samples[i - 2]));
  }
  return worst;
}

TEST(JitterBuffer, a_clean_line_waits_for_the_next_tick_and_no_longer) {
  for (const Duration phase : {Duration(microseconds(100)), Duration(milliseconds(9)), Duration(microseconds(19900))}) {
    Line line;
    line.listen_from(phase);
    line.talk(500);
    EXPECT_EQ(line.stats().target_ms, 0);
    EXPECT_LE(median(line.delays), 20.5);  // a tick and the guard
    EXPECT_EQ(line.stats().late + line.stats().lost, 0u);
    EXPECT_EQ(line.stats().concealed_ms, 0);
    EXPECT_EQ(std::ranges::count(line.kinds, Kind::conceal), 0);
    EXPECT_LT(roughness(line.heard, 160), 60);
  }
}

TEST(JitterBuffer, every_packet_duration_fits_every_tick) {
  for (const std::uint32_t packet_ms : {10u, 20u, 30u, 40u, 60u}) {
    Line line(JitterBuffer::Options{.payload_max = 1000});
    line.packet_units = packet_ms * 8;
    line.packet_every = milliseconds(packet_ms);
    line.listen_from(milliseconds(3));
    line.talk(600);
    EXPECT_EQ(line.stats().concealed_ms, 0) << packet_ms;
    EXPECT_LE(line.stats().shortened + line.stats().lengthened, 6u) << packet_ms;
    EXPECT_EQ(line.stats().target_ms, 0) << packet_ms;
    EXPECT_LT(roughness(line.heard, 480), 400) << packet_ms;
  }
}

TEST(JitterBuffer, jitter_of_40_ms_with_loss_leaves_few_packets_late) {
  for (const double loss : {0.0, 0.01, 0.05, 0.10}) {
    Line line;
    std::mt19937 engine(17);
    line.delay = [&]() -> std::optional<Duration> {
      if (static_cast<double>(engine() % 10000) < loss * 10000) return std::nullopt;
      return microseconds(engine() % 40000);
    };
    line.talk(100);
    const auto before = line.stats();
    line.talk(5900);
    const auto after = line.stats();
    const auto late = static_cast<double>(after.late - before.late) / 5900;
    const auto lost = static_cast<double>(after.lost - before.lost) / 5900;
    const double concealed = (after.concealed_ms - before.concealed_ms) / (5900 * 20);
    RecordProperty("late_per_mille_at_loss_" + std::to_string(std::lround(loss * 100)), std::to_string(late * 1000));
    EXPECT_LE(late, 0.01) << loss;
    EXPECT_NEAR(lost, loss, 0.01) << loss;
    EXPECT_LE(concealed, loss + 0.02) << loss;
    EXPECT_NEAR(after.target_ms, 40, 8);
    EXPECT_LE(median(line.delays), 65);
    EXPECT_TRUE(std::ranges::is_sorted(line.sequences));
  }
}

TEST(JitterBuffer, delay_that_is_no_longer_needed_is_given_back) {
  Line line;
  std::mt19937 engine(4);
  line.delay = [&] { return std::optional<Duration>(microseconds(engine() % 80000)); };
  line.talk(500);
  EXPECT_GE(line.stats().target_ms, 70);
  line.delay = [] { return std::optional<Duration>(Duration::zero()); };
  line.talk(1500);
  EXPECT_EQ(line.stats().target_ms, 0);
  EXPECT_LE(line.delays.back(), 30);
}

TEST(JitterBuffer, reordered_and_doubled_packets_are_played_once_in_order) {
  Line line;
  line.delay = [&] { return std::optional<Duration>(milliseconds(line.sequence % 2 == 0 ? 30 : 0)); };
  line.talk(50);
  const auto late_at_first = line.stats().late;
  line.talk(200);
  EXPECT_TRUE(std::ranges::is_sorted(line.sequences));
  EXPECT_EQ(std::ranges::adjacent_find(line.sequences), line.sequences.end());
  EXPECT_EQ(line.stats().late, late_at_first);

  JitterBuffer buffer({});
  const std::array<std::uint8_t, 160> payload{};
  rtp::Packet packet{.sequence = 9, .timestamp = 100, .ssrc = 1};
  packet.payload = payload;
  const TimePoint now{hours(1)};
  EXPECT_EQ(buffer.put(packet, 160, Content::speech, now), JitterBuffer::Put::stored);
  EXPECT_EQ(buffer.put(packet, 160, Content::speech, now), JitterBuffer::Put::duplicate);
  EXPECT_EQ(buffer.next(now, 160).kind, Kind::packet);
  EXPECT_EQ(buffer.put(packet, 160, Content::speech, now), JitterBuffer::Put::duplicate);
  EXPECT_EQ(buffer.next(now + milliseconds(20), 160).kind, Kind::conceal);
  EXPECT_EQ(buffer.stats(now).duplicates, 2u);
  EXPECT_EQ(buffer.put(packet, 0, Content::speech, now), JitterBuffer::Put::refused);
}

TEST(JitterBuffer, a_lost_packet_is_concealed_or_restored_from_the_next) {
  for (const bool restore : {false, true}) {
    Line line(JitterBuffer::Options{.forward_correction = restore});
    std::mt19937 engine(4);
    int count = 0;
    line.delay = [&]() -> std::optional<Duration> {
      if (++count > 300 && count % 20 == 0) return std::nullopt;
      return microseconds(engine() % 30000);  // so that the packet after the lost one is there in time
    };
    line.talk(1310);
    const auto stats = line.stats();
    EXPECT_EQ(stats.lost, 50u);
    EXPECT_GE(restore ? stats.restored_ms : stats.concealed_ms, restore ? 600 : 950);
    EXPECT_LE(stats.restored_ms + stats.concealed_ms, 50 * 20 + 150);
  }
}

TEST(JitterBuffer, silence_between_talk_spurts_is_neither_loss_nor_concealment) {
  for (const bool announced : {true, false}) {
    Line line;
    line.talk(50);
    for (int spurt = 0; spurt < 5; ++spurt) {
      if (announced) line.send(Content::comfort_noise);
      line.silence(40);
      line.talk(50);
    }
    EXPECT_EQ(line.stats().lost + line.stats().late, 0u);
    EXPECT_EQ(line.stats().concealed_ms, 0);
    EXPECT_EQ(line.stats().target_ms, 0);
    EXPECT_LE(line.delays.back(), 20);
    EXPECT_EQ(std::ranges::count(line.kinds, Kind::comfort_noise), announced ? 5 : 0);
    EXPECT_GE(std::ranges::count(line.kinds, Kind::pause), 5 * 30);
    EXPECT_GE(line.sequences.size(), 299u);
  }
}

TEST(JitterBuffer, clocks_that_drift_for_half_an_hour_stay_together_without_a_click) {
  for (const int ppm : {-200, 200}) {
    Line line;
    std::mt19937 engine(6);
    line.packet_every = Duration(20'000'000 - ppm * 20);
    line.delay = [&] { return std::optional<Duration>(microseconds(engine() % 500)); };
    line.listen_from(milliseconds(10));
    line.talk(30 * 60 * 50);
    const auto stats = line.stats();
    EXPECT_EQ(stats.late + stats.lost + stats.overflows + stats.restarts, 0u) << ppm;
    EXPECT_EQ(stats.concealed_ms, 0) << ppm;
    EXPECT_EQ(std::ranges::count(line.kinds, Kind::conceal), 0);
    EXPECT_LE(*std::ranges::max_element(line.delays), 45) << ppm;
    // 360 ms in periods of 2.5 to 15 ms.
    EXPECT_GE(ppm > 0 ? stats.shortened : stats.lengthened, 20u) << ppm;
    EXPECT_LE(stats.shortened + stats.lengthened, 200u) << ppm;
    // 8000 at its peak; a step of one sample of the sine itself is up to 2500.
    EXPECT_LT(roughness(line.heard, 160), 400) << ppm;
  }
}

TEST(JitterBuffer, a_stream_begins_anew_after_a_jump) {
  const std::vector<std::pair<const char*, std::function<void(Line&)>>> jumps = {
      {"ssrc", [](Line& line) { line.ssrc = 8, line.sequence = 60000, line.timestamp = 5; }},
      {"sequence ahead", [](Line& line) { line.sequence = static_cast<std::uint16_t>(line.sequence + 20000); }},
      {"sequence back", [](Line& line) { line.sequence = static_cast<std::uint16_t>(line.sequence - 500); }},
      {"time ahead", [](Line& line) { line.timestamp += 1'000'000; }},
      {"time back", [](Line& line) { line.timestamp -= 1'000'000'000; }},
  };
  for (const auto& [name, jump] : jumps) {
    Line line;
    line.talk(100);
    jump(line);
    line.talk(100);
    EXPECT_EQ(line.stats().restarts, 1u) << name;
    EXPECT_EQ(line.stats().lost, 0u) << name;
    EXPECT_GE(line.sequences.size(), 198u) << name;
    EXPECT_LE(line.stats().concealed_ms, 20) << name;
    EXPECT_LE(line.delays.back(), 22) << name;
  }
}

TEST(JitterBuffer, a_burst_after_a_stall_stays_within_the_bounds) {
  Line line;
  int count = 0;
  line.delay = [&]() -> std::optional<Duration> {
    ++count;
    // From 200 to 250 nothing arrives; all of it comes at once, a second later.
    if (count >= 200 && count < 250) return milliseconds(20 * (250 - count));
    return Duration::zero();
  };
  line.talk(400);
  EXPECT_GT(line.stats().overflows, 0u);
  EXPECT_LE(*std::ranges::max_element(line.delays), 520);
  EXPECT_LE(line.stats().level_ms, 520);
  line.talk(1000);
  EXPECT_LE(line.delays.back(), 30);
}

TEST(JitterBuffer, sequence_numbers_and_timestamps_wrap) {
  Line line;
  line.sequence = 65500;
  line.timestamp = 0xffff'ffffu - 50 * 160;
  line.talk(200);
  EXPECT_GE(line.sequences.size(), 199u);
  EXPECT_EQ(line.stats().lost + line.stats().late + line.stats().restarts, 0u);
  EXPECT_LT(roughness(line.heard, 160), 400);
}

}  // namespace
}  // namespace junctor::media
