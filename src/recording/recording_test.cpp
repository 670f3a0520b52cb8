// Recordings, measured in the files.
#include <set>

#include "recording/fixture.hpp"

namespace junctor::recording {
namespace {

struct RecordingTest : RecordingFixture {
  static constexpr double alice_hz = 520, bob_hz = 910;

  void SetUp() override {
    add(WorkerFixture::pcmu(), alice_hz);
    add(media::g722(), bob_hz);
    seat_all();
    talk(milliseconds(300));
  }
  FarEnd& alice() { return *ends[0]; }
  FarEnd& bob() { return *ends[1]; }
};

TEST_F(RecordingTest, stereo_has_each_leg_on_its_side) {
  const RecordingId id = start(settings(Layout::stereo));
  go(seconds(3));
  EXPECT_EQ(told_of<Started>().size(), 1u);
  EXPECT_TRUE(disk.files.contains("rec/one.open.json"));
  const Stopped stopped = finish(id);
  EXPECT_EQ(stopped.reason, StopReason::stopped);
  EXPECT_EQ(stopped.id, id);
  ASSERT_EQ(stopped.files.size(), 1u);
  EXPECT_EQ(stopped.files[0].path, "rec/one.wav");
  EXPECT_EQ(stopped.duration_ms, 3000u);
  const Samples left = channel("rec/one.wav", 0), right = channel("rec/one.wav", 1);
  EXPECT_EQ(left.size(), 24'000u);
  EXPECT_EQ(decoded("rec/one.wav").size(), 24'000u);
  EXPECT_NEAR(level(between(left, 0, 3000), alice_hz), -10, 0.7);
  EXPECT_LT(level(between(left, 0, 3000), bob_hz), -50);
  EXPECT_NEAR(level(between(right, 0, 3000), bob_hz), -10, 0.7);
  EXPECT_LT(level(between(right, 0, 3000), alice_hz), -50);

  EXPECT_FALSE(disk.files.contains("rec/one.open.json"));
  const auto json = manifest();
  EXPECT_EQ(json.at("state"), "stopped");
  EXPECT_EQ(json.at("started"), "2023-11-14T22:13:20.300Z");
  EXPECT_EQ(json.at("facts").at("call"), "n1-1-1");
  const auto& file = json.at("files").at(0);
  EXPECT_EQ(file.at("bytes").to_number<std::uint64_t>(), 44u + 96'000);
  EXPECT_EQ(json.at("gaps").as_array().size(), 0u);
  EXPECT_EQ(json.at("tracks").as_array().size(), 2u);
  Sha256 hash;
  hash.add(disk.files.at("rec/one.wav")->content.bytes);
  EXPECT_EQ(file.at("sha256").as_string(), hash.finish());
  EXPECT_EQ(file.at("sha256").as_string(), stopped.files[0].sha256);
  EXPECT_TRUE(taps_closed());
}

TEST_F(RecordingTest, mono_has_the_mix_and_a_beep_that_all_hear) {
  Settings what = settings(Layout::mono);
  what.beep_every = seconds(2);
  const RecordingId id = start(what);
  sent.clear();
  go(milliseconds(4300));
  const Stopped stopped = finish(id);
  const Samples all = decoded("rec/one.wav");
  EXPECT_NEAR(level(between(all, 0, 4000), alice_hz), -10, 0.7);
  EXPECT_NEAR(level(between(all, 0, 4000), bob_hz), -10, 0.7);
  for (const std::size_t at : {0u, 2000u, 4000u}) {
    EXPECT_NEAR(level(between(all, at + 50, at + 190), 1400), -10, 1.5) << at;
  }
  EXPECT_LT(level(between(all, 400, 1900), 1400), -50);
  EXPECT_NEAR(level(std::span<const std::int16_t>(heard(alice())).subspan(16'400, 1000), 1400), -10, 1.5);
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_EQ(stopped.duration_ms, 4300u);
}

TEST_F(RecordingTest, each_leg_has_a_file_that_begins_when_it_comes) {
  Settings what = settings(Layout::per_leg);
  const Track caller = what.tracks[0], party = what.tracks[1];
  what.tracks = {caller};
  const RecordingId id = start(what);
  go(seconds(1));
  EXPECT_TRUE(recordings.set_tracks(id, {caller, party}, now));
  go(seconds(1));
  EXPECT_TRUE(recordings.set_tracks(id, {party}, now));
  go(seconds(1));
  EXPECT_TRUE(recordings.set_tracks(id, {caller, party}, now));
  go(seconds(1));
  EXPECT_FALSE(recordings.set_tracks(id, {{.port = {}, .label = "../up"}}, now));
  const Stopped stopped = finish(id);
  ASSERT_EQ(stopped.files.size(), 2u);
  const Samples one = decoded("rec/one-caller.wav"), other = decoded("rec/one-party-1.wav");
  EXPECT_EQ(one.size(), 32'000u);
  EXPECT_EQ(other.size(), 24'000u);
  EXPECT_NEAR(level(between(one, 0, 2000), alice_hz), -10, 0.7);
  EXPECT_LT(level(between(one, 2020, 3000)), -70);
  EXPECT_NEAR(level(between(one, 3020, 4000), alice_hz), -10, 0.7);
  EXPECT_NEAR(level(between(other, 0, 3000), bob_hz), -10, 0.7);
  EXPECT_LT(level(between(other, 0, 3000), alice_hz), -50);
  const auto json = manifest();
  EXPECT_EQ(json.at("files").at(1).at("at_ms").to_number<int>(), 1000);
  EXPECT_EQ(json.at("tracks").as_array().size(), 3u);
}

TEST_F(RecordingTest, opus_files_hold_the_same) {
  const RecordingId id = start(settings(Layout::per_leg, Format::opus));
  go(seconds(5));
  const Stopped stopped = finish(id);
  ASSERT_EQ(stopped.files.size(), 2u);
  const Samples one = decoded("rec/one-caller.opus");
  EXPECT_NEAR(static_cast<double>(one.size()), 40'000, 400);
  EXPECT_NEAR(level(between(one, 100, 4900), alice_hz), -10, 1);
  EXPECT_NEAR(level(between(decoded("rec/one-party-1.opus"), 100, 4900), bob_hz), -10, 1);
  EXPECT_LT(stopped.files[0].bytes, 5 * 8000u);
}

// ------------------------------------------------------------------------------------------------- pauses and masks

TEST_F(RecordingTest, a_pause_leaves_a_gap_or_silence) {
  const RecordingId id = start(settings(Layout::stereo));
  go(seconds(1));
  recordings.pause(id, PauseKind::gap, now);
  go(seconds(2));
  recordings.resume(id, now);
  go(seconds(1));
  recordings.pause(id, PauseKind::silence, now);
  recordings.pause(id, PauseKind::gap, now);  // it is paused already
  go(seconds(2));
  recordings.resume(id, now);
  recordings.resume(id, now);
  go(seconds(1));
  const Stopped stopped = finish(id);
  EXPECT_EQ(told_of<Paused>().size(), 2u);
  EXPECT_EQ(told_of<Resumed>().size(), 2u);
  EXPECT_EQ(stopped.duration_ms, 5000u);
  const Samples left = channel("rec/one.wav", 0);
  EXPECT_NEAR(level(between(left, 0, 2000), alice_hz), -10, 0.7);
  EXPECT_LT(level(between(left, 2020, 4000)), -70);
  EXPECT_NEAR(level(between(left, 4020, 5000), alice_hz), -10, 0.7);
  const auto json = manifest();
  EXPECT_EQ(json.at("pauses").at(0).at("kind"), "gap");
  EXPECT_EQ(json.at("pauses").at(0).at("at_ms").to_number<int>(), 1000);
  EXPECT_EQ(json.at("pauses").at(1).at("kind"), "silence");
  ASSERT_EQ(json.at("segments").as_array().size(), 2u);
  EXPECT_EQ(json.at("segments").at(0).at("duration_ms").to_number<int>(), 1000);
  EXPECT_EQ(json.at("segments").at(1).at("at_ms").to_number<int>(), 1000);
  EXPECT_EQ(json.at("segments").at(1).at("duration_ms").to_number<int>(), 4000);
}

struct MaskTest : RecordingTest, testing::WithParamInterface<Format> {};

TEST_P(MaskTest, silence_is_written_over_what_was_and_what_will_be_said) {
  const bool wav = GetParam() == Format::wav;
  const RecordingId id = start(settings(Layout::mono, GetParam()));
  const TimePoint begin = now;
  go(seconds(4));
  recordings.mask(id, begin + milliseconds(1000), begin + milliseconds(2000));  // past
  recordings.mask(id, begin + milliseconds(5000), begin + milliseconds(6000));  // future
  go(seconds(3));
  recordings.mask(id, now - milliseconds(500), std::nullopt);
  go(seconds(1));
  recordings.unmask(id, now);
  go(seconds(2));
  finish(id);
  const Samples all = decoded(wav ? "rec/one.wav" : "rec/one.opus");
  EXPECT_NEAR(static_cast<double>(all.size()), 80'000, 400);
  for (const auto& [from, to] : {std::pair(1000, 2000), std::pair(5000, 6000), std::pair(6500, 8000)}) {
    const std::size_t a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
    EXPECT_LT(level(between(all, a + 8, b - 8)), -65) << from;
    EXPECT_GT(level(between(all, a - 300, a - 60), alice_hz), -11.5) << from;
    EXPECT_GT(level(between(all, b + 60, b + 300), alice_hz), -11.5) << from;
  }
  const auto json = manifest();
  ASSERT_EQ(json.at("masks").as_array().size(), 3u);
  EXPECT_EQ(json.at("masks").at(0).at("at_ms").to_number<int>(), 1000);
}

TEST_P(MaskTest, masks_in_the_files_time_hold_before_and_after_its_end) {
  const bool wav = GetParam() == Format::wav;
  const std::string path = wav ? "rec/one.wav" : "rec/one.opus";
  const RecordingId id = start(settings(Layout::mono, GetParam()));
  go(seconds(2));
  recordings.pause(id, PauseKind::gap, now);
  go(seconds(3));
  recordings.resume(id, now);
  recordings.mask_file(id, "rec/one", 500, 1000, 1);
  recordings.mask_file(id, "rec/one", 3000, 3500, 2);  // two seconds of the pause are in none
  go(seconds(4));
  ASSERT_EQ(told_of<Masked>().size(), 2u);
  recordings.stop(id, now);
  recordings.mask_file(id, "rec/one", 4500, 5000, 3);  // between its stop and its end
  go(seconds(1));
  recordings.mask_file(id, "rec/one", 5200, 5500, 4);  // and after that
  go(seconds(1));
  const auto masked = told_of<Masked>();
  ASSERT_EQ(masked.size(), 4u);
  for (const Masked& one : masked) EXPECT_EQ(one.error, "");
  ASSERT_TRUE(masked[3].stopped);
  const Samples all = decoded(path);
  EXPECT_NEAR(static_cast<double>(all.size()), 48'000, 1200);
  // A decoder of Opus takes a while to be as loud again as what was coded with another past.
  const double loud = wav ? -11.5 : -20;
  for (const auto& [from, to] :
       {std::pair<std::size_t, std::size_t>(500, 1000), {3000, 3500}, {4500, 5000}, {5200, 5500}}) {
    EXPECT_LT(level(between(all, from + 8, to - 8)), -65) << from;
    EXPECT_GT(level(between(all, from - 180, from - 60), alice_hz), loud) << from;
    EXPECT_GT(level(between(all, to + 60, to + 180), alice_hz), loud) << from;
  }
  const auto json = manifest();
  EXPECT_EQ(json.at("masks").as_array().size(), 4u);
  EXPECT_EQ(json.at("state").as_string(), "stopped");
  EXPECT_EQ(json.at("files").at(0).at("sha256").as_string(), masked[3].stopped->files.at(0).sha256);
  recordings.mask_file(id, "rec/other", 0, 100, 5);
  go(seconds(1));
  EXPECT_NE(told_of<Masked>().back().error, "");
}
INSTANTIATE_TEST_SUITE_P(OfBothFormats, MaskTest, testing::Values(Format::wav, Format::opus));

TEST_F(RecordingTest, it_ends_at_its_maximum_length) {
  Settings what = settings(Layout::stereo);
  what.length_max = milliseconds(1500);
  start(what);
  go(seconds(3));
  ASSERT_EQ(told_of<Stopped>().size(), 1u);
  EXPECT_EQ(told_of<Stopped>()[0].reason, StopReason::length_max);
  EXPECT_EQ(told_of<Stopped>()[0].duration_ms, 1500u);
  EXPECT_EQ(recordings.size(), 0u);
  EXPECT_TRUE(taps_closed());
}

// ------------------------------------------------------------------------------------------------- the call goes on

TEST_F(RecordingTest, it_follows_the_call_into_another_mixer_of_another_rate) {
  const RecordingId id = start(settings(Layout::stereo));
  go(seconds(2));
  const media::MixerId other = media::make_mixer_id(worker_index, 2);
  ASSERT_EQ(outcome(media::OpenMixer{.id = other, .rate = 16'000}), media::Outcome::done);
  recordings.follow(id, {other, 16'000}, now);
  for (const auto& end : ends) {
    ASSERT_EQ(outcome(media::Seat{.port = end->port, .mixer = other}), media::Outcome::done);
  }
  go(seconds(2));
  const Stopped stopped = finish(id);
  EXPECT_EQ(stopped.duration_ms, 4000u);
  const Samples left = channel("rec/one.wav", 0), right = channel("rec/one.wav", 1);
  for (const auto& [from, to] : {std::pair<std::size_t, std::size_t>(0, 2000), {2150, 3900}}) {
    EXPECT_NEAR(level(between(left, from, to), alice_hz), -10, 0.7) << from;
    EXPECT_NEAR(level(between(right, from, to), bob_hz), -10, 0.7) << from;
    EXPECT_LT(level(between(right, from, to), alice_hz), -50) << from;
  }
}

TEST_F(RecordingTest, time_goes_on_while_nobody_sits_there) {
  command(media::Unseat{.port = alice().port});
  command(media::Unseat{.port = bob().port});
  const RecordingId id = start(settings(Layout::stereo));
  go(seconds(10));
  ASSERT_EQ(seat(alice()), media::Outcome::done);
  go(seconds(2));
  const Stopped stopped = finish(id);
  EXPECT_EQ(stopped.duration_ms, 12'000u);
  const Samples left = channel("rec/one.wav", 0);
  EXPECT_LT(level(between(left, 0, 9990)), -70);
  EXPECT_NEAR(level(between(left, 10'200, 12'000), alice_hz), -10, 0.7);
  EXPECT_EQ(manifest().at("gaps").as_array().size(), 0u);
}

TEST_F(RecordingTest, a_recorder_that_is_held_up_marks_what_it_missed) {
  alice().silent = true;
  const RecordingId id = start(settings(Layout::stereo));
  go(seconds(1));
  talk(seconds(60));  // the ring holds three of them
  alice().silent = false;
  talk(milliseconds(1000));
  work();
  go(seconds(1));
  const Stopped stopped = finish(id);
  EXPECT_EQ(stopped.duration_ms, 63'000u);
  const auto json = manifest();
  const auto& gaps = json.at("gaps").as_array();
  ASSERT_GE(gaps.size(), 1u);
  const auto at = gaps[0].at("at_ms").to_number<std::size_t>();
  const auto missed = gaps[0].at("duration_ms").to_number<std::size_t>();
  EXPECT_NEAR(static_cast<double>(at + missed), 62'000, 250);
  EXPECT_GT(missed, 10'000u);
  EXPECT_EQ(counters.get("recording_ticks_lost").value() * 20, missed);
  // What came after it is in its place, not late.
  const Samples left = channel("rec/one.wav", 0), right = channel("rec/one.wav", 1);
  EXPECT_NEAR(level(between(right, 1000, at), bob_hz), -10, 0.7);
  EXPECT_LT(level(between(right, at + 20, at + missed)), -70);
  EXPECT_NEAR(level(between(right, at + missed, 63'000), bob_hz), -10, 0.7);
  EXPECT_NEAR(level(between(left, at + missed + 20, 63'000), alice_hz), -10, 0.7);
}

// -------------------------------------------------------------------------------------------------- disks and ends

TEST_F(RecordingTest, a_full_disk_ends_the_recording_and_not_the_call) {
  disk.bytes_max = 100'000;  // three seconds of stereo
  const RecordingId id = start(settings(Layout::stereo));
  sent.clear();
  go(seconds(6));
  ASSERT_EQ(told_of<Stopped>().size(), 1u);
  const Stopped stopped = told_of<Stopped>()[0];
  EXPECT_EQ(stopped.id, id);
  EXPECT_EQ(stopped.reason, StopReason::failed);
  EXPECT_EQ(stopped.error, "No space left on device");
  EXPECT_NEAR(static_cast<double>(stopped.duration_ms), 3000, 250);
  EXPECT_TRUE(taps_closed());
  EXPECT_EQ(recordings.size(), 0u);
  const Samples left = channel("rec/one.wav", 0);
  EXPECT_NEAR(level(between(left, 0, 2700), alice_hz), -10, 0.7);
  EXPECT_GE(decoded("rec/one.wav").size(), 2700u * 8);
  EXPECT_NEAR(level(std::span<const std::int16_t>(settled(bob())), alice_hz), -10, 0.7);
  EXPECT_EQ(rtp_from(bob().port).size(), 300u);
}

TEST_F(RecordingTest, what_cannot_begin_says_why_and_touches_nothing) {
  Settings bad = settings(Layout::stereo);
  bad.rate = 44'100;
  EXPECT_FALSE(recordings.start(bad, {mixer}, now));
  bad = settings(Layout::per_leg);
  bad.tracks[0].label = "a/b";
  EXPECT_EQ(recordings.start(bad, {mixer}, now).error(), "not a track's label: 'a/b'");
  finish(start(settings(Layout::stereo)));
  told.clear();
  const auto before = disk.files.at("rec/one.json")->content.bytes;
  start(settings(Layout::mono));
  go(seconds(1));
  ASSERT_EQ(told_of<Stopped>().size(), 1u);
  EXPECT_EQ(told_of<Stopped>()[0].error, "a recording of this name exists");
  EXPECT_TRUE(told_of<Started>().empty());
  EXPECT_EQ(disk.files.at("rec/one.json")->content.bytes, before);
  EXPECT_TRUE(taps_closed());
  disk.broken = true;
  Settings other = settings(Layout::mono);
  other.path = "rec/two";
  start(other);
  go(seconds(1));
  ASSERT_EQ(told_of<Stopped>().size(), 2u);
  EXPECT_EQ(told_of<Stopped>()[1].error, "Input/output error");
}

TEST_F(RecordingTest, an_orderly_end_of_the_process_ends_the_files) {
  start(settings(Layout::stereo));
  go(seconds(2));
  talk(milliseconds(150));
  recorder.finish();
  recordings.deliver(now);
  ASSERT_EQ(told_of<Stopped>().size(), 1u);
  EXPECT_NEAR(static_cast<double>(told_of<Stopped>()[0].duration_ms), 2150, 20);
  EXPECT_EQ(manifest().at("state"), "stopped");
}

TEST_F(RecordingTest, what_is_too_old_is_deleted_with_its_manifest_and_nothing_else) {
  Settings what = settings(Layout::per_leg);
  what.path = "rec/2023-11-14/old";
  finish(start(what));
  told.clear();
  go(seconds(10));
  const WallTime between = wall.at(now);
  what.path = "rec/2023-11-14/new";
  finish(start(what));
  what.path = "rec/2023-11-14/runs";
  start(what);
  go(seconds(1));
  disk.replace("rec/2023-11-14/note.txt", "mine");
  disk.replace("rec/2023-11-13/odd.json", "{\"version\":1,\"started\":\"2023\",\"files\":[{\"name\":\"../x\"}]}");
  std::set<std::string> before, after;
  for (const auto& [path, file] : disk.files) before.insert(path);

  recorder.prune("rec", between);
  go(seconds(1));
  for (const auto& [path, file] : disk.files) after.insert(path);
  for (const char* const gone : {"old.json", "old-caller.wav", "old-party-1.wav"})
    EXPECT_EQ(before.erase("rec/2023-11-14/" + std::string(gone)), 1u) << gone;
  EXPECT_EQ(after, before);
  ASSERT_EQ(told_of<Deleted>().size(), 1u);
  EXPECT_EQ(told_of<Deleted>()[0].manifest, "rec/2023-11-14/old.json");
  EXPECT_EQ(find_fact(told_of<Deleted>()[0].facts, "call"), "n1-1-1");
  EXPECT_EQ(counters.get("recordings_deleted").value(), 1u);
}

TEST_F(RecordingTest, a_call_costs_little_memory_beside_its_audio) {
  const RecordingId id = start(settings(Layout::stereo));
  ASSERT_NE(id, RecordingId{});
  const std::size_t ring = last_ring->capacity();
  EXPECT_GE(ring, Recorder::ring_time / milliseconds(20) * (16 + 2 * (8 + 320)));
  EXPECT_LE(ring, 52u * 1024);
}

}  // namespace
}  // namespace junctor::recording
