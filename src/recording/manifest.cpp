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

/// It names what is to be written to, or deleted: nothing outside of its folder.
bool is_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

Result<json::object, std::string> parse(std::string_view manifest) {
  boost::system::error_code error;
  json::value root = json::parse(manifest, error);
  if (error || !root.is_object() || number(root.get_object(), "version") != 1)
    return fail(std::string("not a manifest"));
  return std::move(root.get_object());
}

std::vector<std::pair<std::string, std::string>> facts_of(const json::object& manifest) {
  std::vector<std::pair<std::string, std::string>> out;
  const json::value* const facts = manifest.if_contains("facts");
  if (facts == nullptr || !facts->is_object()) return out;
  for (const auto& [key, value] : facts->get_object())
    if (value.is_string()) out.emplace_back(key, value.get_string());
  return out;
}

}  // namespace

std::string to_json(const Manifest& m) {
  json::object out{{"version", 1},
                   {"state", m.reason ? to_string(*m.reason) : "recording"},
                   {"format", name_of(m.format)},
                   {"layout", name_of(m.layout)},
                   {"rate", m.rate},
                   {"started", rfc3339(m.started)}};
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

Result<OpenManifest, std::string> parse_open_manifest(std::string_view manifest) {
  const auto parsed = parse(manifest);
  if (!parsed) return fail(parsed.error());
  const json::object& in = *parsed;
  OpenManifest out;
  out.format = text(in, "format") == "opus" ? Format::opus : Format::wav;
  const std::uint64_t rate = number(in, "rate");
  if (rate < 8000 || rate > 48'000) return fail(std::string("not a manifest"));
  out.rate = static_cast<std::uint32_t>(rate);
  for (const json::value& one : list(in, "files")) {
    if (!one.is_object()) return fail(std::string("not a manifest"));
    const json::object& file = one.get_object();
    const std::string name = text(file, "name");
    if (!is_name(name)) return fail(std::string("not a manifest"));
    out.files.push_back({.name = name,
                         .label = {},
                         .channels = static_cast<std::uint8_t>(number(file, "channels") == 2 ? 2 : 1),
                         .at_ms = number(file, "at_ms"),
                         .report = {.path = {}, .sha256 = {}, .duration_ms = number(file, "duration_ms")}});
  }
  for (const json::value& one : list(in, "masks")) {
    if (!one.is_object()) continue;
    out.masks.push_back({number(one.get_object(), "at_ms"), number(one.get_object(), "duration_ms")});
  }
  return out;
}

Result<ClosedManifest, std::string> parse_closed_manifest(std::string_view manifest) {
  const auto in = parse(manifest);
  if (!in) return fail(in.error());
  ClosedManifest out{.started = text(*in, "started"), .files = {}, .facts = facts_of(*in)};
  if (out.started.empty()) return fail(std::string("not a manifest"));
  for (const json::value& one : list(*in, "files")) {
    const std::string name = one.is_object() ? text(one.get_object(), "name") : std::string();
    if (!is_name(name)) return fail(std::string("not a manifest"));
    out.files.push_back(name);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> facts_in(std::string_view manifest) {
  const auto in = parse(manifest);
  return in ? facts_of(*in) : std::vector<std::pair<std::string, std::string>>();
}

Result<std::string, std::string> read_manifest(audio::Disk& disk, const std::string& path) {
  auto file = disk.open(path, audio::OpenMode::read);
  if (!file) return fail(file.error());
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  if (*size > manifest_bytes_max) return fail(std::string("too large for a manifest"));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(*size));
  if (const auto got = (*file)->read_at(0, bytes); !got) return fail(got.error());
  return std::string(bytes.begin(), bytes.end());
}

std::string to_json(const Stopped& stopped) {
  json::object out{
      {"manifest", stopped.manifest}, {"state", to_string(stopped.reason)}, {"duration_ms", stopped.duration_ms}};
  out["files"] = array_of(stopped.files, [](const FileReport& report) {
    json::object one{{"path", report.path}};
    put_report(one, report);
    return one;
  });
  return json::serialize(out);
}

std::string to_json_running(const std::string& manifest) {
  return json::serialize(json::object{{"manifest", manifest}, {"state", "recording"}});
}

std::string_view find_fact(const std::vector<std::pair<std::string, std::string>>& facts, std::string_view key) {
  for (const auto& [name, value] : facts)
    if (name == key) return value;
  return {};
}

Result<std::string, std::string> add_mask(std::string_view manifest, const Manifest::Span& mask) {
  auto in = parse(manifest);
  if (!in) return fail(in.error());
  if (!(*in)["masks"].is_array()) (*in)["masks"] = json::array();
  (*in)["masks"].get_array().push_back(json::object{{"at_ms", mask.at_ms}, {"duration_ms", mask.duration_ms}});
  if (!(*in)["files"].is_array()) return fail(std::string("not a manifest"));
  for (json::value& file : (*in)["files"].get_array())
    if (file.is_object()) file.get_object()["sha256"] = "";
  return json::serialize(*in) + '\n';
}

StopReason reason_in(std::string_view manifest) {
  const auto in = parse(manifest);
  const std::string state = in ? text(*in, "state") : std::string();
  for (const StopReason each :
       {StopReason::stopped, StopReason::length_max, StopReason::failed, StopReason::interrupted})
    if (state == to_string(each)) return each;
  return StopReason::stopped;
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
