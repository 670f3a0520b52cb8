#include "control/dialect.hpp"

#include <utility>

namespace junctor::control {
namespace {

namespace json = boost::json;
namespace events = apps::program::events;
using apps::program::EventBody;

void put_missing(json::object& into, std::string_view name, const std::string& value) {
  if (!value.empty() && !into.contains(name)) into.emplace(name, text(value));
}

void write_own_fields(json::object& into, const EventBody& body, const CallNames& names,
                      std::optional<Field::Flat> flat) {
  FieldWriter writer(into, names, flat);
  std::visit([&](const auto& event) { std::decay_t<decltype(event)>::fields(event, writer); }, body);
}

json::object seed_form(const EventFrame& frame) {
  json::object data;
  write_own_fields(data, frame.event.body, frame.names, std::nullopt);
  json::object out{{"event", info_of(frame.event.body).name}};
  if (frame.event.call) {
    out.emplace("call_id", text(frame.names(frame.event.call)));
    data.emplace("id", text(to_string(frame.event.call)));
  } else if (const json::value* const member = data.if_contains("call_id")) {
    out.emplace("call_id", *member);
  }
  if (frame.call != nullptr && frame.event.call) {
    put_missing(data, "caller", frame.call->caller);
    put_missing(data, "callee", frame.call->callee);
    put_missing(data, "direction", frame.call->inbound ? "inbound" : "outbound");
    put_missing(data, "trunk", frame.call->trunk);
    put_missing(data, "context", frame.call->context);
  }
  out.emplace("seq", frame.seq);
  out.emplace("ts", text(frame.ts));
  out.emplace("data", std::move(data));
  return out;
}

/// Members of an inbound call's first event that older clients look for and the hub has no use for.
void put_announcement(json::object& out, const EventFrame& frame, bool newer) {
  constexpr std::string_view unknown[] = {"callee_name",    "called_phone", "app_id",
                                          "routing_target", "uuid",         "routing_path"};
  if (!out.contains("caller_name")) out.emplace("caller_name", nullptr);
  if (!out.contains("sip_headers")) out.emplace("sip_headers", json::object());
  for (const std::string_view name : unknown) out.emplace(name, nullptr);
  const bool inbound = frame.call == nullptr || frame.call->inbound;
  if (newer) {
    out.emplace("direction", inbound ? "inbound" : "outbound");
    return;
  }
  out.emplace("dial_direction", "inbound");
  out.emplace("root_call_id", nullptr);
}

json::object flat_form(const EventFrame& frame, bool newer) {
  const auto& info = info_of(frame.event.body);
  const bool announcement = std::holds_alternative<events::CallIncoming>(frame.event.body) ||
                            std::holds_alternative<events::CallCreated>(frame.event.body);
  json::object out{{"event_type", newer && announcement ? std::string_view("call_created") : info.flat}};
  if (info.call_id_in_flat && frame.event.call) out.emplace("call_id", text(frame.names(frame.event.call)));
  write_own_fields(out, frame.event.body, frame.names, newer ? Field::Flat::since_0_5 : Field::Flat::always);
  if (announcement) put_announcement(out, frame, newer);
  if (frame.call == nullptr || !info.call_id_in_flat) return out;
  if (newer) put_missing(out, "session_id", frame.names(frame.event.call));
  if (announcement || (!newer && !frame.call->inbound)) return out;
  put_missing(out, "caller", frame.call->caller);
  put_missing(out, "callee", frame.call->callee);
  put_missing(out, "direction", frame.call->inbound ? "inbound" : "outbound");
  put_missing(out, "trunk", frame.call->trunk);
  return out;
}

}  // namespace

const apps::program::EventInfo& info_of(const EventBody& body) {
  return std::visit(
      [](const auto& event) -> const apps::program::EventInfo& { return std::decay_t<decltype(event)>::info; }, body);
}

std::string to_text(const EventFrame& frame, Dialect dialect) {
  if (dialect == Dialect::seed) return json::serialize(seed_form(frame));
  return json::serialize(flat_form(frame, dialect == Dialect::flat_0_5));
}

std::string to_text(const ResultFrame& result, Dialect dialect) {
  json::object out{{"type", result.failure ? "command_failed" : "command_completed"},
                   {"action_id", text(result.action_id)},
                   {"action", text(result.action)}};
  if (!result.call_id.empty()) out.emplace("call_id", text(result.call_id));
  out.emplace("status", result.failure ? "error" : "success");
  if (result.failure) {
    out.emplace("error", text(result.failure->message));
    if (dialect == Dialect::seed) out.emplace("code", text(result.failure->code));
  }
  if (!result.data.is_null()) out.emplace("data", result.data);
  if (result.duplicate) out.emplace("duplicate", true);
  return json::serialize(out);
}

}  // namespace junctor::control
