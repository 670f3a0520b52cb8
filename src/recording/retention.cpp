#include "recording/retention.hpp"

#include <string_view>
#include <utility>

#include "recording/manifest.hpp"

namespace junctor::recording {
namespace {

constexpr std::size_t day_size = std::string_view("2031-02-03").size();

}  // namespace

Retention::Retention(audio::Disk& disk, Log& log, std::string folder, WallTime before)
    : disk_(disk), log_(log), folder_(std::move(folder)), before_(rfc3339(before)) {}

bool Retention::step(std::vector<Event>& events) {
  if (!days_) {
    find_days();
  } else if (!manifests_.empty()) {
    const std::string manifest = std::move(manifests_.back());
    manifests_.pop_back();
    look_at(manifest, events);
  } else if (!day_.empty()) {
    if (const auto done = disk_.remove_folder(day_); !done)
      log_.warning("a folder cannot be deleted", {{"folder", day_}, {"error", done.error()}});
    day_.clear();
  } else if (!days_->empty()) {
    begin_day();
  } else {
    return false;
  }
  return true;
}

void Retention::find_days() {
  auto found = disk_.folders(folder_);
  if (!found) log_.warning("recordings cannot be looked at", {{"folder", folder_}, {"error", found.error()}});
  days_ = found ? std::move(*found) : std::vector<std::string>();
  std::erase_if(*days_, [&](const std::string& name) {
    return name.size() != day_size || name > std::string_view(before_).substr(0, day_size);
  });
}

void Retention::begin_day() {
  day_ = folder_ + '/' + days_->back();
  days_->pop_back();
  auto found = disk_.find(day_, manifest_closed);
  if (!found) log_.warning("recordings cannot be looked at", {{"folder", day_}, {"error", found.error()}});
  if (found) manifests_ = std::move(*found);
  std::erase_if(manifests_, [](const std::string& path) { return path.ends_with(manifest_open); });
}

void Retention::look_at(const std::string& path, std::vector<Event>& events) {
  const auto json = read_manifest(disk_, path);
  auto manifest = json ? parse_closed_manifest(*json) : Result<ClosedManifest, std::string>(fail(json.error()));
  if (!manifest) return log_.warning("recording cannot be deleted", {{"manifest", path}, {"error", manifest.error()}});
  if (manifest->started >= before_) return;
  manifest->files.push_back(path.substr(path.rfind('/') + 1));
  for (const std::string& name : manifest->files) {
    const std::string file = path.substr(0, path.rfind('/') + 1) + name;
    if (const auto done = disk_.remove(file); !done)
      return log_.warning("recording cannot be deleted", {{"file", file}, {"error", done.error()}});
  }
  events.emplace_back(Deleted{path, std::move(manifest->facts)});
}

}  // namespace junctor::recording
