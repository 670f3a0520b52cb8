#include "recording/manifest.hpp"

#include <boost/json.hpp>

namespace junctor::recording {
namespace {

namespace json = boost::json;

constexpr const char* name_of(Format format) {
  return format == Format::wav ? "wav" : "opus";
}
constexpr const char* name_of(Layout layout) {
  return layout == Layout::mono ? "mono" : layout == Layout::stereo ? "stereo" : "per_leg";
}
constexpr const char* name_of(Side side) {
  return side == Side::left ? "left" : "right";
}
constexpr const char* name_of(PauseKind kind) {
  return kind == PauseKind::gap ? "gap" : "silence";
}

void put_report(json::object& file, const FileReport& report) {
  file["duration_ms"] = report.duration_ms;
  file["bytes"] = report.bytes;
  file["sha256"] = report.sha256;
}

template <class List, class Each>
json::array array_of(const List& list, Each each) {
  json::array out;
  for (const auto& one : list) out.push_back(each(one));
  return out;
}

json::array spans_of(const std::vector<Manifest::Span>& spans) {
  return array_of(spans, [](const Manifest::Span& span) {
    return json::object{{"at_ms", span.at_ms}, {"duration_ms", span.duration_ms}};
  });
}

std::uint64_t number(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(key);
  const auto number = value != nullptr ? json::try_value_to<std::uint64_t>(*value) : json::error::not_number;
  return number.has_value() ? *number : 0;
}
std::string text(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
const json::array& list(const json::object& from, std::string_view key) {
  static const json::array none;
  const json::value* value = from.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

}  // namespace

std::string to_json(const Manifest& m) {
  json::object out{{"version", 1},
                   {"state", m.reason ? to_string(*m.reason) : "recording"},
                   {"format", name_of(m.format)},
                   {"layout", name_of(m.layout)},
                   {"rate", m.rate},
                   {"started", rfc3339(m.started)}};
  if (m.ended) out["ended"] = rfc3339(*m.ended);
  if (!m.error.empty()) out["error"] = m.error;
  json::object facts;
  for (const auto& [key, value] : m.facts) facts[key] = value;
  out["facts"] = std::move(facts);
  out["files"] = array_of(m.files, [&](const Manifest::File& file) {
    json::object one{{"name", file.name}, {"channels", file.channels}, {"at_ms", file.at_ms}};
    if (!file.label.empty()) one["label"] = file.label;
    if (m.reason) put_report(one, file.report);
    return one;
  });
  out["tracks"] = array_of(m.tracks, [&](const Manifest::TrackTime& time) {
    json::object one{{"label", time.track.label}, {"from_ms", time.from_ms}};
    if (m.layout == Layout::stereo) one["side"] = name_of(time.track.side);
    if (time.to_ms) one["to_ms"] = *time.to_ms;
    return one;
  });
  out["segments"] = array_of(m.segments, [](const Manifest::Segment& segment) {
    return json::object{
        {"at_ms", segment.at_ms}, {"started", rfc3339(segment.started)}, {"duration_ms", segment.duration_ms}};
  });
  out["pauses"] = array_of(m.pauses, [](const Manifest::Pause& pause) {
    json::object one{{"kind", name_of(pause.kind)}, {"at_ms", pause.at_ms}, {"started", rfc3339(pause.started)}};
    if (pause.ended) one["ended"] = rfc3339(*pause.ended);
    return one;
  });
  out["masks"] = spans_of(m.masks);
  out["gaps"] = spans_of(m.gaps);
  return json::serialize(out) + '\n';
}

Result<OpenManifest, std::string> parse_open_manifest(std::string_view text_of_it) {
  boost::system::error_code error;
  const json::value root = json::parse(text_of_it, error);
  if (error || !root.is_object()) return fail(std::string("not a manifest"));
  const json::object& in = root.get_object();
  OpenManifest out;
  out.format = text(in, "format") == "opus" ? Format::opus : Format::wav;
  const std::uint64_t rate = number(in, "rate");
  if (number(in, "version") != 1 || rate < 8000 || rate > 48'000) return fail(std::string("not a manifest"));
  out.rate = static_cast<std::uint32_t>(rate);
  for (const json::value& one : list(in, "files")) {
    if (!one.is_object()) return fail(std::string("not a manifest"));
    const json::object& file = one.get_object();
    const std::string name = text(file, "name");
    // It names what is to be written to: nothing outside of its folder.
    if (name.empty() || name.find('/') != std::string::npos) return fail(std::string("not a manifest"));
    out.files.push_back({.name = name,
                         .label = {},
                         .channels = static_cast<std::uint8_t>(number(file, "channels") == 2 ? 2 : 1),
                         .at_ms = number(file, "at_ms"),
                         .report = {}});
  }
  for (const json::value& one : list(in, "masks")) {
    if (!one.is_object()) continue;
    out.masks.push_back({number(one.get_object(), "at_ms"), number(one.get_object(), "duration_ms")});
  }
  return out;
}

std::string close_manifest(std::string_view text_of_it, StopReason reason, const std::vector<FileReport>& reports) {
  json::value root = json::parse(text_of_it);
  json::object& out = root.get_object();
  out["state"] = to_string(reason);
  if (!out["files"].is_array()) out["files"] = json::array();
  json::array& files = out["files"].get_array();
  for (std::size_t i = 0; i < files.size() && i < reports.size(); ++i) put_report(files[i].get_object(), reports[i]);
  return json::serialize(root) + '\n';
}

}  // namespace junctor::recording
