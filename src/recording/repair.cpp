#include "recording/repair.hpp"

#include <algorithm>
#include <string_view>

#include "audio/ogg_opus_silence.hpp"
#include "audio/wav.hpp"
#include "recording/audio_file.hpp"
#include "recording/manifest.hpp"

namespace junctor::recording {
namespace {

/// How long it sounds, in ms.
Result<std::uint64_t, std::string> mend_file(audio::Disk& disk, const std::string& path, const OpenManifest& manifest,
                                             const Manifest::File& told) {
  auto file = disk.open(path, audio::OpenMode::update);
  if (!file) return fail(file.error());
  std::uint64_t wav_bytes = 0;
  if (manifest.format == Format::wav) {
    const auto mended = audio::repair_wav(**file);
    if (!mended) return fail(mended.error());
    wav_bytes = mended->data_bytes;
  }
  for (const Manifest::Span& mask : manifest.masks) {
    const std::uint64_t end = mask.at_ms + mask.duration_ms;
    if (end <= told.at_ms) continue;
    const std::uint64_t from = mask.at_ms - std::min(mask.at_ms, told.at_ms);
    const auto erased = erase(**file, manifest.format, manifest.rate, told.channels, from, end - told.at_ms);
    if (!erased) return fail(erased.error());
  }
  if (manifest.format == Format::opus) return audio::ogg_opus_duration_ms(**file);
  return wav_bytes / (std::uint64_t{2} * told.channels) * 1000 / manifest.rate;
}

}  // namespace

bool Repair::step(std::vector<Event>& events) {
  if (!left_) find();
  if (reporter_) {
    if (!reporter_->step()) end(events);
    return true;
  }
  if (left_->empty()) return false;
  const std::string next = std::move(left_->back());
  left_->pop_back();
  if (!begin(next)) reporter_.reset();
  return true;
}

void Repair::find() {
  auto found = disk_.find(folder_, manifest_open);
  if (!found) log_.warning("recordings cannot be looked at", {{"folder", folder_}, {"error", found.error()}});
  left_ = found ? std::move(*found) : std::vector<std::string>();
}

bool Repair::begin(const std::string& open_manifest) {
  open_ = open_manifest;
  const std::string stem = open_.substr(0, open_.size() - std::string_view(manifest_open).size());
  // It ended between the last two steps.
  if (disk_.stamp(stem + manifest_closed)) return disk_.remove(open_).has_value() && false;
  auto json = read_manifest(disk_, open_);
  const auto manifest = json ? parse_open_manifest(*json) : Result<OpenManifest, std::string>(fail(json.error()));
  if (!manifest) {
    log_.warning("recording cannot be mended", {{"manifest", open_}, {"error", manifest.error()}});
    return false;
  }
  json_ = std::move(*json);
  std::vector<FileReport> reports;
  for (const Manifest::File& file : manifest->files) {
    FileReport report{.path = open_.substr(0, open_.rfind('/') + 1) + file.name, .sha256 = {}};
    const auto duration = mend_file(disk_, report.path, *manifest, file);
    if (!duration) log_.warning("recording cannot be mended", {{"file", report.path}, {"error", duration.error()}});
    report.duration_ms = duration.value_or(0);
    reports.push_back(std::move(report));
  }
  reporter_.emplace(disk_, std::move(reports));
  return true;
}

void Repair::end(std::vector<Event>& events) {
  Stopped stopped{.id = {},
                  .reason = StopReason::interrupted,
                  .error = {},
                  .manifest = {},
                  .files = reporter_->take(),
                  .facts = facts_in(json_)};
  reporter_.reset();
  for (const FileReport& file : stopped.files) stopped.duration_ms = std::max(stopped.duration_ms, file.duration_ms);
  stopped.manifest = open_.substr(0, open_.size() - std::string_view(manifest_open).size()) + manifest_closed;
  auto done = disk_.replace(stopped.manifest, close_manifest(json_, StopReason::interrupted, stopped.files));
  if (done) done = disk_.remove(open_);
  if (!done) {
    log_.warning("recording cannot be mended", {{"manifest", open_}, {"error", done.error()}});
    return;
  }
  events.emplace_back(std::move(stopped));
}

}  // namespace junctor::recording
