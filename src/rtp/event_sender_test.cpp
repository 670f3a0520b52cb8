#include "rtp/event_sender.hpp"

#include <array>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace junctor::rtp {
namespace {

constexpr std::uint32_t first_timestamp = 0xfffff000u;  // it wraps on the way

struct Sent {
  Duration at{};
  EventPacket packet;
};

/// Polls every `tick` for `length`, as a worker does.
std::vector<Sent> run(EventSender& sender, std::uint32_t rate, Duration length, Duration tick = milliseconds(20)) {
  std::vector<Sent> all;
  for (Duration at{}; at < length; at += tick) {
    const auto timestamp = first_timestamp + static_cast<std::uint32_t>(at.count() * rate / 1'000'000'000);
    while (const auto packet = sender.poll(TimePoint(at), timestamp)) all.push_back({at, *packet});
  }
  return all;
}

TEST(EventSender, a_digit_is_one_marker_growing_durations_and_three_ends) {
  EventSender sender(8000, milliseconds(20));
  EXPECT_FALSE(sender.next_wake());
  ASSERT_TRUE(sender.add({.event = 5, .volume = 8, .duration = milliseconds(100)}));
  const auto sent = run(sender, 8000, seconds(1));
  ASSERT_EQ(sent.size(), 7u);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const EventPacket& p = sent[i].packet;
    EXPECT_EQ(sent[i].at, milliseconds(20) * i);
    EXPECT_EQ(p.marker, i == 0);
    EXPECT_EQ(p.timestamp, first_timestamp);
    EXPECT_EQ(p.event, (TelephoneEvent{.event = 5,
                                       .end = i >= 4,
                                       .volume = 8,
                                       .duration = static_cast<std::uint16_t>(std::min<std::size_t>(i + 1, 5) * 160)}));
  }
  EXPECT_TRUE(sender.idle());
}

TEST(EventSender, keeps_duration_and_gap_between_digits) {
  EventSender sender(8000, milliseconds(20));
  for (const std::uint8_t event : std::array<std::uint8_t, 3>{1, 1, 11}) {
    ASSERT_TRUE(sender.add({.event = event, .duration = milliseconds(90), .gap = milliseconds(110)}));
  }
  std::vector<Duration> starts;
  for (const Sent& s : run(sender, 8000, seconds(2))) {
    if (s.packet.marker) starts.push_back(s.at);
    EXPECT_EQ(s.packet.event.duration == 720, s.packet.event.end);
  }
  EXPECT_EQ(starts, (std::vector<Duration>{milliseconds(0), milliseconds(200), milliseconds(400)}));
}

TEST(EventSender, a_long_event_goes_on_in_segments) {
  EventSender sender(48000, milliseconds(20));
  ASSERT_TRUE(sender.add({.event = 9, .duration = seconds(3)}));  // 144000 units: three segments
  const auto sent = run(sender, 48000, seconds(4));
  int full = 0, ends = 0;
  std::uint32_t before = first_timestamp;
  for (const Sent& s : sent) {
    EXPECT_EQ(s.packet.marker, &s == &sent.front());
    EXPECT_FALSE(static_cast<std::int32_t>(s.packet.timestamp - before) < 0);  // never back
    before = s.packet.timestamp;
    full += s.packet.event.duration == segment_units_max;
    ends += s.packet.event.end;
  }
  EXPECT_EQ(full, 2 * EventSender::final_packets);
  EXPECT_EQ(ends, EventSender::final_packets);
  EXPECT_EQ(sent.back().packet.timestamp, first_timestamp + 2u * segment_units_max);
  EXPECT_EQ(sent.back().packet.event.duration, 144000 - 2 * segment_units_max);

  EventTracker tracker;
  int presses = 0;
  for (const Sent& s : sent) presses += tracker.is_new(s.packet.event, s.packet.timestamp);
  EXPECT_EQ(presses, 1);
  EXPECT_TRUE(tracker.ended());
  EXPECT_EQ(tracker.duration(), 144000u);
}

TEST(EventSender, a_late_worker_skips_updates_but_no_end) {
  EventSender sender(8000, milliseconds(20));
  ASSERT_TRUE(sender.add({.event = 2, .duration = milliseconds(200)}));
  const auto sent = run(sender, 8000, seconds(2), milliseconds(130));
  ASSERT_EQ(sent.size(), 5u);
  EXPECT_EQ(sent[0].packet.event.duration, 160);
  EXPECT_EQ(sent[1].packet.event.duration, 1120);
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(sent[i].packet.event.duration, 1600);
}

TEST(EventSender, the_queue_is_bounded) {
  EventSender sender(8000, milliseconds(20));
  for (std::size_t i = 0; i < EventSender::waiting_max; ++i) ASSERT_TRUE(sender.add({.event = 0}));
  EXPECT_FALSE(sender.add({.event = 0}));
  int presses = 0;
  for (const Sent& s : run(sender, 8000, seconds(20))) presses += s.packet.marker;
  EXPECT_EQ(presses, static_cast<int>(EventSender::waiting_max));
  EXPECT_TRUE(sender.idle());
}

TEST(EventSender, stop_ends_what_sounds_with_what_was_told) {
  EventSender sender(8000, milliseconds(20));
  ASSERT_TRUE(sender.add({.event = 4, .duration = seconds(10)}));
  ASSERT_TRUE(sender.add({.event = 5}));
  const auto before = run(sender, 8000, milliseconds(200));
  EXPECT_TRUE(sender.sounding());
  sender.stop();
  EXPECT_EQ(sender.next_wake(), TimePoint(milliseconds(200)));
  int ends = 0;
  for (int tick = 10; tick < 30; ++tick) {
    while (const auto p = sender.poll(TimePoint(milliseconds(20) * tick), 0)) {
      EXPECT_TRUE(p->event.end);
      EXPECT_EQ(p->event.duration, before.back().packet.event.duration);
      ++ends;
    }
  }
  EXPECT_EQ(ends, EventSender::final_packets);
  EXPECT_TRUE(sender.idle());
}

/// Whatever the network does to the packets short of losing all of a digit's, each press is told once.
TEST(EventSender, each_digit_arrives_once_through_loss_reordering_and_duplication) {
  std::mt19937 random(7);
  for (const std::uint32_t rate : {8000u, 48000u}) {
    for (int round = 0; round < 200; ++round) {
      EventSender sender(rate, milliseconds(20));
      std::string dialled, heard;
      for (int i = 0; i < 8; ++i) {
        const auto event = static_cast<std::uint8_t>(random() % 16);
        dialled += dtmf_digit(event);
        ASSERT_TRUE(sender.add({.event = event, .duration = milliseconds(60 + random() % 3000)}));
      }
      auto sent = run(sender, rate, seconds(40));
      for (std::size_t i = 1; i < sent.size(); ++i) {
        if (random() % 8 == 0 && sent[i].packet.timestamp == sent[i - 1].packet.timestamp)
          std::swap(sent[i], sent[i - 1]);
      }
      EventTracker tracker;
      std::uint32_t kept = first_timestamp - 1;  // one packet of each segment gets through
      for (const Sent& s : sent) {
        const bool only = s.packet.timestamp != kept;
        if (random() % 3 == 0 && !only) continue;
        kept = s.packet.timestamp;
        for (unsigned copies = 1 + random() % 2; copies > 0; --copies) {
          if (tracker.is_new(s.packet.event, s.packet.timestamp)) heard += dtmf_digit(s.packet.event.event);
        }
      }
      ASSERT_EQ(heard, dialled);
    }
  }
}

}  // namespace
}  // namespace junctor::rtp
