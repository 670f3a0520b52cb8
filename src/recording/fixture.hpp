#pragma once
// For the tests of this room: a media worker with talking far ends, recorded onto a disk in memory, in simulated time.
#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "audio/file_decoder.hpp"
#include "media/far_ends.hpp"
#include "recording/recorder.hpp"
#include "recording/recordings.hpp"

namespace junctor::recording {

using media::FarEnd;
using media::Samples;

struct RecordingFixture : media::MixingFixture, media::Plane {
  /// `on`: another disk than that in memory.
  explicit RecordingFixture(audio::Disk* on = nullptr)
      : recorder(on != nullptr ? *on : disk, {.recorder = [this] { next_work = now; }, .control = [] {}}, log,
                 counters) {
    wall.set(now, WallTime(milliseconds(1'700'000'000'000)));
  }

  // media::Plane
  std::optional<media::PortLease> take_port(Family, std::optional<std::uint32_t>) override { return std::nullopt; }
  void command(std::uint32_t to, media::Command what) override {
    EXPECT_EQ(to, worker_index);
    if (const auto* tap = std::get_if<media::OpenTap>(&what)) last_tap = tap->id.value, last_ring = tap->ring;
    worker.on_command(what, now);
  }
  media::PortLease move_port(const media::PortLease& lease, std::uint32_t) override { return lease; }
  using media::WorkerFixture::command;

  Settings settings(Layout layout, Format format = Format::wav) const {
    Settings out{.path = "rec/one", .format = format, .layout = layout, .tracks = {}, .facts = {{"call", "n1-1-1"}}};
    for (std::size_t i = 0; layout != Layout::mono && i < ends.size(); ++i) {
      out.tracks.push_back({.port = ends[i]->port,
                            .label = i == 0 ? "caller" : "party-" + std::to_string(i),
                            .side = i == 0 ? Side::left : Side::right});
    }
    return out;
  }
  RecordingId start(Settings what, std::uint32_t mixer_rate = 8000) {
    const auto id = recordings.start(std::move(what), {mixer, mixer_rate}, now);
    EXPECT_TRUE(id) << id.error();
    return id.value_or(RecordingId{});
  }
  /// The legs talk, and the recorder's thread does its work.
  void go(Duration span) {
    for (Duration t{}; t < span; t += milliseconds(50)) {
      talk(std::min<Duration>(milliseconds(50), span - t));
      timers.advance(now);
      work();
    }
  }
  void work() {
    while (next_work && *next_work <= now) next_work = recorder.run_once(now);
    while (recordings.deliver(now)) {
    }
  }
  /// Until the end was told.
  Stopped finish(RecordingId id) {
    recordings.stop(id, now);
    for (int i = 0; i < 20 && told_of<Stopped>().empty(); ++i) go(milliseconds(100));
    EXPECT_EQ(told_of<Stopped>().size(), 1u);
    EXPECT_EQ(recorder.size(), 0u);
    return told_of<Stopped>().empty() ? Stopped{} : told_of<Stopped>().back();
  }
  template <class E>
  std::vector<E> told_of() const {
    std::vector<E> out;
    for (const Event& event : told) {
      if (const E* one = std::get_if<E>(&event)) out.push_back(*one);
    }
    return out;
  }

  /// Every tap that was opened was closed again.
  bool taps_closed() {
    return outcome(media::CloseTap{.id = {last_tap}}) == media::Outcome::bad_parameter && last_tap != 0;
  }

  /// What is in the file, as a player would hear it: channels mixed.
  Samples decoded(const std::string& path) {
    auto decoder = audio::FileDecoder::open(disk.open(path, audio::OpenMode::read).value());
    EXPECT_TRUE(decoder) << decoder.error();
    Samples out(std::size_t{48'000} * 3600);
    if (decoder) out.resize(decoder->read(out).value());
    return out;
  }
  /// The samples of one channel of a WAV file.
  Samples channel(const std::string& path, std::size_t which) {
    const auto& bytes = disk.files.at(path)->content.bytes;
    Samples out;
    for (std::size_t at = audio::wav_header_size + 2 * which; at + 1 < bytes.size(); at += 4) {
      out.push_back(static_cast<std::int16_t>(bytes[at] | bytes[at + 1] << 8));
    }
    return out;
  }
  boost::json::object manifest(const std::string& path = "rec/one.json") {
    const auto& bytes = disk.files.at(path)->content.bytes;
    return boost::json::parse(std::string(bytes.begin(), bytes.end())).as_object();
  }
  static std::span<const std::int16_t> between(const Samples& all, std::size_t from_ms, std::size_t to_ms,
                                               std::size_t rate = 8000) {
    EXPECT_LE(to_ms * rate / 1000, all.size());
    const std::size_t to = std::min(all.size(), to_ms * rate / 1000), from = std::min(to, from_ms * rate / 1000);
    return std::span(all).subspan(from, to - from);
  }
  static double level(std::span<const std::int16_t> samples, double hz, double rate = 8000) {
    return audio::tone_level_dbm0(samples, hz, rate);
  }
  static double level(std::span<const std::int16_t> samples) { return audio::total_level_dbm0(samples); }

  std::uint64_t last_tap = 0;
  std::shared_ptr<media::TapRing> last_ring;
  audio::MemoryDisk disk;
  NullLog log;
  WallClock wall;
  TimerWheel timers{now};
  std::optional<TimePoint> next_work;
  std::vector<Event> told;
  Recorder recorder;
  Recordings recordings{recorder, *this, timers, wall, [this](const Event& e, TimePoint) { told.push_back(e); }};
};

}  // namespace junctor::recording
