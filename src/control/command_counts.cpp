#include "control/command_counts.hpp"

#include <algorithm>
#include <string>

namespace junctor::control {

std::string_view CommandCounts::outcome(std::string_view code) {
  constexpr std::string_view known[] = {"parse_error",       "missing_action",
                                        "missing_action_id", "unknown_action",
                                        "invalid_params",    "duplicate_action_id",
                                        "forbidden",         "rate_limited",
                                        "not_found",         "already_owned",
                                        "not_owner",         "invalid_state",
                                        "call_ended",        "conflict",
                                        "already_exists",    "full",
                                        "already_member",    "not_member",
                                        "media_not_found",   "invalid_destination",
                                        "originate_failed",  "not_implemented",
                                        "timeout",           "command_failed"};
  if (code.empty()) return "done";
  if (code.starts_with("sip_")) return "sip";
  const auto* const at = std::ranges::find(known, code);
  return at == std::end(known) ? "other" : *at;
}

void CommandCounts::add(std::string_view action, std::string_view code, Duration took) {
  const std::string_view name = action.empty() ? "unknown" : action;
  const auto results = [&]() -> Counter& {
    return counters_.get("rwi_command_results_" + std::string(name) + ',' + std::string(outcome(code)));
  };
  OfAction& own = of_actions_[name];
  if (own.us == nullptr) own.us = &counters_.get("rwi_command_us_" + std::string(name));
  if (code.empty()) {
    if (own.done == nullptr) own.done = &results();
    own.done->add();
  } else {
    results().add();
  }
  const auto us = std::chrono::floor<microseconds>(took).count();
  own.us->add(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)));
}

}  // namespace junctor::control
