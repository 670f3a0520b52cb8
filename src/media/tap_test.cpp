// What a tap hears of a mixer.
#include <map>

#include "media/far_ends.hpp"
#include "media/room.hpp"
#include "media/sound.hpp"
#include "media/tap_ring.hpp"

namespace junctor::media {
namespace {

struct Heard {
  std::map<PortId, Samples> sources;  // as long as all ticks; silence where there was none
  std::vector<TimePoint> times;
};

Heard drain(TapRing& ring) {
  Heard out;
  const std::size_t frame = ring.rate() / ticks_per_second;
  while (const auto tick = ring.next()) {
    out.times.push_back(tick->time);
    for (const TapTick::Part& part : tick->parts) {
      Samples& all = out.sources[part.source];
      all.resize((out.times.size() - 1) * frame);
      all.insert(all.end(), part.samples.begin(), part.samples.end());
    }
  }
  for (auto& [source, samples] : out.sources) samples.resize(out.times.size() * frame);
  return out;
}

struct TapTest : MixingFixture {
  static constexpr TapId tap{5};
  std::shared_ptr<TapRing> ring;

  Outcome open_tap(TapWants wants, std::size_t bytes = 1 << 20, std::uint32_t rate = 8000) {
    ring = std::make_shared<TapRing>(rate, wants, bytes);
    return outcome(OpenTap{.id = tap, .mixer = mixer, .ring = ring});
  }
};

TEST_F(TapTest, each_leg_has_its_own_tone_and_the_mix_has_all) {
  const std::array<double, 3> hz = {520, 910, 1370};
  add(pcmu(), hz[0]);
  add(g722(), hz[1]);
  add(opus(), hz[2]);
  seat_all();
  talk(milliseconds(300));
  ASSERT_EQ(open_tap({.legs = true, .mix = true}), Outcome::done);
  talk(seconds(1));
  const Heard all = drain(*ring);
  ASSERT_EQ(all.times.size(), 50u);
  for (std::size_t i = 1; i < all.times.size(); ++i) ASSERT_EQ(all.times[i] - all.times[i - 1], milliseconds(20));
  ASSERT_EQ(all.sources.size(), 4u);
  for (std::size_t leg = 0; leg < 3; ++leg) {
    EXPECT_NEAR(level(all.sources.at({}), hz[leg]), -10, 0.7);
    for (std::size_t tone = 0; tone < 3; ++tone) {
      const double there = level(all.sources.at(ends[leg]->port), hz[tone]);
      if (tone == leg) {
        EXPECT_NEAR(there, -10, 0.7);
      } else {
        EXPECT_LT(there, -50);
      }
    }
  }
  ASSERT_EQ(outcome(CloseTap{.id = tap}), Outcome::done);
  talk(milliseconds(100));
  EXPECT_FALSE(ring->next());
  EXPECT_EQ(ring->lost(), 0u);
  EXPECT_EQ(ring.use_count(), 1);
}

TEST_F(TapTest, legs_that_begin_to_talk_together_are_aligned_and_ticks_tell_who_came_when) {
  FarEnd& alice = add(pcmu(), 520);
  FarEnd& bob = add(pcma(), 910);
  bob.phase = alice.phase;
  alice.silent = bob.silent = true;
  seat_all();
  ASSERT_EQ(open_tap({}), Outcome::done);
  talk(milliseconds(600));
  alice.silent = bob.silent = false;
  talk(milliseconds(300));
  command(Unseat{.port = bob.port});
  talk(milliseconds(300));
  ASSERT_EQ(seat(bob), Outcome::done);
  talk(milliseconds(400));
  const Heard all = drain(*ring);
  ASSERT_EQ(all.times.size(), 80u);
  const auto begin = [&](const FarEnd& end, std::size_t from) {
    const Samples& said = all.sources.at(end.port);
    std::size_t at = from * 8;
    while (at < said.size() && std::abs(said[at]) < 100) ++at;
    return static_cast<double>(at) / 8;
  };
  EXPECT_NEAR(begin(alice, 0), begin(bob, 0), 1);
  EXPECT_NEAR(begin(alice, 0), 600, 45);
  const auto level_at = [&](const FarEnd& end, std::size_t ms) {
    return audio::total_level_dbm0(std::span(all.sources.at(end.port)).subspan(ms * 8, 160 * 8));
  };
  EXPECT_NEAR(level_at(alice, 1000), -10, 0.7);
  EXPECT_LT(level_at(bob, 1000), -60);
  EXPECT_NEAR(level_at(bob, 1400), -10, 0.7);
}

TEST_F(TapTest, who_is_muted_is_not_in_it_and_what_is_played_is_in_the_mix_alone) {
  FarEnd& alice = add(pcmu(), 520);
  FarEnd& bob = add(pcmu(), 910);
  seat_all();
  ASSERT_EQ(open_tap({.legs = true, .mix = true}), Outcome::done);
  command(Hearing{.port = bob.port, .change = Hearing::InputGain{0}});
  auto sound = std::make_shared<Sound>();
  sound->samples.resize(16'000);
  audio::ToneGenerator(1300, -10, 8000).generate(sound->samples);
  Play play;
  play.mixer = mixer;
  play.what = Play::Sounds{sound};
  ASSERT_EQ(outcome(play), Outcome::done);
  talk(milliseconds(200));
  drain(*ring);
  talk(seconds(1));
  const Heard all = drain(*ring);
  EXPECT_EQ(all.sources.size(), 2u);
  EXPECT_FALSE(all.sources.contains(bob.port));
  EXPECT_NEAR(level(all.sources.at(alice.port), 520), -10, 0.7);
  EXPECT_LT(level(all.sources.at(alice.port), 1300), -50);
  EXPECT_NEAR(level(all.sources.at({}), 1300), -10, 0.7);
  EXPECT_LT(level(all.sources.at({}), 910), -50);
}

TEST_F(TapTest, a_full_ring_leaves_out_whole_ticks_and_says_how_many) {
  add(pcmu(), 520);
  add(pcmu(), 910);
  seat_all();
  talk(milliseconds(200));
  ASSERT_EQ(open_tap({}, 8192), Outcome::done);
  talk(seconds(1));
  const std::uint64_t lost = ring->lost();
  const Heard first = drain(*ring);
  EXPECT_EQ(first.times.size() + lost, 50u);
  EXPECT_EQ(first.times.size(), 8192u / (16 + 2 * (8 + 320)));
  talk(milliseconds(40));
  const TimePoint expected = first.times.front() + milliseconds(1000);
  const auto next = ring->next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->lost_before, lost);
  EXPECT_EQ(next->time, expected);
  EXPECT_EQ(ring->next()->lost_before, 0u);
}

TEST_F(TapTest, taps_are_refused_without_a_mixer_or_a_ring_that_fits_and_end_with_the_mixer) {
  add(pcmu(), 520);
  seat_all();
  EXPECT_EQ(open_tap({}, 1 << 16, 16000), Outcome::bad_parameter);
  EXPECT_EQ(outcome(OpenTap{.id = tap, .mixer = mixer}), Outcome::bad_parameter);
  EXPECT_EQ(outcome(OpenTap{.id = tap, .mixer = make_mixer_id(worker_index, 9), .ring = ring}), Outcome::bad_parameter);
  ASSERT_EQ(open_tap({.mix = true}), Outcome::done);
  EXPECT_EQ(open_tap({}), Outcome::bad_parameter);
  for (std::size_t i = 1; i < Room::taps_max; ++i) {
    EXPECT_EQ(outcome(OpenTap{.id = {10 + i}, .mixer = mixer, .ring = ring}), Outcome::done);
  }
  EXPECT_EQ(outcome(OpenTap{.id = {99}, .mixer = mixer, .ring = ring}), Outcome::bad_parameter);
  command(CloseMixer{.id = mixer});
  EXPECT_EQ(outcome(CloseTap{.id = tap}), Outcome::bad_parameter);
  EXPECT_EQ(ring.use_count(), 1);
}

}  // namespace
}  // namespace junctor::media
