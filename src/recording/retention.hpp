#pragma once
// Deletes recordings that are too old: files first, then the manifest that names them, so that what is left after a
// crash is found again.
#include <optional>
#include <string>
#include <vector>

#include "audio/disk.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "recording/recording.hpp"

namespace junctor::recording {

class Retention {
 public:
  /// What began before `before`, in `folder`'s folders of one day each (YYYY-MM-DD). `disk` and `log` outlive this.
  Retention(audio::Disk& disk, Log& log, std::string folder, WallTime before);

  /// Some of the work; false when nothing is left to do. Each recording that was deleted is a Deleted.
  bool step(std::vector<Event>& events);

 private:
  void find_days();
  void begin_day();
  void look_at(const std::string& manifest, std::vector<Event>& events);

  audio::Disk& disk_;
  Log& log_;
  const std::string folder_;
  const std::string before_;  // RFC 3339: such times sort as texts
  std::optional<std::vector<std::string>> days_;
  std::string day_;                     // the folder that is being looked at
  std::vector<std::string> manifests_;  // of that day
};

}  // namespace junctor::recording
