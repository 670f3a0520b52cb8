#include "apps/records.hpp"

#include "apps/leg_quality.hpp"

namespace junctor::apps {
namespace {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_object(const std::map<std::string, std::string>& values) {
  if (values.empty()) return {};
  std::string out = "{";
  for (const auto& [name, value] : values) {
    if (out.size() > 1) out += ',';
    out += json_string(name) + ':' + json_string(value);
  }
  return out + '}';
}

store::Disposition disposition_of(const call::Call& call) {
  if (!call.ending()) return store::Disposition::open;
  switch (call.disposition()) {
    case call::Disposition::answered:
      return store::Disposition::answered;
    case call::Disposition::no_answer:
      return store::Disposition::no_answer;
    case call::Disposition::busy:
      return store::Disposition::busy;
    case call::Disposition::rejected:
      return store::Disposition::rejected;
    case call::Disposition::canceled:
      return store::Disposition::canceled;
    case call::Disposition::failed:
      return store::Disposition::failed;
  }
  return store::Disposition::failed;
}

}  // namespace

store::CallRow Records::row_of(const call::Call& call) const {
  store::CallRow row;
  row.call_id = to_string(call.id());
  row.direction = store::parse_direction(call.labels.direction).value_or(store::Direction::internal);
  row.disposition = disposition_of(call);
  row.from = call.caller().number;
  row.from_name = call.caller().name;
  row.to = call.callee().number;
  row.to_answered = call.answered_by();
  row.trunk = call.labels.trunk;
  row.route = call.labels.route;
  row.start_ms = ms(call.start());
  row.ring_ms = ms(call.ring_time());
  row.answer_ms = ms(call.answer_time());
  row.end_ms = ms(call.end_time());
  row.hangup_by = to_string(call.hangup_by());
  row.sip_status = call.answer_time() ? 200 : call.cause().status;
  row.q850 = call.cause().q850;
  row.reason = call.cause().text;
  row.recordings = recording_.recordings_of(call.id());
  row.variables = json_object(call.labels.variables);
  return row;
}

std::vector<store::LegRow> Records::legs_of(const call::Call& call) const {
  std::vector<store::LegRow> rows;
  for (const call::LegFacts& leg : call.all_legs()) {
    store::LegRow row;
    row.leg = static_cast<std::uint32_t>(rows.size());
    row.kind = to_string(leg.kind);
    row.sip_call_id = leg.sip_call_id;
    row.uri = leg.uri;
    row.codec = leg.codec;
    if (leg.address) row.address = to_string(leg.address);
    row.start_ms = ms(leg.start);
    row.answer_ms = ms(leg.answer);
    row.end_ms = ms(leg.end);
    row.packets_sent = leg.stats.packets_out;
    row.packets_received = leg.stats.packets_in;
    row.packets_lost = leg.stats.lost;
    row.jitter_ms = static_cast<double>(leg.stats.jitter_ms);
    row.mos = static_cast<double>(leg.stats.mos);
    row.verdict = leg.verdict;
    row.quality = quality_of(leg);
    rows.push_back(std::move(row));
  }
  return rows;
}

void Records::on_call_event(const call::Event& event, TimePoint now) {
  const call::Call* const call = calls_.find(event.call);
  if (call == nullptr) return;
  if (std::holds_alternative<call::Incoming>(event.body) || std::holds_alternative<call::Outgoing>(event.body)) {
    if (call->ending()) return;  // refused at once: its one row comes with the end
    store_.write(store::CallStart{row_of(*call), legs_of(*call)}, this, event.call.counter, now);
  } else if (std::holds_alternative<call::Answered>(event.body)) {
    store_.write(store::CallAnswer{to_string(event.call), ms(call->ring_time()), ms(call->answer_time()),
                                   call->answered_by(), legs_of(*call)},
                 nullptr, 0, now);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    store_.write(store::CallEnd{row_of(*call), legs_of(*call)}, nullptr, 0, now);
  }
}

void Records::on_recording_event(const recording::Event& event, TimePoint now) {
  const auto write = [&](const auto& facts, std::string recordings) {
    const std::string_view call = recording::find_fact(facts, "call_id");
    if (!call.empty()) store_.write(store::CallRecordings{std::string(call), std::move(recordings)}, nullptr, 0, now);
  };
  // With the call's other recordings, as long as they are known.
  const auto tell = [&](const recording::Stopped& stopped) {
    std::string all = recording_.recordings_of(parse_call_id(recording::find_fact(stopped.facts, "call_id")));
    write(stopped.facts, all.empty() ? '[' + to_json(stopped) + ']' : std::move(all));
  };
  if (const auto* stopped = std::get_if<recording::Stopped>(&event)) {
    tell(*stopped);
  } else if (const auto* masked = std::get_if<recording::Masked>(&event); masked != nullptr && masked->stopped) {
    tell(*masked->stopped);
  } else if (const auto* deleted = std::get_if<recording::Deleted>(&event)) {
    write(deleted->facts, {});
  }
}

void Records::on_stored(std::uint64_t token, bool ok, TimePoint now) {
  const CallId id = calls_.id_of(token);
  if (ok) return calls_.journalled(id, now);
  // A call that cannot be recorded is not set up.
  calls_.hang_up(id, {503, 41, "the call cannot be recorded"}, now);
}

}  // namespace junctor::apps
