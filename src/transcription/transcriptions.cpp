#include "transcription/transcriptions.hpp"

#include <algorithm>
#include <utility>

#include "media/tap_ring.hpp"

namespace junctor::transcription {
namespace {

constexpr std::size_t ring_bytes_min = std::size_t{64} << 10, ring_bytes_max = std::size_t{8} << 20;
/// A leg that comes later.
constexpr std::size_t speakers_spare = 1;
/// Nobody recognises better with more.
constexpr std::uint32_t rate_max = 16'000;

}  // namespace

Result<TranscriptionId, std::string> Transcriptions::start(std::shared_ptr<const Engine> engine,
                                                           std::vector<Speaker> speakers, Source source,
                                                           TimePoint origin) {
  if (running_.size() >= transcriptions_max) return fail(std::string("too many transcriptions"));
  if (speakers.size() > speakers_max) speakers.resize(speakers_max);
  const TranscriptionId id{++last_id_};
  Running& running = running_[id];
  running.speakers = speakers.size();
  auto ring = open_tap(running, source);
  transcriber_.begin({.id = id,
                      .engine = std::move(engine),
                      .rate = std::min(source.rate, rate_max),
                      .ring = std::move(ring),
                      .speakers = std::move(speakers),
                      .origin = origin});
  return id;
}

std::shared_ptr<media::TapRing> Transcriptions::open_tap(Running& running, Source source) {
  const std::size_t second = (running.speakers + speakers_spare) * (source.rate * sizeof(std::int16_t) + 1024);
  const auto time = static_cast<std::size_t>(Transcriber::ring_time / seconds(1));
  auto ring = std::make_shared<media::TapRing>(source.rate, media::TapWants{},
                                               std::clamp(second * time, ring_bytes_min, ring_bytes_max));
  running.tap = plane_.new_tap_id();
  running.mixer = source.mixer;
  plane_.command(worker_of(source.mixer), media::OpenTap{.id = running.tap, .mixer = source.mixer, .ring = ring});
  return ring;
}

void Transcriptions::close_tap(Running& running) {
  if (!running.tap) return;
  plane_.command(worker_of(running.mixer), media::CloseTap{.id = running.tap});
  running.tap = {};
}

void Transcriptions::follow(TranscriptionId id, Source source) {
  const auto at = running_.find(id);
  if (at == running_.end() || !at->second.tap) return;
  close_tap(at->second);
  transcriber_.change(id, {Change::Follow{open_tap(at->second, source)}});
}

void Transcriptions::set_speakers(TranscriptionId id, std::vector<Speaker> speakers) {
  const auto at = running_.find(id);
  if (at == running_.end() || !at->second.tap) return;
  if (speakers.size() > speakers_max) speakers.resize(speakers_max);
  at->second.speakers = speakers.size();
  transcriber_.change(id, {Change::Speakers{std::move(speakers)}});
}

void Transcriptions::stop(TranscriptionId id) {
  const auto at = running_.find(id);
  if (at == running_.end() || !at->second.tap) return;
  close_tap(at->second);
  transcriber_.change(id, {Change::Stop{}});
}

bool Transcriptions::deliver(TimePoint now) {
  return transcriber_.deliver(
      [this](const Event& event, TimePoint then) {
        if (const auto* ended = std::get_if<Ended>(&event)) {
          if (const auto at = running_.find(ended->id); at != running_.end()) {
            close_tap(at->second);
            running_.erase(at);
          }
        }
        sink_(event, then);
      },
      now);
}

}  // namespace junctor::transcription
