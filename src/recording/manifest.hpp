#pragma once
// What is told about a recording beside its files, as JSON. Times in ms are positions on the recording's timeline; a
// file begins at its own at_ms.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/disk.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "recording/recording.hpp"

namespace junctor::recording {

/// Endings of the manifest's name, while it runs and after it.
constexpr const char* manifest_open = ".open.json";
constexpr const char* manifest_closed = ".json";

struct Manifest {
  struct File {
    std::string name;   ///< in the manifest's folder
    std::string label;  ///< per leg
    std::uint8_t channels = 1;
    std::uint64_t at_ms = 0;
    FileReport report;  ///< once it is complete
  };
  struct TrackTime {
    Track track;
    std::uint64_t from_ms = 0;
    std::optional<std::uint64_t> to_ms;  ///< none: to the end
  };
  struct Segment {
    std::uint64_t at_ms = 0;
    WallTime started;
    std::uint64_t duration_ms = 0;
  };
  struct Pause {
    PauseKind kind = PauseKind::gap;
    std::uint64_t at_ms = 0;
    WallTime started;
    std::optional<WallTime> ended;
  };
  struct Span {
    std::uint64_t at_ms = 0, duration_ms = 0;
  };

  Format format = Format::wav;
  Layout layout = Layout::mono;
  std::uint32_t rate = 8000;
  std::vector<std::pair<std::string, std::string>> facts;
  WallTime started;
  std::optional<StopReason> reason;  ///< none: it runs
  std::string error;
  std::vector<File> files;
  std::vector<TrackTime> tracks;
  std::vector<Segment> segments;
  std::vector<Pause> pauses;
  std::vector<Span> masks;
  std::vector<Span> gaps;  ///< audio that did not reach the recorder in time, replaced by silence
};

std::string to_json(const Manifest& manifest);

/// What mending needs of a manifest that was left open.
struct OpenManifest {
  Format format = Format::wav;
  std::uint32_t rate = 8000;
  std::vector<Manifest::File> files;
  std::vector<Manifest::Span> masks;
};
Result<OpenManifest, std::string> parse_open_manifest(std::string_view json);

/// What deleting needs of one that is closed.
struct ClosedManifest {
  std::string started;             ///< RFC 3339
  std::vector<std::string> files;  ///< names
  std::vector<std::pair<std::string, std::string>> facts;
};
Result<ClosedManifest, std::string> parse_closed_manifest(std::string_view json);
/// None where there is no manifest.
std::vector<std::pair<std::string, std::string>> facts_in(std::string_view json);
/// Larger files are no manifests.
constexpr std::uint64_t manifest_bytes_max = std::uint64_t{16} << 20;
Result<std::string, std::string> read_manifest(audio::Disk& disk, const std::string& path);

/// A closed manifest with one mask more, whose files are about to change: their hashes are gone until close_manifest().
Result<std::string, std::string> add_mask(std::string_view json, const Manifest::Span& mask);
/// Why the recording of a closed manifest ended.
StopReason reason_in(std::string_view json);

/// The same manifest with its files' reports, in their order, and the reason why it ended.
std::string close_manifest(std::string_view json, StopReason reason, const std::vector<FileReport>& reports);

}  // namespace junctor::recording
