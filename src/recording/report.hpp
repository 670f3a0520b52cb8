#pragma once
// Size and SHA-256 of files that are complete, a piece at a time, so that other recordings are not held up.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audio/disk.hpp"
#include "recording/recording.hpp"
#include "recording/sha256.hpp"

namespace junctor::recording {

class Reporter {
 public:
  static constexpr std::size_t piece_bytes = std::size_t{4} << 20;

  /// `reports` have a path and a duration. `disk` outlives this.
  Reporter(audio::Disk& disk, std::vector<FileReport> reports) : disk_(&disk), reports_(std::move(reports)) {}

  /// Reads one piece; false when there is nothing left to read.
  bool step();
  std::vector<FileReport> take() { return std::move(reports_); }

 private:
  audio::Disk* disk_;
  std::vector<FileReport> reports_;
  std::size_t at_ = 0;
  std::unique_ptr<audio::ByteFile> file_;
  std::uint64_t offset_ = 0;
  Sha256 hash_;
};

}  // namespace junctor::recording
