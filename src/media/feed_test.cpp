// What a program says into a mixer, measured at the far ends.
#include "audio/tone.hpp"
#include "media/far_ends.hpp"
#include "media/feed_ring.hpp"

namespace junctor::media {
namespace {

struct FeedTest : MixingFixture, testing::WithParamInterface<std::uint32_t> {
  static constexpr PlayId id{1};
  const std::uint32_t rate = GetParam();
  std::shared_ptr<FeedRing> ring = std::make_shared<FeedRing>(rate, 30 * rate);
  audio::ToneGenerator tone{1013, -10, static_cast<double>(rate)};

  void SetUp() override {
    for (const double hz : {500.0, 800.0}) add(pcmu(), hz).silent = true;
    add(g722(), 950).silent = true;
    seat_all(rate);
    talk(milliseconds(200));
    sent.clear();
  }
  Play feed() {
    Play play;
    play.id = id;
    play.mixer = mixer;
    play.what = ring;
    return play;
  }
  void say(std::size_t ms) {
    std::vector<std::int16_t> samples(rate / 1000 * ms);
    tone.generate(samples);
    ring->write(samples);
  }
  std::vector<PlayEnded> ended() { return events_of<PlayEnded>(); }
  /// Milliseconds in which something sounds.
  static std::size_t sounding_ms(const Samples& samples) {
    std::size_t out = 0;
    for (std::size_t at = 0; at + 8 <= samples.size(); at += 8) {
      const auto ms = std::span(samples).subspan(at, 8);
      if (std::ranges::any_of(ms, [](auto s) { return std::abs(s) > 200; })) ++out;
    }
    return out;
  }
};

TEST_P(FeedTest, all_hear_it_or_one_alone) {
  ASSERT_EQ(outcome(feed()), Outcome::done);
  say(500);
  talk(milliseconds(500));
  for (const auto& end : ends) EXPECT_NEAR(level(settled(*end), 1013), -10, 0.7);
  ASSERT_EQ(outcome(StopPlay{.id = id}), Outcome::done);
  EXPECT_TRUE(ring->ended());
  talk(milliseconds(100));
  sent.clear();

  ring = std::make_shared<FeedRing>(rate, rate);
  Play play = feed();
  play.to = ends[1]->port;
  ASSERT_EQ(outcome(play), Outcome::done);
  say(1000);
  talk(milliseconds(500));
  EXPECT_NEAR(level(settled(*ends[1]), 1013), -10, 0.7);
  EXPECT_LT(audio::total_level_dbm0(settled(*ends[0])), -60);
  EXPECT_LT(audio::total_level_dbm0(settled(*ends[2])), -60);
  command(Unseat{.port = ends[1]->port});
  ASSERT_EQ(ended().size(), 2u);
  EXPECT_EQ(ended()[1].reason, PlayEnd::listener_left);
  EXPECT_EQ(ended()[1].played_ms, 500u);
  EXPECT_TRUE(ring->ended());
  EXPECT_EQ(ring->position().played(), rate / 2);
}

TEST_P(FeedTest, what_is_not_there_is_silence_without_a_click_and_it_goes_on_after_that) {
  ASSERT_EQ(outcome(feed()), Outcome::done);
  say(205);
  talk(milliseconds(600));
  say(100);
  talk(milliseconds(400));
  EXPECT_TRUE(ended().empty());
  EXPECT_EQ(ring->position().played(), rate / 1000 * 305);
  EXPECT_NEAR(static_cast<double>(sounding_ms(heard(*ends[0]))), 305, 15);  // with the fades
}

TEST_P(FeedTest, a_clear_is_heard_with_the_next_tick_and_a_pause_too) {
  ASSERT_EQ(outcome(feed()), Outcome::done);
  say(2000);
  talk(milliseconds(400));
  ring->pause(true);
  talk(milliseconds(200));
  EXPECT_EQ(ring->position().played(), rate / 1000 * 400);
  ring->pause(false);
  talk(milliseconds(100));
  ring->clear();
  talk(milliseconds(300));
  EXPECT_EQ(ring->position().played(), rate / 1000 * 500);
  EXPECT_EQ(ring->position().discarded, rate / 1000 * 1500);
  const Samples all = heard(*ends[0]);
  EXPECT_NEAR(static_cast<double>(sounding_ms(all)), 500, 20);
  EXPECT_LT(audio::total_level_dbm0(std::span(all).last(2000)), -60);
}

TEST_P(FeedTest, a_feed_of_another_rate_or_none_is_refused_and_it_ends_with_its_mixer) {
  Play play = feed();
  play.what = Play::Feed();
  EXPECT_EQ(outcome(play), Outcome::bad_parameter);
  play.what = std::make_shared<FeedRing>(rate == 8000 ? 16000 : 8000, 8000);
  EXPECT_EQ(outcome(play), Outcome::bad_parameter);
  ASSERT_EQ(outcome(feed()), Outcome::done);
  say(1000);
  talk(milliseconds(100));
  command(CloseMixer{.id = mixer});
  EXPECT_TRUE(ring->ended());
  EXPECT_EQ(ring->position().played(), rate / 10);
  ASSERT_EQ(ended().size(), 1u);
  EXPECT_EQ(ended()[0].reason, PlayEnd::mixer_closed);
}

INSTANTIATE_TEST_SUITE_P(rates, FeedTest, testing::Values(8000, 16000, 48000));

}  // namespace
}  // namespace junctor::media
