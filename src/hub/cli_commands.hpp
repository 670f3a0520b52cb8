#pragma once
// One function per command; each prints and returns the exit code. Private to the command line.
#include "hub/cli.hpp"
#include "hub/cli_socket.hpp"

namespace junctor::hub::cli {

int carry_out(const Check&);
int carry_out(const Status&);
int carry_out(const CallsList&);
int carry_out(const CallsShow&);
int carry_out(const CallsHangup&);
int carry_out(const RecordsList&);
int carry_out(const RecordsShow&);
int carry_out(const Registrations&);
int carry_out(const Trunks&);
int carry_out(const RouteExplain&);
int carry_out(const Reload&);
int carry_out(const Drain&);
int carry_out(const User&);
int carry_out(const Doctor&);
int carry_out(const Version&);
int carry_out(const Schema&);

/// Prints the problem to stderr; its exit code.
int report(const Problem& problem);

/// Finds and asks the running hub once; the result's data as JSON text.
Result<std::string, Problem> ask(const Where& where, std::string_view action, std::string_view params = "{}");

/// All pages of a list as one JSON array.
Result<std::string, Problem> ask_list(const Where& where, std::string_view action);

}  // namespace junctor::hub::cli
