#pragma once
// One run of another program: what it reads, what it wrote, and how long it may take.
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace junctor::net {

struct Command {
  /// The program (searched for in PATH, if it has no slash) and its arguments, as they are: no shell sees them.
  std::vector<std::string> argv;
  std::string input;  ///< on its standard input
  Duration timeout = seconds(10);
  std::size_t output_max = std::size_t{16} << 20;  ///< bytes
};

/// What the program wrote to its standard output before it ended with status 0; its standard error is dropped. At the
/// end, whatever that may be, neither it nor what it started in its process group is left. Blocks: background threads
/// only. The error is one line: it could not be started, failed, wrote too much, or took too long.
Result<std::string, std::string> run(const Command& command);

}  // namespace junctor::net
