#pragma once
// Text frames, in the two ways in which they are spoken: of our own media socket ("event" and "command"), and of a
// program that the hub dials ("type", as voice bridges have it).
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "stream/playout.hpp"
#include "stream/stream.hpp"

namespace junctor::stream {

enum class Dialect : std::uint8_t { media, bridge };

/// What a program that is dialled is told first.
struct BridgeFacts {
  std::string call_id, leg_id, caller, callee;
};

// What a program says.

struct MarkCommand {
  std::string name;
};
struct ClearCommand {};
struct PauseCommand {};
struct ResumeCommand {};
/// Keys for the call (bridge).
struct KeysCommand {
  std::string digits;
};
/// The program has finished (bridge).
struct StopCommand {};
using ProgramCommand = std::variant<MarkCommand, ClearCommand, PauseCommand, ResumeCommand, KeysCommand, StopCommand>;

constexpr std::size_t text_frame_max = 8192;  ///< bytes
constexpr std::size_t mark_name_max = 256;    ///< bytes
constexpr std::size_t keys_max = 64;

/// The error is one line for the program.
Result<ProgramCommand, std::string> parse_command(Dialect dialect, std::string_view text);

std::string started_text(Dialect dialect, const Format& format, Direction direction, const BridgeFacts& facts);
std::string dtmf_text(Dialect dialect, char digit);
/// Empty: nothing is said of it in this dialect.
std::string receipt_text(Dialect dialect, const Receipt& receipt);
std::string stopped_text(Dialect dialect, std::string_view reason);
/// What the program said was not understood. Empty, as above.
std::string error_text(Dialect dialect, std::string_view message);

}  // namespace junctor::stream
