#include "stream/playout.hpp"

#include <numeric>
#include <random>

#include "stream/program_fixture.hpp"

namespace junctor::stream {
namespace {

constexpr std::uint32_t rate = 8000;

struct PlayoutTest : testing::Test {
  PlayoutTest() { playout.attach(mixer.feed, now); }

  /// Time passes in steps of a millisecond; the mixer ticks each 20 of them.
  void pass(Duration span) {
    for (const TimePoint end = now + span; now < end; now += milliseconds(1)) {
      if ((now.time_since_epoch() / milliseconds(1)) % 20 == 0) mixer.tick(now);
      if (!wake || *wake <= now) wake = playout.work(now, receipts);
    }
  }
  void say(std::span<const std::int16_t> samples) {
    playout.hear(samples, now);
    wake = playout.work(now, receipts);
  }
  Samples next(std::size_t count) {
    Samples out(count);
    speech.generate(out);
    return out;
  }
  /// As a program that speaks as it goes.
  void speak(Duration span) {
    for (const TimePoint end = now + span; now < end;) {
      say(next(160));
      pass(milliseconds(20));
    }
  }
  template <class R>
  std::vector<R> of() const {
    std::vector<R> out;
    for (const Receipt& receipt : receipts)
      if (const R* one = std::get_if<R>(&receipt)) out.push_back(*one);
    return out;
  }

  TimePoint now{hours(1)};
  TestMixer mixer{rate};
  audio::ToneGenerator speech{440, -10, rate};
  Playout playout{rate};
  std::vector<Receipt> receipts;
  std::optional<TimePoint> wake;
};

TEST_F(PlayoutTest, what_begins_waits_for_60_ms_of_sound_or_as_long) {
  say(next(160));
  pass(milliseconds(40));
  EXPECT_EQ(mixer.taken, 0u);
  pass(milliseconds(41));
  EXPECT_EQ(mixer.taken, 160u);
  pass(seconds(1));
  const TimePoint begun = now;
  say(next(800));
  pass(milliseconds(21));
  EXPECT_GE(mixer.taken, 320u);
  EXPECT_LE(now - begun, milliseconds(21));
}

TEST_F(PlayoutTest, frames_that_jitter_by_less_than_60_ms_are_heard_without_a_gap_and_the_delay_does_not_grow) {
  std::mt19937 random(3);
  std::vector<std::pair<TimePoint, Samples>> frames;
  TimePoint last{};
  for (int i = 0; i < 1500; ++i) {
    last = std::max(last, now + milliseconds(20 * i) + milliseconds(random() % 55));
    frames.emplace_back(last, next(160));
  }
  for (const auto& [at, samples] : frames) {
    pass(at - now);
    say(samples);
  }
  EXPECT_LT(playout.level(), milliseconds(130));
  EXPECT_EQ(playout.shortened(), 0u);
  pass(seconds(1));
  EXPECT_EQ(mixer.taken, 1500u * 160);
  const auto first = std::ranges::find_if(mixer.played, [](auto s) { return s != 0; });
  const std::span<const std::int16_t> heard(first, mixer.played.end());
  EXPECT_NEAR(audio::tone_level_dbm0(heard.first(1490 * 160), 440, rate), -10, 0.1);
  EXPECT_GT(audio::tone_snr_db(heard.first(1490 * 160), 440, rate), 50);
}

TEST_F(PlayoutTest, a_burst_after_a_stall_drains_and_the_tone_stays_a_tone) {
  speak(seconds(3));
  pass(milliseconds(1500));  // the network stands still, and the program goes on
  say(next(12'000));
  EXPECT_GT(playout.level(), milliseconds(1400));
  std::vector<Duration> levels;
  for (int i = 0; i < 20; ++i) {
    speak(seconds(1));
    levels.push_back(playout.level());
  }
  EXPECT_LT(levels[14], milliseconds(320));
  EXPECT_LT(levels.back(), milliseconds(300));
  EXPECT_GT(playout.shortened(), rate);
  const auto heard = std::span(mixer.played).last(10 * rate);
  EXPECT_NEAR(audio::tone_level_dbm0(heard.first(rate), 440, rate), -10, 1);
}

TEST_F(PlayoutTest, pauses_go_first_when_it_catches_up) {
  speak(seconds(3));
  pass(milliseconds(1500));
  Samples pauses(12'000);
  say(pauses);
  for (int i = 0; i < 6; ++i) {
    speak(milliseconds(400));
    for (int silent = 0; silent < 30; ++silent) {
      say(std::span(pauses).first(160));
      pass(milliseconds(20));
    }
  }
  EXPECT_LT(playout.level(), milliseconds(350));
}

TEST_F(PlayoutTest, sound_ahead_of_time_is_played_as_it_is_and_marks_are_exact_to_the_sample) {
  Samples all(8 * rate);
  std::iota(all.begin(), all.end(), std::int16_t{1});
  const std::vector<std::size_t> cuts = {1, 160, 1237, 12'345, 40'000, all.size()};
  std::size_t at = 0;
  for (const std::size_t cut : cuts) {
    for (; at < cut; at += std::min<std::size_t>(cut - at, 1600)) {
      say(std::span(all).subspan(at, std::min<std::size_t>(cut - at, 1600)));
    }
    ASSERT_TRUE(playout.mark(std::to_string(cut)));
  }
  std::size_t told = 0;
  for (const TimePoint end = now + seconds(9); now < end;) {
    pass(milliseconds(20));
    const auto marks = of<MarkPlayed>();
    for (; told < marks.size(); ++told) {
      EXPECT_EQ(marks[told].name, std::to_string(cuts[told]));
      EXPECT_DOUBLE_EQ(marks[told].position_ms, static_cast<double>(cuts[told]) / 8);
      EXPECT_GE(mixer.taken, cuts[told]) << "told before it was heard";
      EXPECT_LE(mixer.taken, cuts[told] + 3 * 160) << "told late";
    }
  }
  EXPECT_EQ(told, cuts.size());
  const auto first = std::ranges::find(mixer.played, 1);
  EXPECT_TRUE(std::ranges::equal(std::span(first, mixer.played.end()).first(all.size()), all));
  EXPECT_EQ(playout.shortened(), 0u);
}

TEST_F(PlayoutTest, a_clear_tells_what_was_heard_and_what_was_not_to_the_sample) {
  say(next(40'000));
  playout.mark("early");
  pass(milliseconds(1003));
  playout.mark("never");
  playout.clear();
  say(next(1600));
  playout.mark("after");
  pass(milliseconds(500));
  const auto cleared = of<Cleared>();
  ASSERT_EQ(cleared.size(), 1u);
  const std::size_t heard = mixer.taken - 1600;
  EXPECT_DOUBLE_EQ(cleared[0].heard_ms, static_cast<double>(heard) / 8);
  EXPECT_DOUBLE_EQ(cleared[0].discarded_ms, static_cast<double>(40'000 - heard) / 8);
  const auto marks = of<MarkPlayed>();
  ASSERT_EQ(marks.size(), 1u);
  EXPECT_EQ(marks[0].name, "after");
  EXPECT_DOUBLE_EQ(marks[0].position_ms, cleared[0].heard_ms + 200);

  playout.clear();  // nothing waits
  pass(milliseconds(40));
  ASSERT_EQ(of<Cleared>().size(), 2u);
  EXPECT_DOUBLE_EQ(of<Cleared>()[1].discarded_ms, 0);
  EXPECT_DOUBLE_EQ(of<Cleared>()[1].heard_ms, static_cast<double>(mixer.taken) / 8);
}

TEST_F(PlayoutTest, clears_in_a_row_and_in_a_pause_lose_no_count) {
  std::mt19937 random(9);
  std::size_t given = 0;
  for (int i = 0; i < 300; ++i) {
    const Samples some = next(random() % 4000);
    given += some.size();
    say(some);
    if (random() % 3 == 0) playout.pause(random() % 2 == 0);
    if (random() % 2 == 0) playout.clear();
    pass(milliseconds(random() % 130));
  }
  playout.pause(false);
  pass(seconds(10));
  playout.clear();
  pass(milliseconds(100));
  double discarded = 0;
  for (const Cleared& cleared : of<Cleared>()) discarded += cleared.discarded_ms;
  EXPECT_NEAR(of<Cleared>().back().heard_ms, static_cast<double>(mixer.taken) / 8, 1e-6);
  EXPECT_NEAR(discarded + of<Cleared>().back().heard_ms, static_cast<double>(given) / 8, 1e-6);
}

TEST_F(PlayoutTest, a_pause_holds_it_and_it_goes_on_where_it_was) {
  say(next(8000));
  pass(milliseconds(300));
  playout.pause(true);
  pass(seconds(1));
  EXPECT_LE(mixer.taken, 320u * 8);
  playout.pause(false);
  pass(seconds(1));
  EXPECT_EQ(mixer.taken, 8000u);
}

TEST_F(PlayoutTest, more_than_30_seconds_ahead_is_left_out_and_told) {
  for (int i = 0; i < 35; ++i) say(next(rate));
  EXPECT_EQ(playout.level(), seconds(30));
  EXPECT_EQ(playout.overflowed(), 5 * rate);
  pass(milliseconds(200));
  ASSERT_EQ(of<Overflowed>().size(), 1u);
  EXPECT_DOUBLE_EQ(of<Overflowed>()[0].discarded_ms, 5000);
  pass(seconds(31));
  EXPECT_EQ(mixer.taken, 30u * rate);
}

TEST_F(PlayoutTest, in_another_mixer_it_goes_on_where_the_one_before_stopped) {
  for (const std::uint32_t other : {16'000u, 8000u}) {
    TestMixer next_mixer(other);
    const std::size_t before = mixer.taken;
    say(next(8000));
    playout.mark("end");
    pass(milliseconds(300));
    playout.attach(next_mixer.feed, now);
    pass(milliseconds(60));
    const std::size_t here = mixer.taken - before;  // the worker is a little slow to let go
    mixer.feed->end();
    std::swap(mixer, next_mixer);
    wake.reset();
    pass(seconds(2));
    EXPECT_NEAR(static_cast<double>(mixer.taken) / other + static_cast<double>(here) / next_mixer.rate, 1, 0.006);
    EXPECT_EQ(of<MarkPlayed>().size(), other == 16'000u ? 1u : 2u);
    mixer.taken = 0;
  }
  EXPECT_DOUBLE_EQ(of<MarkPlayed>()[1].position_ms, 2000);
}

TEST(PlayoutRates, every_rate_is_heard_in_every_mixer_and_none_of_it_is_kept_back) {
  for (const std::uint32_t from : {8000u, 16'000u, 24'000u, 48'000u}) {
    for (const std::uint32_t to : {8000u, 16'000u, 48'000u}) {
      TimePoint now{hours(1)};
      TestMixer mixer(to);
      Playout playout(from);
      playout.attach(mixer.feed, now);
      const Samples said = tone(700, -10, from, from + 5);
      std::vector<Receipt> receipts;
      for (std::size_t at = 0; at < said.size(); at += 333)
        playout.hear(std::span(said).subspan(at, std::min<std::size_t>(333, said.size() - at)), now);
      playout.mark("end");
      for (int i = 0; i < 80; ++i, now += milliseconds(20)) {
        mixer.tick(now);
        playout.work(now, receipts);
      }
      ASSERT_EQ(receipts.size(), 1u) << from << " to " << to;
      EXPECT_DOUBLE_EQ(std::get<MarkPlayed>(receipts[0]).position_ms, 1000 * (from + 5.0) / from);
      const auto middle = std::span(mixer.played).subspan(to / 5, to / 2);
      EXPECT_NEAR(audio::tone_level_dbm0(middle, 700, to), -10, 0.5) << from << " to " << to;
      EXPECT_GT(audio::tone_snr_db(middle, 700, static_cast<int>(to)), 40) << from << " to " << to;
    }
  }
}

}  // namespace
}  // namespace junctor::stream
