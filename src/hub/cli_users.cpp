// user add, passwd, remove: through the running hub, or on its database while it does not run.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <termios.h>
#include <unistd.h>
#include <vector>

#include "config/load.hpp"
#include "hub/checked_config.hpp"
#include "hub/cli_commands.hpp"
#include "net/hashes.hpp"
#include "registrar/users.hpp"
#include "store/database.hpp"

namespace junctor::hub::cli {
namespace {

/// Reads a line without showing it when standard input is a terminal.
std::string hidden_line(const char* prompt) {
  termios before{};
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    std::fputs(prompt, stderr);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fputs("\n", stderr);
  }
  return line;
}

Result<std::string, Problem> read_password(const User& command) {
  std::string password;
  if (command.password_file.empty()) {
    password = hidden_line("Password: ");
    if (::isatty(STDIN_FILENO) == 1 && hidden_line("Again: ") != password) {
      return fail(Problem{exit_failure, "the two passwords differ"});
    }
  } else if (command.password_file == "-") {
    std::getline(std::cin, password);
  } else {
    std::ifstream in(command.password_file);
    if (!in) return fail(Problem{exit_failure, command.password_file + ": cannot be read"});
    std::getline(in, password);
  }
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) return fail(Problem{exit_failure, "the password is empty"});
  return password;
}

Result<void, Problem> through_hub(LocalSocket& hub, const User& command, const std::string& password) {
  boost::json::object params{{"username", command.username}};
  if (command.change != UserChange::remove) params["password"] = password;
  if (command.change == UserChange::add) params["display_name"] = command.display_name;
  const char* action = command.change == UserChange::add      ? "user.add"
                       : command.change == UserChange::passwd ? "user.passwd"
                                                              : "user.remove";
  const auto answer = hub.ask(action, boost::json::serialize(params));
  if (!answer) return fail(answer.error());
  return {};
}

Result<void, Problem> on_database(const config::Config& config, const std::string& dir, const User& command,
                                  const std::string& password) {
  const auto problem = [](std::string message) { return fail(Problem{exit_failure, std::move(message)}); };
  const bool in_file = std::ranges::find(config.users, command.username, &config::User::username) != config.users.end();
  if (in_file) return problem(command.username + " is a user of the configuration file");
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  auto database = store::Database::open(dir + "/junctor.db", store::Sync::full);
  if (!database) return problem(database.error());
  const auto rows = database->load_users();
  if (!rows) return problem(rows.error());
  const auto row = std::ranges::find(*rows, command.username, &store::UserRow::username);
  const bool there = row != rows->end();
  if (command.change == UserChange::add && there) return problem(command.username + " exists already");
  if (command.change != UserChange::add && !there) return problem("no such user: " + command.username);

  std::vector<store::Write> writes;
  if (command.change == UserChange::remove) {
    writes.emplace_back(store::RemoveUser{command.username});
  } else {
    registrar::User user;
    if (there) user = registrar::from_row(*row);
    user.username = command.username;
    if (command.change == UserChange::add) user.display_name = command.display_name;
    set_password(user, config.hub.realm, password, {net::md5_hex, net::sha256_hex, net::sha512_256_hex});
    writes.emplace_back(store::PutUser{registrar::to_row(user, config.hub.realm)});
  }
  const auto applied = database->apply(writes);
  if (!applied) return problem(applied.error());
  return {};
}

Result<void, Problem> change(const User& command) {
  if (const auto fault = config::name_fault(command.username)) return fail(Problem{exit_failure, *fault});
  std::string password;
  if (command.change != UserChange::remove) {
    auto read = read_password(command);
    if (!read) return fail(read.error());
    password = std::move(*read);
  }
  const auto dir = data_dir(command.where);
  if (!dir) return fail(dir.error());
  auto hub = LocalSocket::connect(*dir);
  if (hub) return through_hub(*hub, command, password);
  if (hub.error().code != exit_not_running) return fail(hub.error());
  const auto config = load_checked(command.where.config);  // the realm is part of the hashes
  if (!config) return fail(Problem{exit_config, config.error().front()});
  return on_database(**config, *dir, command, password);
}

}  // namespace

int carry_out(const User& command) {
  const auto done = change(command);
  if (!done) return report(done.error());
  const char* what = command.change == UserChange::add      ? "added"
                     : command.change == UserChange::passwd ? "has a new password"
                                                            : "removed";
  std::printf("%s %s\n", command.username.c_str(), what);
  return exit_ok;
}

}  // namespace junctor::hub::cli
