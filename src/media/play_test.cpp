// What is played into a mixer, measured at the far ends.
#include <cmath>

#include "audio/dtmf.hpp"
#include "audio/tone.hpp"
#include "media/far_ends.hpp"
#include "media/room.hpp"
#include "media/sound.hpp"

namespace junctor::media {
namespace {

std::shared_ptr<const Sound> tone_sound(double hz, Duration length, std::uint32_t rate = 8000, double dbm0 = -10) {
  auto sound = std::make_shared<Sound>();
  sound->rate = rate;
  sound->samples.resize(static_cast<std::size_t>(length.count() * rate / 1'000'000'000));
  audio::ToneGenerator(hz, dbm0, static_cast<int>(rate)).generate(sound->samples);
  return sound;
}

struct PlayTest : MixingFixture {
  static constexpr PlayId first{1}, second{2};

  void SetUp() override {
    for (const double hz : {500.0, 800.0}) add(pcmu(), hz).silent = true;
    add(g722(), 950).silent = true;
    seat_all();
    talk(milliseconds(200));
    sent.clear();
  }
  Play sounds(PlayId id, Play::Sounds list) {
    Play play;
    play.id = id;
    play.mixer = mixer;
    play.what = std::move(list);
    return play;
  }
  std::vector<PlayEnded> ended() { return events_of<PlayEnded>(); }
  /// The loudest step between two samples, in the units of a sine of the level that is played: a click is above 1.
  static double roughest(const Samples& samples, double hz) {
    const double step = 2 * std::numbers::pi * hz / far_end_rate, peak = 8031 * std::pow(10.0, (-10 - 3.17) / 20.0) * 4;
    double worst = 0;
    for (std::size_t i = 1; i < samples.size(); ++i) {
      worst = std::max(worst, std::fabs(static_cast<double>(samples[i] - samples[i - 1])));
    }
    return worst / (peak * step);
  }
};

TEST_F(PlayTest, a_sound_to_one_leg_is_heard_there_alone) {
  Play play = sounds(first, {tone_sound(1013, milliseconds(1000))});
  play.to = ends[1]->port;
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(900));
  EXPECT_NEAR(level(settled(*ends[1]), 1013), -10, 0.7);
  EXPECT_LT(audio::total_level_dbm0(settled(*ends[0])), -60);
  EXPECT_LT(audio::total_level_dbm0(settled(*ends[2])), -60);
  EXPECT_TRUE(ended().empty());
  talk(milliseconds(300));
  ASSERT_EQ(ended().size(), 1u);
  EXPECT_EQ(ended()[0].id, first);
  EXPECT_EQ(ended()[0].reason, PlayEnd::finished);
  EXPECT_EQ(ended()[0].played_ms, 1000u);
  sent.clear();
  talk(milliseconds(100));
  EXPECT_LT(audio::total_level_dbm0(heard(*ends[1])), -60);
}

TEST_F(PlayTest, all_hear_what_is_played_to_all_and_still_each_other) {
  ends[0]->silent = false;
  Play play = sounds(first, {tone_sound(1013, milliseconds(2000))});
  play.gain = 0.5F;
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(1000));
  for (const auto& end : ends) EXPECT_NEAR(level(settled(*end), 1013), -16, 0.7);
  EXPECT_NEAR(level(settled(*ends[1]), 500), -10, 0.7);
  EXPECT_LT(level(settled(*ends[0]), 500), -45);
}

TEST_F(PlayTest, several_sounds_in_a_row_and_over_again_without_a_seam) {
  // 333.25 and 250 Hz periods fit: what is heard is two steady tones in turns.
  Play play = sounds(first, {tone_sound(400, milliseconds(105)), tone_sound(1000, milliseconds(195))});
  play.times = 3;
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(1000));
  ASSERT_EQ(ended().size(), 1u);
  EXPECT_EQ(ended()[0].played_ms, 900u);
  const Samples all = heard(*ends[0]);
  const auto start =
      static_cast<std::size_t>(std::ranges::find_if(all, [](auto s) { return std::abs(s) > 40; }) - all.begin());
  for (std::size_t round = 0; round < 3; ++round) {
    const std::span<const std::int16_t> here = std::span(all).subspan(start + round * 2400, 2380);
    EXPECT_NEAR(audio::tone_level_dbm0(here.subspan(200, 560), 400, 8000), -10, 1) << round;
    EXPECT_LT(audio::tone_level_dbm0(here.subspan(200, 560), 1000, 8000), -35) << round;
    EXPECT_NEAR(audio::tone_level_dbm0(here.subspan(920, 1400), 1000, 8000), -10, 1) << round;
  }
  const Samples over(all.begin() + static_cast<std::ptrdiff_t>(start + 7240), all.end());
  EXPECT_LT(audio::total_level_dbm0(over), -60);
}

TEST_F(PlayTest, forever_is_until_stopped_and_neither_end_clicks) {
  Play play = sounds(first, {tone_sound(1000, milliseconds(333))});
  play.times = 0;
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(10'007));
  EXPECT_TRUE(ended().empty());
  ASSERT_EQ(outcome(StopPlay{.id = first}), Outcome::done);
  ASSERT_EQ(ended().size(), 1u);
  EXPECT_EQ(ended()[0].reason, PlayEnd::stopped);
  EXPECT_NEAR(ended()[0].played_ms, 10'000, 20);
  talk(milliseconds(200));
  const Samples all = heard(*ends[0]);
  EXPECT_LT(audio::total_level_dbm0(std::span(all).last(1000)), -60);
  EXPECT_NEAR(audio::tone_level_dbm0(std::span(all).subspan(40'000, 8000), 1000, 8000), -10, 0.7);
  EXPECT_LT(roughest(all, 1000), 1.1);
  EXPECT_EQ(outcome(StopPlay{.id = first}), Outcome::bad_parameter);
}

TEST_F(PlayTest, a_countrys_cadence_comes_by_the_same_command) {
  Play play;
  play.id = first;
  play.mixer = mixer;
  play.to = ends[0]->port;
  play.what = audio::find_tone_plan("de")->busy;  // 425 Hz, 480 ms on, 480 ms off
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(4800));
  const Samples all = heard(*ends[0]);
  int sounding = 0, silent = 0;
  for (std::size_t at = 0; at + 480 <= all.size(); at += 160) {
    const double hz425 = audio::tone_level_dbm0(std::span(all).subspan(at, 480), 425, 8000);
    sounding += hz425 > -11 ? 1 : 0;
    silent += hz425 < -50 ? 1 : 0;
  }
  // Of 240 windows of 60 ms those that lie in a tone of 480 ms, and in a pause.
  EXPECT_NEAR(sounding, 110, 12);
  EXPECT_NEAR(silent, 105, 12);
  EXPECT_LT(audio::total_level_dbm0(heard(*ends[1])), -60);
  ASSERT_EQ(outcome(StopPlay{.id = first}), Outcome::done);
}

TEST_F(PlayTest, keys_sound_one_after_the_other_for_one_leg) {
  ends[0]->silent = false;
  Play play;
  play.id = first;
  play.mixer = mixer;
  play.to = ends[1]->port;
  play.what = Play::Keys{.digits = "147*AD0#", .duration = milliseconds(90), .gap = milliseconds(70)};
  ASSERT_EQ(outcome(Hearing{ends[1]->port, Hearing::Hear{}}), Outcome::done);
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(8 * 160 + 60));
  ASSERT_EQ(ended().size(), 1u);
  EXPECT_NEAR(ended()[0].played_ms, 8 * 160, 20);
  audio::DtmfDetector detector(far_end_rate);
  std::string digits;
  std::vector<std::size_t> began;
  const Samples all = heard(*ends[1]);
  for (std::size_t at = 0; at + 40 <= all.size(); at += 40) {
    const auto key = detector.process(std::span(all).subspan(at, 40));
    if (key && key->kind == audio::DtmfEvent::Kind::began) began.push_back(at);
    if (!key || key->kind != audio::DtmfEvent::Kind::ended) continue;
    digits += key->digit;
    EXPECT_NEAR(static_cast<double>(key->duration.count()), 90, 13);
  }
  EXPECT_EQ(digits, "147*AD0#");
  for (std::size_t i = 1; i < began.size(); ++i)
    EXPECT_NEAR(static_cast<double>(began[i] - began[i - 1]), 160 * 8, 13 * 8);
  EXPECT_LT(audio::total_level_dbm0(heard(*ends[0])), -60);
}

TEST_F(PlayTest, a_beep_that_nobody_asks_about_tells_nothing) {
  audio::Tone beep{.count = 1, .once = true};
  beep.segments[0] = {.components = {{{.hz = 1400}}}, .duration = milliseconds(200)};
  Play play;
  play.mixer = mixer;
  play.what = beep;
  ASSERT_EQ(outcome(play), Outcome::done);
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(100));
  EXPECT_GT(level(settled(*ends[0]), 1400), -12);
  talk(milliseconds(300));
  EXPECT_TRUE(ended().empty());
  EXPECT_EQ(worker.pending_timers(), ends.size() + 2);  // reports, ticks, and the look at every port
}

TEST_F(PlayTest, it_ends_with_its_listener_and_with_its_mixer) {
  Play play = sounds(first, {tone_sound(1013, milliseconds(5000))});
  play.to = ends[1]->port;
  ASSERT_EQ(outcome(play), Outcome::done);
  play.id = second;
  play.to = {};
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(100));
  command(Unseat{.port = ends[1]->port});
  ASSERT_EQ(ended().size(), 1u);
  EXPECT_EQ(ended()[0].reason, PlayEnd::listener_left);
  command(Unseat{.port = ends[0]->port});
  command(Unseat{.port = ends[2]->port});
  pass(milliseconds(500));  // time goes on without a listener
  command(CloseMixer{.id = mixer});
  ASSERT_EQ(ended().size(), 2u);
  EXPECT_EQ(ended()[1].reason, PlayEnd::mixer_closed);
  EXPECT_NEAR(ended()[1].played_ms, 600, 20);
  for (const auto& end : ends) command(Close{.id = end->port});
  EXPECT_EQ(worker.pending_timers(), 0u);
}

TEST_F(PlayTest, what_cannot_be_played_is_refused) {
  const auto good = tone_sound(1013, milliseconds(500));
  const Play play = sounds(first, {good});
  const auto refused = [&](auto change, Outcome as = Outcome::bad_parameter) {
    Play changed = play;
    change(changed);
    return outcome(changed) == as;
  };
  EXPECT_TRUE(refused([](Play& p) { p.what = Play::Sounds{}; }));
  EXPECT_TRUE(refused([](Play& p) { p.what = Play::Sounds{nullptr}; }));
  EXPECT_TRUE(refused([](Play& p) { p.what = Play::Sounds{std::make_shared<Sound>()}; }));
  EXPECT_TRUE(refused([](Play& p) { p.what = Play::Sounds{tone_sound(440, milliseconds(20), 16000)}; }));
  EXPECT_TRUE(refused([](Play& p) { p.what = audio::Tone{}; }));
  EXPECT_TRUE(refused([](Play& p) { p.what = Play::Keys{}; }));
  EXPECT_TRUE(refused([](Play& p) { p.what = Play::Keys{.digits = "12x"}; }));
  EXPECT_TRUE(refused([](Play& p) { p.what = Play::Keys{.digits = "1", .gap = milliseconds(1)}; }));
  EXPECT_TRUE(refused([](Play& p) { p.bus = Mixer::buses_max; }));
  EXPECT_TRUE(refused([](Play& p) { p.gain = -1; }));
  EXPECT_TRUE(refused([](Play& p) { p.mixer = make_mixer_id(worker_index, 99); }));
  EXPECT_TRUE(refused([](Play& p) { p.to = id(40); }, Outcome::no_such_port));
  EXPECT_TRUE(refused([&](Play& p) { p.to = open(20, address(9, 9)); }));
  ASSERT_EQ(outcome(play), Outcome::done);
  EXPECT_TRUE(refused([](Play&) {}));  // the id plays
  Play more = play;
  for (std::size_t i = 1; i < Room::players_max; ++i) {
    more.id.value = 100 + i;
    ASSERT_EQ(outcome(more), Outcome::done);
  }
  more.id.value = 99;
  EXPECT_EQ(outcome(more), Outcome::bad_parameter);
  talk(milliseconds(600));
  EXPECT_EQ(ended().size(), Room::players_max);
  EXPECT_EQ(outcome(more), Outcome::done);
}

}  // namespace
}  // namespace junctor::media
