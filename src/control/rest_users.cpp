// REST: users.
#include <algorithm>

#include "control/rest_pages.hpp"
#include "control/rest_table.hpp"
#include "control/to_json.hpp"

namespace junctor::control {
namespace {

/// Answers with the user as it is by then.
Reply<void> then_show(const RestAsk& ask, int status, const std::string& username) {
  return
      [back = ask.back, commands = &ask.commands, status, username, now = ask.now](const Result<void, Failure>& done) {
        if (!done) return back.fail(done.error());
        for (const UserInfo& user : commands->users(now))
          if (user.username == username) return back.answer(status, to_json(user));
        back.fail({"not_found", "user " + username + " is gone again"});
      };
}

}  // namespace

void list_users(RestAsk& ask) {
  answer_page(ask, ask.commands.users(ask.now), [](const UserInfo& user) { return user.username; });
}

void show_user(RestAsk& ask) {
  const auto users = ask.commands.users(ask.now);
  const auto found = std::ranges::find(users, ask.name, &UserInfo::username);
  if (found == users.end()) return ask.back.fail({"not_found", "no such user: " + ask.name});
  ask.back.answer(200, to_json(*found));
}

void add_user(RestAsk& ask) {
  std::optional<Failure> fault;
  NewUser user;
  user.username = member(ask, "username", fault).value_or("");
  user.password = member(ask, "password", fault).value_or("");
  user.display_name = member(ask, "display_name", fault).value_or("");
  if (!fault && user.username.empty()) fault = Failure{"invalid_params", "\"username\" must not be empty"};
  if (!fault && user.password.empty()) fault = Failure{"invalid_params", "\"password\" must not be empty"};
  if (fault) return ask.back.fail(*fault);
  const std::string username = user.username;
  ask.commands.add_user(std::move(user), then_show(ask, 201, username), ask.now);
}

void change_user(RestAsk& ask) {
  std::optional<Failure> fault;
  UserChange change;
  change.username = ask.name;
  change.password = member(ask, "password", fault);
  change.display_name = member(ask, "display_name", fault);
  if (!fault && change.password && change.password->empty())
    fault = Failure{"invalid_params", "\"password\" must not be empty"};
  if (fault) return ask.back.fail(*fault);
  ask.commands.change_user(std::move(change), then_show(ask, 200, ask.name), ask.now);
}

void remove_user(RestAsk& ask) {
  ask.commands.remove_user(
      ask.name,
      [back = ask.back](const Result<void, Failure>& done) {
        if (!done) return back.fail(done.error());
        back.nothing();
      },
      ask.now);
}

}  // namespace junctor::control
