#pragma once
// How a log line looks. Values may hold bytes from the wire: what could break a line or a terminal is escaped.
#include <span>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"

namespace junctor::net {

/// `2026-08-25T10:00:00.123Z info  registered aor=alice contact="sip:a b"` with the line's end.
std::string format_text(WallTime time, LogLevel level, std::string_view message, std::span<const LogField> fields);

/// `{"time":"2026-08-25T10:00:00.123Z","level":"info","message":"registered","aor":"alice"}` with the line's end. Bytes
/// that are not UTF-8 become U+FFFD.
std::string format_json(WallTime time, LogLevel level, std::string_view message, std::span<const LogField> fields);

}  // namespace junctor::net
