#pragma once
// Writes silence over a part of a recording that has ended: in its files, then in its manifest, whose hashes are made
// anew. A process that is killed on the way leaves a manifest that says what is masked, and has no hashes.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audio/disk.hpp"
#include "recording/manifest.hpp"
#include "recording/recording.hpp"
#include "recording/report.hpp"

namespace junctor::recording {

class FileMask {
 public:
  struct Order {
    RecordingId id;
    std::uint64_t token = 0;
    std::string path;  ///< as in Settings
    std::uint64_t from_ms = 0, to_ms = 0;
  };

  /// `disk` outlives this.
  FileMask(audio::Disk& disk, Order order) : disk_(disk), order_(std::move(order)) {}

  RecordingId id() const { return order_.id; }
  /// Some of the work; false when it is done, and Masked has been added to the events.
  bool step(std::vector<Event>& events);

 private:
  Result<void, std::string> begin();
  Result<void, std::string> end(Masked& masked);
  std::string manifest_path() const { return order_.path + manifest_closed; }

  audio::Disk& disk_;
  const Order order_;
  std::string json_;
  std::optional<Reporter> reporter_;
};

}  // namespace junctor::recording
