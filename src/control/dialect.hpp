#pragma once
// Results and events as text, in the forms that sessions read. The seed's form is the hub's own; the flat one is what
// clients of RustPBX know, member for member.
#include <string>
#include <string_view>

#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "control/result_memory.hpp"
#include "control/session.hpp"
#include "control/write_fields.hpp"

namespace junctor::control {

/// How a command is told what became of it.
struct ResultFrame {
  std::string_view action_id, action;
  const Outcome& outcome;
  bool duplicate = false;
};
std::string to_text(const ResultFrame& result, Dialect dialect);

/// What is said of an event besides its own fields.
struct EventFrame {
  const apps::program::Event& event;
  const apps::program::ProgramCall* call = nullptr;  ///< null: about none, or nobody knows it any more
  const CallNames& names;
  std::uint64_t seq = 0;
  std::string ts;
};
std::string to_text(const EventFrame& frame, Dialect dialect);

const apps::program::EventInfo& info_of(const apps::program::EventBody& body);

}  // namespace junctor::control
