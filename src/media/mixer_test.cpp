#include "media/mixer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <random>

#include "audio/goertzel.hpp"
#include "audio/tone.hpp"

namespace junctor::media {
namespace {

using Member = Mixer::Member;
using Samples = std::vector<std::int16_t>;

constexpr std::uint32_t rate = 8000;
constexpr double separation_db = 50;

/// Members that each speak a tone of their own at -20 dBm0, and what they hear.
class Room {
 public:
  explicit Room(std::uint32_t sample_rate = rate) : mixer(sample_rate) {}

  /// Speaks into and hears bus 0.
  Member join() {
    const Member m = observe();
    EXPECT_TRUE(mixer.speak(m, 0));
    return m;
  }
  /// Hears bus 0, has a voice, and speaks nowhere.
  Member observe() {
    const Member m = *mixer.add();
    mixer.hear(m, 0);
    // 143 Hz apart and no harmonics of each other, so that nothing is mistaken for a neighbour.
    hz_[m] = 310 + 143.0 * m;
    tones_[m] = audio::ToneGenerator(hz_[m], -20, mixer.sample_rate());
    return m;
  }
  void run(int ticks) {
    Samples frame(mixer.frame_samples());
    heard.clear();
    for (int t = 0; t < ticks; ++t) {
      for (auto& [m, tone] : tones_) {
        tone.generate(frame);
        mixer.put(m, frame);
      }
      mixer.tick();
      for (const auto& [m, tone] : tones_) {
        mixer.heard(m, frame);
        heard[m].insert(heard[m].end(), frame.begin(), frame.end());
      }
    }
  }
  /// How loud the speaker is at the listener, in dB against what it said.
  double level(Member speaker, Member listener) {
    return 20 + audio::tone_level_dbm0(heard[listener], hz_[speaker], mixer.sample_rate());
  }
  void expect(const std::vector<std::vector<int>>& hears) {
    run(2);  // ramps
    run(20);
    for (Member listener = 0; listener < hears.size(); ++listener) {
      for (Member speaker = 0; speaker < hears.size(); ++speaker) {
        if (hears[listener][speaker] != 0) {
          EXPECT_NEAR(level(speaker, listener), 0, 0.1) << speaker << " at " << listener;
        } else {
          EXPECT_LT(level(speaker, listener), -separation_db) << speaker << " at " << listener;
        }
      }
    }
  }

  Mixer mixer;
  std::map<Member, Samples> heard;

 private:
  std::map<Member, double> hz_;
  std::map<Member, audio::ToneGenerator> tones_;
};

TEST(Mixer, a_conference_hears_everyone_but_oneself_at_every_rate) {
  for (const std::uint32_t sample_rate : {8000u, 16000u, 48000u}) {
    Room room(sample_rate);
    for (int i = 0; i < 4; ++i) room.join();
    room.expect({{0, 1, 1, 1}, {1, 0, 1, 1}, {1, 1, 0, 1}, {1, 1, 1, 0}});
  }
}

TEST(Mixer, mute_deaf_and_hold) {
  Room room;
  const Member a = room.join(), b = room.join(), c = room.join();
  room.mixer.set_input_gain(a, 0);
  room.expect({{0, 1, 1}, {0, 0, 1}, {0, 1, 0}});
  room.mixer.set_input_gain(a, 1);
  room.mixer.set_output_gain(b, 0);
  room.expect({{0, 1, 1}, {0, 0, 0}, {1, 1, 0}});
  room.mixer.set_output_gain(b, 1);
  room.mixer.speak(c, 0, 0);
  room.mixer.hear(c, std::nullopt);
  room.expect({{0, 1, 0}, {1, 0, 0}, {0, 0, 0}});
}

TEST(Mixer, hold_music_is_a_member_of_another_bus) {
  Room room;
  const Member a = room.join();
  room.join();
  const Member music = room.observe();
  room.mixer.hear(music, std::nullopt);
  room.mixer.speak(music, 1);
  room.mixer.speak(a, 0, 0);
  room.mixer.hear(a, 1);
  room.expect({{0, 0, 1}, {0, 0, 0}, {0, 0, 0}});
}

TEST(Mixer, observer_whisper_and_barge) {
  Room room;
  room.join();
  const Member agent = room.join();
  const Member supervisor = room.observe();
  room.expect({{0, 1, 0}, {1, 0, 0}, {1, 1, 0}});
  room.mixer.set_exception(supervisor, agent, 1);
  room.expect({{0, 1, 0}, {1, 0, 1}, {1, 1, 0}});
  room.mixer.speak(supervisor, 0);
  room.mixer.clear_exception(supervisor, agent);
  room.expect({{0, 1, 1}, {1, 0, 1}, {1, 1, 0}});
}

TEST(Mixer, exceptions_block_a_pair_and_make_an_echo) {
  Room room;
  const Member a = room.join(), b = room.join();
  room.join();
  room.mixer.set_exception(a, b, 0);
  room.mixer.set_exception(b, b, 1);
  room.expect({{0, 1, 1}, {0, 1, 1}, {1, 1, 0}});
}

TEST(Mixer, gains_are_per_speaker_bus_listener_and_pair) {
  Room room;
  const Member a = room.join(), b = room.join(), c = room.join();
  room.mixer.set_input_gain(a, 0.5F);
  room.mixer.speak(b, 0, 0.25F);
  room.mixer.set_output_gain(b, 0.5F);
  room.mixer.set_exception(b, c, 2);
  room.run(2);
  room.run(20);
  EXPECT_NEAR(room.level(a, b), -12.04, 0.1);
  EXPECT_NEAR(room.level(a, c), -6.02, 0.1);
  EXPECT_NEAR(room.level(b, a), -12.04, 0.1);
  EXPECT_NEAR(room.level(b, c), 6.02, 0.1);
  EXPECT_NEAR(room.level(c, b), -6.02, 0.1);
}

TEST(Mixer, a_speaker_between_two_parties_arrives_exactly) {
  Mixer mixer(rate);
  const Member a = *mixer.add(), b = *mixer.add();
  for (const Member m : {a, b}) mixer.speak(m, 0), mixer.hear(m, 0);
  std::mt19937 engine(5);
  Samples said(mixer.frame_samples()), heard(said.size()), other(said.size());
  for (int t = 0; t < 50; ++t) {
    for (auto& s : said) s = static_cast<std::int16_t>(engine());
    for (auto& s : other) s = static_cast<std::int16_t>(engine());
    mixer.put(a, said);
    if (t > 20) mixer.put(b, other);  // then both speak, at full scale
    mixer.tick();
    mixer.heard(b, heard);
    if (t >= 1) {
      ASSERT_EQ(heard, said);
    }
    mixer.heard(a, heard);
    if (t > 20) {
      ASSERT_EQ(heard, other);
    }
  }
}

/// The greatest step between neighbouring samples, frames put together.
int greatest_step(const Samples& samples) {
  int step = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) step = std::max(step, std::abs(samples[i] - samples[i - 1]));
  return step;
}

TEST(Mixer, no_change_clicks) {
  // A constant level shows every step as such. Over a tick a factor that goes to 0 or 1 moves it by a 160th of the
  // level each sample; two may move at once.
  constexpr std::int16_t level = 16000;
  constexpr int steady_step = 2 * level / 160 + 2;
  Mixer mixer(rate);
  const Member a = *mixer.add(), b = *mixer.add();
  const Samples said(mixer.frame_samples(), level);
  Samples frame(said.size()), heard;
  bool a_is_there = true;
  const auto run = [&](int ticks) {
    for (int t = 0; t < ticks; ++t) {
      if (a_is_there) mixer.put(a, said);
      mixer.tick();
      mixer.heard(b, frame);
      heard.insert(heard.end(), frame.begin(), frame.end());
    }
    const std::int16_t last = heard.back();
    return last;
  };
  mixer.speak(a, 0), mixer.hear(b, 0);
  EXPECT_NEAR(run(2), level, 1);
  mixer.set_input_gain(a, 0.25F);
  EXPECT_NEAR(run(2), level / 4, 1);
  mixer.set_input_gain(a, 1), mixer.set_output_gain(b, 0.5F);
  EXPECT_NEAR(run(2), level / 2, 1);
  mixer.set_output_gain(b, 1), mixer.hear(b, 1);
  EXPECT_EQ(run(2), 0);
  mixer.speak(a, 1), mixer.speak(a, 0, 0);
  EXPECT_NEAR(run(2), level, 1);
  mixer.set_exception(a, b, 0);
  EXPECT_EQ(run(2), 0);
  mixer.set_exception(a, b, 1);
  EXPECT_NEAR(run(2), level, 1);
  mixer.clear_exception(a, b);
  EXPECT_NEAR(run(2), level, 1);
  mixer.remove(a);
  a_is_there = false;
  EXPECT_EQ(run(2), 0);
  // A member that leaves brings no frame any more: its last sample fades, within 5 ms.
  EXPECT_LE(greatest_step(Samples(heard.begin(), heard.end() - 2 * 160)), steady_step);
  EXPECT_LE(greatest_step(heard), level / 40 + steady_step);
}

TEST(Mixer, a_member_that_changes_bus_never_hears_itself) {
  Room room;
  const Member a = room.join();
  room.run(2);
  for (int i = 0; i < 5; ++i) {
    room.mixer.speak(a, 0, i % 2 == 0 ? 0.0F : 1.0F), room.mixer.speak(a, 1, i % 2 == 0 ? 1.0F : 0.0F);
    room.mixer.hear(a, static_cast<Mixer::Bus>(i % 2 == 0));
    room.run(2);
    EXPECT_EQ(std::ranges::count_if(room.heard[a], [](std::int16_t s) { return std::abs(s) > 1; }), 0);
  }
}

TEST(Mixer, a_thousand_members_are_summed) {
  Mixer mixer(rate);
  constexpr Member count = 1000;
  std::mt19937 engine(11);
  std::uniform_int_distribution<int> sample(-250, 250);  // the sum stays below the limiter's knee, at six sigma
  std::vector<Samples> said(count, Samples(mixer.frame_samples()));
  for (Member m = 0; m < count; ++m) {
    ASSERT_EQ(mixer.add(), m);
    mixer.speak(m, 0), mixer.hear(m, 0);
  }
  Samples heard(mixer.frame_samples());
  for (int t = 0; t < 3; ++t) {
    std::vector<int> sum(mixer.frame_samples());
    for (Member m = 0; m < count; ++m) {
      for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] += said[m][i] = static_cast<std::int16_t>(sample(engine));
      }
      mixer.put(m, said[m]);
    }
    mixer.tick();
    if (t == 0) continue;
    for (Member m = 0; m < count; ++m) {
      ASSERT_EQ(mixer.same_as(m), m);
      mixer.heard(m, heard);
      for (std::size_t i = 0; i < sum.size(); ++i) {
        const int expected = sum[i] - said[m][i];
        if (std::abs(expected) <= 16384) {
          ASSERT_EQ(heard[i], expected);
        }
      }
    }
  }
}

TEST(Mixer, many_loud_speakers_saturate_softly) {
  Mixer mixer(rate);
  const Member listener = *mixer.add();
  mixer.hear(listener, 0);
  std::vector<Member> speakers;
  for (int i = 0; i < 30; ++i) {
    speakers.push_back(*mixer.add());
    mixer.speak(speakers.back(), 0);
  }
  audio::ToneGenerator tone(200, 3, rate);
  Samples frame(mixer.frame_samples()), said, heard;
  for (int t = 0; t < 20; ++t) {
    tone.generate(frame);
    for (const Member m : speakers) mixer.put(m, frame);
    said.insert(said.end(), frame.begin(), frame.end());
    mixer.tick();
    mixer.heard(listener, frame);
    heard.insert(heard.end(), frame.begin(), frame.end());
  }
  for (std::size_t i = 160; i < said.size(); ++i) {
    if (std::abs(said[i]) > 10) {
      ASSERT_EQ(said[i] > 0, heard[i] > 0);  // a wrapped sum would change its sign
    }
    ASSERT_LT(std::abs(int{heard[i]}), 32767);
  }
}

TEST(Mixer, those_who_hear_the_same_are_told) {
  Mixer mixer(rate);
  std::vector<Member> members;
  for (int i = 0; i < 6; ++i) {
    members.push_back(*mixer.add());
    mixer.speak(members.back(), 0), mixer.hear(members.back(), 0);
  }
  const Samples voice(mixer.frame_samples(), 100), zeros(mixer.frame_samples());
  const auto groups = [&] {
    for (int t = 0; t < 3; ++t) {
      mixer.put(0, voice);
      mixer.put(1, zeros);
      mixer.tick();
    }
    std::vector<Member> out;
    for (const Member m : members) out.push_back(mixer.same_as(m));
    return out;
  };
  EXPECT_EQ(groups(), (std::vector<Member>{0, 1, 1, 1, 1, 1}));  // one speaks; one sends zeros; four send nothing
  EXPECT_TRUE(mixer.hears_nobody(0));
  EXPECT_FALSE(mixer.hears_nobody(1));
  mixer.set_output_gain(3, 0.5F), mixer.set_output_gain(4, 0.5F);
  EXPECT_EQ(groups(), (std::vector<Member>{0, 1, 1, 3, 3, 1}));
  mixer.set_output_gain(3, 1), mixer.set_output_gain(4, 1);
  mixer.set_exception(0, 2, 0.25F), mixer.set_exception(0, 5, 0.25F);
  EXPECT_EQ(groups(), (std::vector<Member>{0, 1, 2, 1, 1, 2}));
  mixer.hear(1, 1), mixer.set_exception(0, 2, 0);
  EXPECT_EQ(groups(), (std::vector<Member>{0, 0, 0, 3, 3, 5}));  // 0, 1 and 2 hear nobody
}

TEST(Mixer, bounds_are_refused_and_places_are_used_again) {
  Mixer mixer(rate);
  const Member a = *mixer.add();
  for (Mixer::Bus b = 0; b < Mixer::buses_spoken_max; ++b) EXPECT_TRUE(mixer.speak(a, b));
  EXPECT_FALSE(mixer.speak(a, 7));
  EXPECT_TRUE(mixer.speak(a, 0, 0));
  EXPECT_TRUE(mixer.speak(a, 7));
  for (std::size_t i = 1; i < Mixer::members_max; ++i) ASSERT_TRUE(mixer.add());
  EXPECT_FALSE(mixer.add());
  for (Member m = 0; m < Mixer::exceptions_max; ++m) EXPECT_TRUE(mixer.set_exception(m, 1000, 1));
  EXPECT_FALSE(mixer.set_exception(20, 1000, 1));
  EXPECT_TRUE(mixer.set_exception(3, 1000, 0.5F));
  mixer.remove(3);
  mixer.tick();
  EXPECT_FALSE(mixer.add());  // still fading out
  mixer.tick();
  EXPECT_EQ(mixer.add(), 3u);
  EXPECT_TRUE(mixer.set_exception(20, 1000, 1));  // the exception went with its speaker
}

/// What the header says, pair by pair and sample by sample.
class Reference {
 public:
  struct Pair {
    bool exists = false;
    float gain = 0;
  };
  struct State {
    std::vector<float> input, output;
    std::vector<std::array<float, Mixer::buses_max>> speaks;
    std::vector<int> hears;
    std::vector<std::vector<Pair>> pairs;  // [listener][speaker]
  };

  static double gain(const State& s, std::size_t speaker, std::size_t listener) {
    const Pair& pair = s.pairs[listener][speaker];
    if (pair.exists) return pair.gain;
    if (speaker == listener || s.hears[listener] < 0) return 0;
    return s.speaks[speaker][static_cast<std::size_t>(s.hears[listener])];
  }
};

TEST(Mixer, random_matrices_equal_the_sum_over_all_pairs) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 engine(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(engine() % bound); };
    const unsigned count = 2 + below(12);
    Mixer mixer(16000, 10, seed % 2 == 0 ? audio::mix_kernels() : audio::scalar_mix_kernels());
    const std::size_t n = mixer.frame_samples();
    Reference::State s{std::vector<float>(count, 1.0F), std::vector<float>(count, 1.0F),
                       std::vector<std::array<float, Mixer::buses_max>>(count), std::vector<int>(count, -1),
                       std::vector(count, std::vector<Reference::Pair>(count))};
    for (unsigned m = 0; m < count; ++m) ASSERT_EQ(mixer.add(), m);
    for (int round = 0; round < 40; ++round) {
      for (int change = 0; change < 6; ++change) {
        const unsigned m = below(count), other = below(count);
        const float gain = below(3) == 0 ? 0.0F : static_cast<float>(below(9)) / 8;
        const auto bus = static_cast<Mixer::Bus>(below(Mixer::buses_max));
        switch (below(6)) {
          case 0:
            if (mixer.speak(m, bus, gain)) s.speaks[m][bus] = gain;
            break;
          case 1:
            mixer.hear(m, bus), s.hears[m] = bus;
            break;
          case 2:
            mixer.set_input_gain(m, gain), s.input[m] = gain;
            break;
          case 3:
            mixer.set_output_gain(m, gain), s.output[m] = gain;
            break;
          case 4:
            if (mixer.set_exception(m, other, gain)) s.pairs[other][m] = {true, gain};
            break;
          default:
            mixer.clear_exception(m, other), s.pairs[other][m] = {};
        }
      }
      std::vector<Samples> said(count), heard(count, Samples(n));
      for (int tick = 0; tick < 2; ++tick) {  // the first ramps
        for (unsigned m = 0; m < count; ++m) {
          said[m].assign(n, 0);
          if ((seed + m) % 4 != 0) {
            for (auto& x : said[m]) x = static_cast<std::int16_t>(static_cast<int>(below(2000)) - 1000);
          }
          mixer.put(m, said[m]);
        }
        mixer.tick();
      }
      for (unsigned l = 0; l < count; ++l) {
        mixer.heard(l, heard[l]);
        ASSERT_LE(mixer.same_as(l), l);
        ASSERT_EQ(heard[l], heard[mixer.same_as(l)]) << "seed " << seed;
        for (std::size_t i = 0; i < n; ++i) {
          double sum = 0;
          for (unsigned k = 0; k < count; ++k) {
            sum += static_cast<double>(s.input[k]) * Reference::gain(s, k, l) * said[k][i];
          }
          ASSERT_NEAR(heard[l][i], sum * static_cast<double>(s.output[l]), 0.51) << "seed " << seed << " at " << l;
        }
      }
    }
  }
}

}  // namespace
}  // namespace junctor::media
