#include "recording/recordings.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "media/tap_ring.hpp"

namespace junctor::recording {
namespace {

constexpr std::size_t ring_bytes_min = std::size_t{16} << 10, ring_bytes_max = std::size_t{16} << 20;
/// Those who speak at a time, as a rule.
constexpr std::size_t streams_min = 2;

bool is_rate(std::uint32_t rate) {
  return rate == 8000 || rate == 16000 || rate == 48000;
}

bool is_label(const std::string& label) {
  return !label.empty() && label.size() <= Track::label_max && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Result<void, std::string> check_tracks(const std::vector<Track>& tracks) {
  if (tracks.size() > Settings::tracks_max) return fail(std::string("too many tracks for one recording"));
  for (const Track& track : tracks) {
    if (!is_label(track.label)) return fail("not a track's label: '" + track.label + "'");
  }
  return {};
}

audio::Tone beep_tone() {
  audio::Tone tone{.count = 1, .once = true};
  tone.segments[0].components[0].hz = Recordings::beep_hz;
  tone.segments[0].duration = std::chrono::duration_cast<milliseconds>(Recordings::beep_length);
  return tone;
}

}  // namespace

Recordings::Recordings(Recorder& recorder, media::Plane& plane, TimerWheel& timers, const WallClock& wall, Sink sink)
    : recorder_(recorder), plane_(plane), timers_(timers), wall_(wall), sink_(std::move(sink)) {}

Recordings::~Recordings() {
  for (auto& [id, running] : running_) timers_.cancel(running.beep_timer);
}

Result<RecordingId, std::string> Recordings::start(Settings settings, Source source, TimePoint now) {
  if (running_.size() >= recordings_max) return fail(std::string("too many recordings"));
  if (settings.path.empty() || settings.path.ends_with('/')) return fail(std::string("a recording needs a name"));
  if (!is_rate(settings.rate)) return fail(std::string("a recording has 8000, 16000 or 48000 samples per second"));
  if (const auto good = check_tracks(settings.tracks); !good) return fail(good.error());
  const RecordingId id{++last_id_};
  Running& running = running_[id];
  running.source = source;
  running.wants = settings.layout == Layout::mono ? media::TapWants{.legs = false, .mix = true} : media::TapWants{};
  running.streams = settings.layout == Layout::mono ? 1 : std::max(settings.tracks.size(), streams_min);
  running.beep_every = settings.beep_every;
  auto ring = open_tap(running);
  if (running.beep_every > Duration::zero()) {
    beep(running);
    running.beep_timer = timers_.schedule(now + running.beep_every, *this, id.value);
  }
  recorder_.begin(
      {.id = id, .settings = std::move(settings), .ring = std::move(ring), .at = now, .wall = wall_.at(now)});
  return id;
}

std::shared_ptr<media::TapRing> Recordings::open_tap(Running& running) {
  const std::size_t second = running.streams * (running.source.rate * sizeof(std::int16_t) + 1024);
  const auto time = static_cast<std::size_t>(Recorder::ring_time / milliseconds(1));
  auto ring = std::make_shared<media::TapRing>(running.source.rate, running.wants,
                                               std::clamp(second * time / 1000, ring_bytes_min, ring_bytes_max));
  running.tap = plane_.new_tap_id();
  plane_.command(worker_of(running.source.mixer),
                 media::OpenTap{.id = running.tap, .mixer = running.source.mixer, .ring = ring});
  return ring;
}

void Recordings::close_tap(const Running& running) {
  plane_.command(worker_of(running.source.mixer), media::CloseTap{.id = running.tap});
}

void Recordings::follow(RecordingId id, Source source, TimePoint now) {
  const auto at = running_.find(id);
  if (at == running_.end()) return;
  close_tap(at->second);
  at->second.source = source;
  recorder_.change(id, {now, Change::Follow{open_tap(at->second)}});
}

Result<void, std::string> Recordings::set_tracks(RecordingId id, std::vector<Track> tracks, TimePoint now) {
  if (auto good = check_tracks(tracks); !good) return good;
  const auto at = running_.find(id);
  if (at == running_.end()) return {};
  // The next tap has room for all.
  if (at->second.wants.legs) at->second.streams = std::max(tracks.size(), streams_min);
  recorder_.change(id, {now, Change::Tracks{std::move(tracks)}});
  return {};
}

void Recordings::pause(RecordingId id, PauseKind kind, TimePoint now) {
  const auto at = running_.find(id);
  if (at == running_.end()) return;
  at->second.paused = true;
  recorder_.change(id, {now, Change::Pause{kind}});
}

void Recordings::resume(RecordingId id, TimePoint now) {
  const auto at = running_.find(id);
  if (at == running_.end()) return;
  at->second.paused = false;
  recorder_.change(id, {now, Change::Resume{}});
}

void Recordings::mask(RecordingId id, TimePoint from, std::optional<TimePoint> to) {
  // It concerns what is written already, too: at once.
  if (running_.contains(id)) recorder_.change(id, {TimePoint::min(), Change::Mask{from, to}});
}

void Recordings::mask_file(RecordingId id, std::string path, std::uint64_t from_ms, std::uint64_t to_ms,
                           std::uint64_t token) {
  recorder_.mask({id, token, std::move(path), from_ms, to_ms});
}

void Recordings::unmask(RecordingId id, TimePoint now) {
  if (running_.contains(id)) recorder_.change(id, {now, Change::Unmask{}});
}

void Recordings::stop(RecordingId id, TimePoint now) {
  if (!running_.contains(id)) return;
  recorder_.change(id, {now, Change::Stop{}});
  forget(id);
}

void Recordings::forget(RecordingId id) {
  const auto at = running_.find(id);
  if (at == running_.end()) return;
  close_tap(at->second);
  timers_.cancel(at->second.beep_timer);
  running_.erase(at);
}

bool Recordings::deliver(TimePoint now) {
  return recorder_.deliver(
      [this](const Event& event, TimePoint then) {
        if (const auto* stopped = std::get_if<Stopped>(&event)) forget(stopped->id);
        sink_(event, then);
      },
      now);
}

void Recordings::on_timer(std::uint64_t token, TimePoint now) {
  const auto at = running_.find(RecordingId{token});
  if (at == running_.end()) return;
  if (!at->second.paused) beep(at->second);
  at->second.beep_timer = timers_.schedule(now + at->second.beep_every, *this, token);
}

void Recordings::beep(const Running& running) {
  media::Play play;
  play.mixer = running.source.mixer;
  play.what = beep_tone();
  plane_.command(worker_of(play.mixer), std::move(play));
}

}  // namespace junctor::recording
