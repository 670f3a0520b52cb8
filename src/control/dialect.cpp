#include "control/dialect.hpp"

#include <utility>

namespace junctor::control {
namespace {

namespace events = apps::program::events;
using apps::program::EventBody;
using apps::program::JsonText;

void write_own_fields(FieldWriter& writer, const EventBody& body) {
  std::visit([&](const auto& event) { std::decay_t<decltype(event)>::fields(event, writer); }, body);
}

void add_call(FieldWriter& into, const apps::program::ProgramCall& call) {
  into.add_missing("caller", call.caller);
  into.add_missing("callee", call.callee);
  into.add_missing("direction", call.inbound ? "inbound" : "outbound");
  into.add_missing("trunk", call.trunk);
}

std::string seed_form(const EventFrame& frame) {
  FieldWriter data(frame.names), out(frame.names);
  write_own_fields(data, frame.event.body);
  out.add("event", info_of(frame.event.body).name);
  if (frame.event.call) {
    out.add("call_id", frame.names(frame.event.call));
    data.add_missing("id", to_string(frame.event.call));
  } else if (const auto member = data.value_of("call_id")) {
    out.add("call_id", JsonText{std::string(*member)});
  }
  if (frame.call != nullptr && frame.event.call) {
    add_call(data, *frame.call);
    data.add_missing("context", frame.call->context);
  }
  out.add("seq", frame.seq);
  out.add("ts", frame.ts);
  out.add("data", JsonText{data.object()});
  return out.object();
}

/// Members of an inbound call's first event that older clients look for and the hub has no use for.
void add_announcement(FieldWriter& out, const EventFrame& frame, bool newer) {
  constexpr std::string_view unknown[] = {"callee_name",    "called_phone", "app_id",
                                          "routing_target", "uuid",         "routing_path"};
  const auto add_unless_there = [&](std::string_view name, const auto& value) {
    if (!out.value_of(name)) out.add(name, value);
  };
  add_unless_there("caller_name", nullptr);
  add_unless_there("sip_headers", JsonText{"{}"});
  for (const std::string_view name : unknown) add_unless_there(name, nullptr);
  const bool inbound = frame.call == nullptr || frame.call->inbound;
  if (newer) return add_unless_there("direction", std::string_view(inbound ? "inbound" : "outbound"));
  add_unless_there("dial_direction", std::string_view("inbound"));
  add_unless_there("root_call_id", nullptr);
}

std::string flat_form(const EventFrame& frame, bool newer) {
  const auto& info = info_of(frame.event.body);
  const bool announcement = std::holds_alternative<events::CallIncoming>(frame.event.body) ||
                            std::holds_alternative<events::CallCreated>(frame.event.body);
  const bool of_call = info.call_id_in_flat && frame.event.call;
  FieldWriter out(frame.names, newer ? Field::Flat::since_0_5 : Field::Flat::always);
  out.add("event_type", newer && announcement ? std::string_view("call_created") : info.flat);
  write_own_fields(out, frame.event.body);
  if (of_call) out.add_missing("call_id", frame.names(frame.event.call));
  if (announcement) add_announcement(out, frame, newer);
  if (frame.call == nullptr || !info.call_id_in_flat) return out.object();
  if (newer) out.add_missing("session_id", frame.names(frame.event.call));
  if (!announcement && (newer || frame.call->inbound)) add_call(out, *frame.call);
  return out.object();
}

}  // namespace

const apps::program::EventInfo& info_of(const EventBody& body) {
  return std::visit(
      [](const auto& event) -> const apps::program::EventInfo& { return std::decay_t<decltype(event)>::info; }, body);
}

std::string to_text(const EventFrame& frame, Dialect dialect) {
  if (dialect == Dialect::seed) return seed_form(frame);
  return flat_form(frame, dialect == Dialect::flat_0_5);
}

std::string to_text(const ResultFrame& result, Dialect dialect) {
  const Outcome& outcome = result.outcome;
  std::string out = R"({"type":")";
  out.reserve(256 + outcome.data.size());
  out += outcome.failure ? R"(command_failed","action_id":)" : R"(command_completed","action_id":)";
  append_quoted(out, result.action_id);
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += name;
    append_quoted(out, value);
  };
  add(R"(,"action":)", result.action);
  if (!outcome.call_id.empty()) add(R"(,"call_id":)", outcome.call_id);
  out += outcome.failure ? R"(,"status":"error")" : R"(,"status":"success")";
  if (outcome.failure) {
    add(R"(,"error":)", outcome.failure->message);
    if (dialect == Dialect::seed) add(R"(,"code":)", outcome.failure->code);
  }
  if (!outcome.data.empty()) out.append(R"(,"data":)").append(outcome.data);
  if (result.duplicate) out += R"(,"duplicate":true)";
  return out += '}';
}

}  // namespace junctor::control
