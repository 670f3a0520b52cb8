#pragma once
// Mends what a process that ended left open: headers of WAV files, masks of Opus files, sizes and hashes in the
// manifest, which is closed as interrupted.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audio/disk.hpp"
#include "base/log.hpp"
#include "recording/recording.hpp"
#include "recording/report.hpp"

namespace junctor::recording {

class Repair {
 public:
  /// Everything below `folder`. `disk` and `log` outlive this.
  Repair(audio::Disk& disk, Log& log, std::string folder) : disk_(disk), log_(log), folder_(std::move(folder)) {}

  /// Some of the work; false when nothing is left to do. Each recording that was mended is a Stopped.
  bool step(std::vector<Event>& events);

 private:
  void find();
  /// False when there is nothing to mend.
  bool begin(const std::string& open_manifest);
  void end(std::vector<Event>& events);

  audio::Disk& disk_;
  Log& log_;
  std::string folder_;
  std::optional<std::vector<std::string>> left_;  // open manifests
  std::string open_, json_;                       // of the one that is being mended
  std::optional<Reporter> reporter_;
};

}  // namespace junctor::recording
