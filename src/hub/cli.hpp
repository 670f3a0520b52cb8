#pragma once
// The command line: what was asked for as a value, and everything but `run` carried out. main() is
//   const cli::Invocation invocation = cli::parse(argc, argv);
//   if (const auto* run = std::get_if<cli::Run>(&invocation)) return …;
//   return cli::execute(invocation);
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/log.hpp"

namespace junctor::hub::cli {

enum ExitCode : int { exit_ok = 0, exit_failure = 1, exit_usage = 2, exit_config = 3, exit_not_running = 4 };

/// How the running hub is found: --data DIR, else hub.data_dir of the configuration (--config FILE or the usual
/// places).
struct Where {
  std::optional<std::string> config;
  std::optional<std::string> data;
};

enum class Output : std::uint8_t { people, json };

struct Run {
  std::optional<std::string> config;
  bool json_log = false;
  LogLevel log_level = LogLevel::info;
};
struct Check {
  std::optional<std::string> config;
};
struct Status {
  Where where;
  Output output = Output::people;
};
struct CallsList {
  Where where;
  Output output = Output::people;
};
struct CallsShow {
  Where where;
  Output output = Output::people;
  std::string id;
  bool messages = false;
  std::string pcap;  ///< file to write; empty: none
};
struct CallsHangup {
  Where where;
  std::string id;
};
struct RecordsList {
  Where where;
  Output output = Output::people;
  std::uint32_t limit = 50;
  std::string number;
  std::string disposition;
};
struct RecordsShow {
  Where where;
  Output output = Output::people;
  std::string id;
};
struct Registrations {
  Where where;
  Output output = Output::people;
};
struct Trunks {
  Where where;
  Output output = Output::people;
};
struct RouteExplain {
  Where where;
  Output output = Output::people;
  std::string from, to, trunk;
};
struct Reload {
  Where where;
};
struct Drain {
  Where where;
  std::optional<std::uint32_t> timeout_secs;
};
enum class UserChange : std::uint8_t { add, passwd, remove };
struct User {
  Where where;
  UserChange change = UserChange::add;
  std::string username;
  std::string display_name;
  std::string password_file;  ///< "-" is standard input; empty: asked for
};
struct Doctor {
  std::optional<std::string> config;
  Output output = Output::people;
};
struct Version {
  Output output = Output::people;
};
/// The commands and events of RWI.
struct Schema {};
/// Help was printed, or a usage error.
struct Done {
  int exit_code = exit_ok;
};

using Invocation = std::variant<Done, Run, Check, Status, CallsList, CallsShow, CallsHangup, RecordsList, RecordsShow,
                                Registrations, Trunks, RouteExplain, Reload, Drain, User, Doctor, Version, Schema>;

Invocation parse(int argc, const char* const* argv);

/// Carries out anything but Run; the exit code.
int execute(const Invocation& invocation);

}  // namespace junctor::hub::cli
