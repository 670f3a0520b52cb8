#include "recording/file_mask.hpp"

#include <algorithm>

#include "recording/audio_file.hpp"

namespace junctor::recording {

Result<void, std::string> FileMask::begin() {
  auto json = read_manifest(disk_, manifest_path());
  if (!json) return fail(json.error());
  const auto manifest = parse_open_manifest(*json);
  if (!manifest) return fail(manifest.error());
  auto masked = add_mask(*json, {order_.from_ms, order_.to_ms - order_.from_ms});
  if (!masked) return fail(masked.error());
  json_ = std::move(*masked);
  if (auto done = disk_.replace(manifest_path(), json_); !done) return done;
  std::vector<FileReport> reports;
  for (const Manifest::File& told : manifest->files) {
    reports.push_back({.path = order_.path.substr(0, order_.path.rfind('/') + 1) + told.name,
                       .sha256 = {},
                       .duration_ms = told.report.duration_ms});
    if (order_.to_ms <= told.at_ms) continue;
    auto file = disk_.open(reports.back().path, audio::OpenMode::update);
    if (!file) return fail(file.error());
    const std::uint64_t from = order_.from_ms - std::min(order_.from_ms, told.at_ms);
    auto erased = erase(**file, manifest->format, manifest->rate, told.channels, from, order_.to_ms - told.at_ms);
    if (!erased) return erased;
  }
  reporter_.emplace(disk_, std::move(reports));
  return {};
}

Result<void, std::string> FileMask::end(Masked& masked) {
  const StopReason reason = reason_in(json_);
  Stopped stopped{.id = order_.id,
                  .reason = reason,
                  .error = {},
                  .manifest = manifest_path(),
                  .files = reporter_->take(),
                  .facts = facts_in(json_)};
  for (const FileReport& file : stopped.files) stopped.duration_ms = std::max(stopped.duration_ms, file.duration_ms);
  if (auto done = disk_.replace(manifest_path(), close_manifest(json_, reason, stopped.files)); !done) return done;
  masked.stopped = std::move(stopped);
  return {};
}

bool FileMask::step(std::vector<Event>& events) {
  Masked masked{order_.id, order_.token, {}, {}};
  Result<void, std::string> well;
  if (!reporter_) {
    well = begin();
    if (well) return true;
  } else {
    if (reporter_->step()) return true;
    well = end(masked);
  }
  if (!well) masked.error = well.error();
  events.emplace_back(std::move(masked));
  return false;
}

}  // namespace junctor::recording
