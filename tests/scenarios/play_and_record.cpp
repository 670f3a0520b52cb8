// A file is played into a mixer and found again in the recording of it, by the hub's own wiring.
#include "audio/file_decoder.hpp"
#include "audio/goertzel.hpp"
#include "audio/tone.hpp"
#include "audio/wav.hpp"
#include "media/sound.hpp"
#include "scenario.hpp"

namespace junctor::sim {
namespace {

constexpr media::MixerId mixer = media::make_mixer_id(0, std::uint64_t{1} << 40);
constexpr double tone_hz = 620;

void put_sound(Sim& sim, const std::string& path, Duration length) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(length / 1ms) * 44);
  audio::ToneGenerator(tone_hz, -10, 44'000).generate(samples);
  const auto file = sim.files().open(path, audio::OpenMode::create).value();
  auto wav = audio::WavWriter::create(*file, 44'000, 1).value();
  ASSERT_TRUE(wav.write(samples) && wav.checkpoint());
}

void play(Sim& sim, const std::string& path) {
  sim.hub().core().sounds().get(
      path, 8000,
      [&sim](const media::Sounds::Loaded& sound, TimePoint) {
        ASSERT_TRUE(sound) << sound.error();
        media::Play play;
        play.mixer = mixer;
        play.what = media::Play::Sounds{*sound};
        sim.hub().plane().command(0, play);
      },
      sim.now());
}

std::vector<std::int16_t> decoded(Sim& sim, const std::string& path) {
  auto decoder = audio::FileDecoder::open(sim.files().open(path, audio::OpenMode::read).value()).value();
  std::vector<std::int16_t> out(1'000'000);
  out.resize(decoder.read(out).value());
  return out;
}

recording::RecordingId record_one(Sim& sim) {
  sim.hub().plane().command(0, media::OpenMixer{.id = mixer});
  recording::Settings settings;
  settings.path = "recordings/one";
  return sim.hub().core().recordings().start(settings, {mixer, 8000}, sim.now()).value();
}

TEST(PlayAndRecord, WhatIsPlayedIsRecorded) {
  Sim sim{Seed{501}};
  put_sound(sim, "sounds/a.wav", 1s);
  const auto id = record_one(sim);
  sim.run_for(500ms);
  play(sim, "sounds/a.wav");
  sim.run_for(2500ms);
  sim.hub().core().recordings().stop(id, sim.now());
  ASSERT_TRUE(sim.until(2s, [&] { return sim.files().files.contains("recordings/one.json"); }));
  const auto all = decoded(sim, "recordings/one.wav");
  ASSERT_EQ(all.size(), 24'000u);
  const auto part = [&](std::size_t from_ms, std::size_t to_ms) {
    return std::span(all).subspan(from_ms * 8, (to_ms - from_ms) * 8);
  };
  EXPECT_LT(audio::total_level_dbm0(part(0, 480)), -70);
  EXPECT_NEAR(audio::tone_level_dbm0(part(560, 1480), tone_hz, 8000), -10, 0.5);
  EXPECT_LT(audio::total_level_dbm0(part(1600, 3000)), -70);
  sim.hub().plane().command(0, media::CloseMixer{.id = mixer});
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PlayAndRecord, WhatAKilledHubRecordedIsMendedByTheNext) {
  Sim sim{Seed{502}};
  record_one(sim);
  sim.run_for(5s);
  sim.crash_hub();
  EXPECT_TRUE(sim.files().files.contains("recordings/one.open.json"));
  sim.start_hub();
  ASSERT_TRUE(sim.until(2s, [&] { return sim.files().files.contains("recordings/one.json"); }));
  EXPECT_FALSE(sim.files().files.contains("recordings/one.open.json"));
  EXPECT_GT(decoded(sim, "recordings/one.wav").size(), 4u * 8000);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
