#pragma once
// Log lines to stderr, written by a thread of its own so that a slow terminal never holds up a call.
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/counters.hpp"
#include "base/log.hpp"

namespace junctor::net {

enum class LogFormat { text, json };

/// "debug", "info", "warning" or "warn", "error".
std::optional<LogLevel> parse_log_level(std::string_view text);

struct LogWriterSettings {
  LogFormat format = LogFormat::text;
  LogLevel level = LogLevel::info;  ///< lines below are not made
  std::size_t backlog = 4'096;      ///< lines not yet written; more are dropped and counted (log_lines_dropped)
  int fd = 2;
};

/// write() from any thread.
class LogWriter final : public Log {
 public:
  LogWriter(const LogWriterSettings& settings, Counters& counters);
  /// Writes what waits, then stops.
  ~LogWriter() override;

  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) override;
  /// Any thread: `reload` may change it.
  void set_level(LogLevel level);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
