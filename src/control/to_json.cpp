#include "control/to_json.hpp"

#include <algorithm>

#include "control/base64.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;

/// Bytes of the UTF-8 sequence at `at`; 0 when it is none (RFC 3629: no overlong forms, no surrogates).
std::size_t sequence_length(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : static_cast<unsigned char>(0);
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

json::value moment(std::int64_t ms) {
  if (ms == 0) return nullptr;
  return text(rfc3339(WallTime(milliseconds(ms))));
}

json::value moment(const std::optional<WallTime>& t) {
  if (!t) return nullptr;
  return text(rfc3339(*t));
}

json::array texts(const std::vector<std::string>& lines) {
  json::array out;
  for (const std::string& line : lines) out.emplace_back(text(line));
  return out;
}

/// What the store keeps as JSON text.
json::value parsed(const std::string& stored, json::value otherwise) {
  boost::system::error_code error;
  json::value out = json::parse(stored, error);
  return stored.empty() || error ? std::move(otherwise) : out;
}

json::value to_json(const LegInfo& leg) {
  return json::object{{"kind", text(leg.kind)},
                      {"direction", text(leg.direction)},
                      {"state", text(leg.state)},
                      {"uri", text(leg.uri)},
                      {"sip_call_id", text(leg.sip_call_id)},
                      {"codec", text(leg.codec)},
                      {"srtp", text(leg.srtp)},
                      {"address", text(leg.address)},
                      {"sent", leg.packets_sent},
                      {"received", leg.packets_received},
                      {"lost", leg.packets_lost},
                      {"jitter_ms", leg.jitter_ms},
                      {"mos", leg.mos},
                      {"path", text(leg.path)},
                      {"codec_plan", text(leg.codec_plan)},
                      {"voice_processing", text(leg.voice_processing)},
                      {"voice", text(leg.voice)},
                      {"verdict", text(leg.verdict)},
                      {"quality", parsed(leg.quality, json::object())}};
}

json::value to_json(const store::LegRow& leg) {
  return json::object{{"kind", text(leg.kind)},
                      {"sip_call_id", text(leg.sip_call_id)},
                      {"uri", text(leg.uri)},
                      {"codec", text(leg.codec)},
                      {"address", text(leg.address)},
                      {"start", moment(leg.start_ms)},
                      {"answer", moment(leg.answer_ms)},
                      {"end", moment(leg.end_ms)},
                      {"sent", leg.packets_sent},
                      {"received", leg.packets_received},
                      {"lost", leg.packets_lost},
                      {"jitter_ms", leg.jitter_ms},
                      {"mos", leg.mos},
                      {"verdict", text(leg.verdict)},
                      {"quality", parsed(leg.quality, json::object())}};
}

json::value to_json(const store::TranscriptRow& row) {
  return json::object{{"kind", text(row.kind)}, {"side", text(row.side)}, {"start_ms", row.from_ms},
                      {"end_ms", row.to_ms},    {"text", text(row.text)}, {"confidence", row.confidence}};
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = sequence_length(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

json::string text(std::string_view bytes) {
  json::string out;
  out.reserve(bytes.size());
  for (std::size_t done = 0; done < bytes.size();) {
    std::size_t at = done;
    std::size_t length = 1;
    while (at < bytes.size() && (length = sequence_length(bytes, at)) > 0) at += length;
    out.append(bytes.substr(done, at - done));
    if (length == 0) {
      out.append("\xEF\xBF\xBD");
      ++at;
    }
    done = at;
  }
  return out;
}

void append_quoted(std::string& out, std::string_view bytes) {
  const bool plain = std::ranges::all_of(bytes, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (!plain) {
    out += json::serialize(text(bytes));
    return;
  }
  out += '"';
  out += bytes;
  out += '"';
}

json::value to_json(const Status& s) {
  json::array blocked;
  for (const Blocked& b : s.blocked) {
    blocked.push_back(json::object{{"address", text(to_string(b.address))},
                                   {"left_secs", b.left.count()},
                                   {"scanner", b.scanner},
                                   {"dropped", b.dropped}});
  }
  json::object counters;
  for (const auto& [name, value] : s.counters) counters.emplace(name, value);
  return json::object{{"version", text(s.version)},
                      {"pid", s.pid},
                      {"started", text(rfc3339(s.started))},
                      {"uptime_secs", s.uptime.count()},
                      {"draining", s.draining},
                      {"calls", s.calls},
                      {"legs", s.legs},
                      {"registrations", s.registrations},
                      {"users", s.users},
                      {"trunks", s.trunks},
                      {"transactions", s.transactions},
                      {"media_ports", s.media_ports},
                      {"store_backlog", s.store_backlog},
                      {"longest_turn_us", s.longest_turn.count()},
                      {"longest_work_us", s.longest_work.count()},
                      {"listeners", texts(s.listeners)},
                      {"config_files", texts(s.config_files)},
                      {"blocked", std::move(blocked)},
                      {"counters", std::move(counters)}};
}

json::value to_json(const CallInfo& c) {
  json::array legs;
  for (const LegInfo& leg : c.legs) legs.push_back(to_json(leg));
  return json::object{{"id", text(c.id)},           {"direction", text(c.direction)}, {"state", text(c.state)},
                      {"from", text(c.from)},       {"from_name", text(c.from_name)}, {"to", text(c.to)},
                      {"trunk", text(c.trunk)},     {"route", text(c.route)},         {"start", text(rfc3339(c.start))},
                      {"answer", moment(c.answer)}, {"end", moment(c.end)},           {"legs", std::move(legs)}};
}

json::value to_json(const SipMessage& m) {
  json::object out{{"at", text(rfc3339(m.at))},           {"sent", m.sent},
                   {"transport", text(m.transport)},      {"local", text(to_string(m.local))},
                   {"remote", text(to_string(m.remote))}, {"text", text(m.bytes)}};
  if (!is_utf8(m.bytes)) out.emplace("base64", base64(m.bytes));  // the exact bytes, where `text` cannot hold them
  return out;
}

json::value to_json(const CallDetail& d) {
  json::value out = to_json(d.call);
  out.as_object().emplace("messages", to_json(d.messages));
  return out;
}

json::value to_json(const Registration& r) {
  return json::object{{"user", text(r.user)},
                      {"contact", text(r.contact)},
                      {"transport", text(r.transport)},
                      {"address", text(r.address)},
                      {"path", text(r.path)},
                      {"user_agent", text(r.user_agent)},
                      {"expires_secs", r.expires.count()}};
}

json::value to_json(const TrunkInfo& t) {
  return json::object{{"name", text(t.name)},
                      {"host", text(t.host)},
                      {"transport", text(t.transport)},
                      {"state", text(t.state)},
                      {"reason", text(t.reason)},
                      {"next_try_secs", t.next_try ? json::value(t.next_try->count()) : nullptr},
                      {"expires_secs", t.expires ? json::value(t.expires->count()) : nullptr},
                      {"calls", t.calls},
                      {"max_calls", t.max_calls}};
}

json::value to_json(const UserInfo& user) {
  return json::object{{"username", text(user.username)},
                      {"display_name", text(user.display_name)},
                      {"source", user.from_file ? "file" : "database"},
                      {"voicemail", user.voicemail},
                      {"ring_secs", user.ring_secs},
                      {"contacts", user.contacts}};
}

json::value to_json(const Explanation& e) {
  return json::object{{"action", text(e.action)},
                      {"direction", text(e.direction)},
                      {"to", text(e.to)},
                      {"route", text(e.route)},
                      {"trace", texts(e.trace)}};
}

json::value to_json(const ReloadReport& r) {
  return json::object{{"faults", texts(r.faults)}, {"needs_restart", texts(r.needs_restart)}};
}

json::value to_json(const DrainReport& r) {
  return json::object{{"calls", r.calls}, {"timeout_secs", r.timeout.count()}};
}

json::value to_json(const store::CallRecord& record) {
  const store::CallRow& c = record.call;
  const bool ended = c.end_ms != 0;
  json::array legs;
  for (const store::LegRow& leg : record.legs) legs.push_back(to_json(leg));
  json::array transcript;
  for (const store::TranscriptRow& row : record.transcript) transcript.push_back(to_json(row));
  return json::object{{"id", text(c.call_id)},
                      {"call_id", text(c.call_id)},
                      {"direction", text(store::to_string(c.direction))},
                      {"from", text(c.from)},
                      {"from_name", text(c.from_name)},
                      {"to", text(c.to)},
                      {"to_answered", text(c.to_answered)},
                      {"trunk", text(c.trunk)},
                      {"route", text(c.route)},
                      {"start", moment(c.start_ms)},
                      {"ring", moment(c.ring_ms)},
                      {"answer", moment(c.answer_ms)},
                      {"end", moment(c.end_ms)},
                      {"duration_ms", ended ? c.end_ms - c.start_ms : 0},
                      {"talk_ms", ended && c.answer_ms != 0 ? c.end_ms - c.answer_ms : 0},
                      {"disposition", text(store::to_string(c.disposition))},
                      {"hangup_by", text(c.hangup_by)},
                      {"sip_status", c.sip_status},
                      {"q850", c.q850},
                      {"reason", text(c.reason)},
                      {"legs", std::move(legs)},
                      {"recordings", parsed(c.recordings, json::array())},
                      {"transcript", std::move(transcript)},
                      {"variables", parsed(c.variables, json::object())}};
}

}  // namespace junctor::control
