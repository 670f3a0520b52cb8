#pragma once
// From TOML files to a Config, with every fault found in one pass. parse() is
// pure; load() reads files and the environment.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace junctor::config {

/// Where a key or a value stands. Lines and columns count from 1; 0 means "the
/// file as a whole".
struct Position {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const Position&) const = default;
};

struct Fault {
  Position at;
  std::string message;
  auto operator<=>(const Fault&) const = default;
};

/// "FILE:LINE:COL: message"; "FILE: message" when the line is not known.
std::string to_string(const Fault& fault);

/// One file's text under the name that faults show.
struct Source {
  std::string name;
  std::string text;
};

/// What a value may refer to outside its file.
struct Outside {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  /// The file's whole text or one line saying why not.
  std::function<Result<std::string, std::string>(const std::string& path)> read_file;
};

/// What the sources gave. The Config is usable only while `faults` is empty;
/// otherwise it holds what could be read.
struct Parsed {
  Config config;
  std::vector<Fault> faults;                  ///< in order of file, line, column
  std::map<std::string, Position> positions;  ///< "routes[2].match.to" → where; indexes count from 0 over
                                              ///< all files

  /// The position of a key path, or of the nearest table around it. For checks
  /// done by other rooms.
  Position position_of(std::string_view path) const;
  /// Adds faults found by another room, by key path, and sorts all of them
  /// again.
  void add_fault(std::string_view path, std::string message);
};

/// Later sources override single keys and append to arrays of tables. An empty
/// span gives the defaults.
Parsed parse(std::span<const Source> sources, const Outside& outside);

inline constexpr std::size_t name_bytes_max = 64;

/// What is wrong with a name of a user or trunk, if anything: names end up in SIP user parts, destination strings and
/// command lines. An empty name passes.
std::optional<std::string> name_fault(std::string_view name);

/// The files that `run` reads: `chosen` if given, else ./junctor.toml, else
/// /etc/junctor/junctor.toml, and behind either conf.d/*.toml beside it in the
/// order of their names. Empty when there is none: built-in defaults.
std::vector<std::string> find_files(const std::optional<std::string>& chosen);

/// Finds, reads and parses. A file that cannot be read is a fault.
Parsed load(const std::optional<std::string>& chosen);

}  // namespace junctor::config
