#pragma once
// `junctor run`: everything built from the operating system up, run until it is told to stop, and taken down again.
#include <optional>
#include <string>

#include "net/log_writer.hpp"

namespace junctor::hub {

struct RunOptions {
  std::optional<std::string> config;
  net::LogFormat log_format = net::LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

/// The exit code: 0 after an orderly stop, 1 when something could not be started (one line on stderr), 3 when the
/// configuration has faults (all of them on stderr).
int run(const RunOptions& options);

}  // namespace junctor::hub
