#include "stream/text_frames.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace junctor::stream {
namespace {

namespace json = boost::json;
using Parsed = Result<ProgramCommand, std::string>;

std::string_view text_of(const json::object& in, std::string_view name) {
  const json::value* const value = in.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

Parsed parse_mark(const json::object& in) {
  const std::string_view name = text_of(in, "name");
  if (name.empty() || name.size() > mark_name_max) return fail(std::string("mark needs a name of 1 to 256 bytes"));
  return MarkCommand{std::string(name)};
}

Parsed parse_keys(const json::object& in) {
  const std::string_view digits = text_of(in, "digit");
  const bool good = !digits.empty() && digits.size() <= keys_max &&
                    digits.find_first_not_of("0123456789*#ABCD") == std::string_view::npos;
  if (!good) return fail(std::string("dtmf needs a digit: 1 to 64 of 0-9 * # A-D"));
  return KeysCommand{std::string(digits)};
}

json::value ms(double value) {
  if (value == std::floor(value)) return static_cast<std::int64_t>(value);
  return value;
}

json::object start(Dialect dialect, std::string_view what) {
  return {{dialect == Dialect::media ? "event" : "type", what}};
}

}  // namespace

Parsed parse_command(Dialect dialect, std::string_view text) {
  if (text.size() > text_frame_max) return fail(std::string("a text frame has at most 8192 bytes"));
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  const json::value parsed = json::parse(text, error, {}, options);
  if (error || !parsed.is_object()) return fail(std::string("a text frame is a JSON object"));
  const json::object& object = parsed.get_object();
  const bool media = dialect == Dialect::media;
  const std::string_view what = text_of(object, media ? "command" : "type");
  if (what == "mark") return parse_mark(object);
  if (what == "clear") return ClearCommand{};
  if (media && what == "pause") return PauseCommand{};
  if (media && what == "resume") return ResumeCommand{};
  if (!media && what == "dtmf") return parse_keys(object);
  if (!media && what == "stop") return StopCommand{};
  return fail(
      std::string(media ? "command is one of mark, clear, pause, resume" : "type is one of mark, clear, dtmf, stop"));
}

std::string started_text(Dialect dialect, const Format& format, Direction direction, const BridgeFacts& facts) {
  if (dialect == Dialect::bridge) {
    return json::serialize(json::object{{"type", "start"},
                                        {"call_id", facts.call_id},
                                        {"leg_id", facts.leg_id},
                                        {"sample_rate", format.rate},
                                        {"format", "s16le"},
                                        {"caller", facts.caller},
                                        {"callee", facts.callee},
                                        {"custom", json::object()}});
  }
  return json::serialize(json::object{{"event", "started"},
                                      {"direction", to_string(direction)},
                                      {"format",
                                       {{"codec", to_string(format.codec)},
                                        {"sample_rate", format.rate},
                                        {"channels", format.channels},
                                        {"ptime_ms", format.ptime_ms}}}});
}

std::string dtmf_text(Dialect dialect, char digit) {
  json::object out = start(dialect, "dtmf");
  out["digit"] = std::string_view(&digit, 1);
  if (dialect == Dialect::bridge) out["leg_id"] = "caller";
  return json::serialize(out);
}

std::string receipt_text(Dialect dialect, const Receipt& receipt) {
  if (const auto* mark = std::get_if<MarkPlayed>(&receipt)) {
    json::object out = start(dialect, "mark");
    out["name"] = mark->name;
    out["position_ms"] = ms(mark->position_ms);
    return json::serialize(out);
  }
  if (dialect == Dialect::bridge) return {};
  if (const auto* cleared = std::get_if<Cleared>(&receipt)) {
    return json::serialize(json::object{
        {"event", "cleared"}, {"heard_ms", ms(cleared->heard_ms)}, {"discarded_ms", ms(cleared->discarded_ms)}});
  }
  return json::serialize(
      json::object{{"event", "overflow"}, {"discarded_ms", ms(std::get<Overflowed>(receipt).discarded_ms)}});
}

std::string stopped_text(Dialect dialect, std::string_view reason) {
  json::object out = start(dialect, dialect == Dialect::media ? "stopped" : "stop");
  out["reason"] = reason;
  return json::serialize(out);
}

std::string error_text(Dialect dialect, std::string_view message) {
  if (dialect == Dialect::bridge) return {};
  return json::serialize(json::object{{"event", "error"}, {"message", message}});
}

}  // namespace junctor::stream
