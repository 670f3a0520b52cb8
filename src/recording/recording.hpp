#pragma once
// Recording calls: what the control side says and hears. A recording is a set of files with one timeline and a manifest
// beside them; the recorder's thread writes it from the taps of the mixers that the call sits in, one after the other.
//
//   PATH.wav, PATH.opus            mono and stereo
//   PATH-LABEL.wav, .opus          per leg: a file per label, which begins when its first leg comes
//   PATH.json                      the manifest; PATH.open.json as long as the recording runs
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "media/media.hpp"

namespace junctor::recording {

using RecordingId = Id<struct RecordingTag>;

enum class Format : std::uint8_t {
  wav,  ///< PCM, 16 bit
  opus  ///< Opus in Ogg (RFC 7845)
};

enum class Layout : std::uint8_t {
  mono,    ///< the mix: all legs, and what is played to all
  stereo,  ///< what legs say, each on its side
  per_leg  ///< what legs say, a file for each label
};

enum class Side : std::uint8_t { left, right };

/// Which leg goes where. Labels are of a-z A-Z 0-9 - _, at most label_max; legs of one label share a file.
struct Track {
  static constexpr std::size_t label_max = 32;

  PortId port;
  std::string label;
  Side side = Side::left;  ///< stereo

  bool operator==(const Track&) const = default;
};

struct Settings {
  std::string path;  ///< without an ending; its folder is made if it is missing
  Format format = Format::wav;
  Layout layout = Layout::mono;
  std::uint32_t rate = 8000;  ///< of the files: 8000, 16000 or 48000 Hz, whatever the mixers'
  Duration length_max{};      ///< of what is recorded; zero: none
  Duration beep_every{};      ///< to all who hear bus 0, from the start on; zero: no beep
  std::vector<Track> tracks;  ///< not for mono; at most tracks_max
  /// Written into the manifest as they are: the call's id, who calls whom.
  std::vector<std::pair<std::string, std::string>> facts;

  static constexpr std::size_t tracks_max = 64;
};

/// Where the call sits.
struct Source {
  media::MixerId mixer;
  std::uint32_t rate = 8000;  ///< the mixer's
};

enum class PauseKind : std::uint8_t {
  gap,     ///< the file goes on with what comes after the pause
  silence  ///< the file has silence, and its times go on
};

// ----------------------------------------------------------------------------------------------------------- events

enum class StopReason : std::uint8_t {
  stopped,     ///< by stop()
  length_max,  ///< Settings::length_max is reached
  failed,      ///< the disk: see Stopped::error; what was written before is kept as well as the disk allows
  interrupted  ///< found at start: the process had ended while it ran
};
const char* to_string(StopReason reason);

struct FileReport {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< lower-case hexadecimal; empty if the file could not be read
  std::uint64_t duration_ms = 0;
};

struct Started {
  RecordingId id;
};
struct Paused {
  RecordingId id;
};
struct Resumed {
  RecordingId id;
};
/// The last of every recording, unless it is deleted one day.
struct Stopped {
  RecordingId id;  ///< none for one that was interrupted
  StopReason reason = StopReason::stopped;
  std::string error;              ///< one line, when failed
  std::string manifest;           ///< its path; empty when it could not be written
  std::uint64_t duration_ms = 0;  ///< of the longest file
  std::vector<FileReport> files;
  std::vector<std::pair<std::string, std::string>> facts;  ///< as in its Settings
};
/// Its files and its manifest are gone, because it was too old.
struct Deleted {
  std::string manifest;
  std::vector<std::pair<std::string, std::string>> facts;
};

/// A part of the files is silent now, or will be when it comes: the answer to Recordings::mask_file().
struct Masked {
  RecordingId id;
  std::uint64_t token = 0;
  std::string error;               ///< one line; empty: it is done
  std::optional<Stopped> stopped;  ///< of a recording that had ended: what is to be said of it now
};

using Event = std::variant<Started, Paused, Resumed, Stopped, Deleted, Masked>;

/// What a record says of a recording that ended: {"manifest":…,"state":…,"duration_ms":…,"files":[{"path":…,
/// "duration_ms":…,"bytes":…,"sha256":…}]}.
std::string to_json(const Stopped& stopped);
/// And of one that runs: its manifest alone.
std::string to_json_running(const std::string& manifest);
/// Nothing if there is no such fact.
std::string_view find_fact(const std::vector<std::pair<std::string, std::string>>& facts, std::string_view key);

}  // namespace junctor::recording
