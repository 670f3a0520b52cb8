#pragma once
// How many commands of programs there were, of which outcome, and how long they took. Nothing that a far end says
// becomes part of a name.
#include <string_view>
#include <unordered_map>

#include "base/counters.hpp"
#include "base/time.hpp"

namespace junctor::control {

/// Counters, made when they are needed first: rwi_command_results_ACTION,CODE and rwi_command_us_ACTION.
class CommandCounts {
 public:
  explicit CommandCounts(Counters& counters) : counters_(counters) {}

  /// `action`: its name in the table of commands, which outlives this; empty: it is not there. `code`: of the failure;
  /// empty: it was done. `took`: from its arrival to its result.
  void add(std::string_view action, std::string_view code, Duration took);

  /// One of a closed list: done, a code of docs/rwi.md, `sip` for a far end's refusal (sip_486), or `other`.
  static std::string_view outcome(std::string_view code);

 private:
  /// Of those that are needed each time; null: not needed so far.
  struct OfAction {
    Counter* done = nullptr;
    Counter* us = nullptr;
  };

  Counters& counters_;
  std::unordered_map<std::string_view, OfAction> of_actions_;
};

}  // namespace junctor::control
