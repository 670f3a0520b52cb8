#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::none:
      return "";
    case Scope::call:
      return "call.control";
    case Scope::queue:
      return "queue.control";
    case Scope::record:
      return "record.control";
    case Scope::supervisor:
      return "supervisor.control";
    case Scope::media:
      return "media.stream";
    case Scope::observe_all:
      return "observe_all";
    case Scope::admin:
      return "admin";
  }
  return "";
}

Failure not_found(std::string_view call_id) {
  return {"not_found", "Call not found: " + std::string(call_id)};
}
Failure invalid_state(std::string_view why) {
  return {"invalid_state", "Command failed: invalid state: " + std::string(why)};
}
Failure failed(std::string_view code, std::string_view why) {
  return {std::string(code), "Command failed: " + std::string(why)};
}
Failure invalid_params(std::string_view why) {
  return {"invalid_params", "Command failed: " + std::string(why)};
}
Failure not_implemented(std::string_view what) {
  return {"not_implemented", "Not implemented: " + std::string(what)};
}
Failure call_ended() {
  return {"call_ended", "Command failed: invalid state: call ended"};
}

Failure refused(call::Refusal refusal) {
  switch (refusal) {
    case call::Refusal::no_such_call:
    case call::Refusal::no_such_leg:
      return call_ended();
    case call::Refusal::wrong_state:
      return invalid_state("the call has moved on");
    default:
      return failed("command_failed", to_string(refusal));
  }
}

}  // namespace junctor::apps::program
