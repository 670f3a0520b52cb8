// REST: calls, registrations, trunks.
#include <algorithm>
#include <cstdio>

#include "base/ids.hpp"
#include "control/rest_pages.hpp"
#include "control/rest_table.hpp"
#include "control/to_json.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;

/// Ids in the order in which the calls began.
std::string key_of(const CallInfo& call) {
  const CallId id = parse_call_id(call.id);
  char key[64];
  std::snprintf(key, sizeof key, "%u-%08x-%020llu", id.node, id.epoch, static_cast<unsigned long long>(id.counter));
  return key;
}
std::string key_of(const Registration& contact) {
  return contact.user + ' ' + contact.contact;
}

}  // namespace

void list_calls(RestAsk& ask) {
  answer_page(ask, ask.commands.calls(ask.now), [](const CallInfo& call) { return key_of(call); });
}

void start_call(RestAsk& ask) {
  std::optional<Failure> fault;
  std::string from = member(ask, "from", fault).value_or("");
  std::string to = member(ask, "to", fault).value_or("");
  if (!fault && (from.empty() || to.empty()))
    fault = Failure{"invalid_params", "\"from\" and \"to\" must not be empty"};
  if (fault) return ask.back.fail(*fault);
  ask.commands.start_call(
      std::move(from), std::move(to),
      [back = ask.back](const Result<std::string, Failure>& id) {
        if (!id) return back.fail(id.error());
        back.answer(201, json::object{{"id", text(*id)}}, {{"Location", "/api/v1/calls/" + *id}});
      },
      ask.now);
}

void show_call(RestAsk& ask) {
  const bool messages = ask.query("messages") == "true";
  ask.commands.find_call(
      ask.name, messages,
      [back = ask.back](const Result<CallDetail, Failure>& found) {
        if (!found) return back.fail(found.error());
        back.answer(200, to_json(*found));
      },
      ask.now);
}

void hang_up_call(RestAsk& ask) {
  ask.commands.hang_up(
      ask.name,
      [back = ask.back](const Result<void, Failure>& done) {
        if (!done) return back.fail(done.error());
        back.nothing();
      },
      ask.now);
}

void list_registrations(RestAsk& ask) {
  answer_page(ask, ask.commands.registrations(ask.now), [](const Registration& contact) { return key_of(contact); });
}

void list_trunks(RestAsk& ask) {
  ask.back.answer(200, listing(to_json(ask.commands.trunks(ask.now)).as_array(), std::nullopt));
}

}  // namespace junctor::control
