// What all commands share: choosing the function, finding the hub, printing problems.
#include <boost/json.hpp>
#include <cstdio>
#include <type_traits>

#include "base/check.hpp"
#include "hub/cli_commands.hpp"
#include "hub/cli_json.hpp"

namespace junctor::hub::cli {

namespace json = boost::json;

int report(const Problem& problem) {
  std::fprintf(stderr, "%s\n", problem.message.c_str());
  return problem.code;
}

Result<std::string, Problem> ask(const Where& where, std::string_view action, std::string_view params) {
  const auto dir = data_dir(where);
  if (!dir) return fail(dir.error());
  auto socket = LocalSocket::connect(*dir);
  if (!socket) return fail(socket.error());
  return socket->ask(action, params);
}

Result<std::string, Problem> ask_list(const Where& where, std::string_view action) {
  const auto dir = data_dir(where);
  if (!dir) return fail(dir.error());
  auto socket = LocalSocket::connect(*dir);
  if (!socket) return fail(socket.error());
  json::array all;
  json::object params;
  while (true) {
    const auto answer = socket->ask(action, json::serialize(params));
    if (!answer) return fail(answer.error());
    const json::value page = json::parse(*answer);
    for (json::value& item : array_of(page, "items")) all.push_back(std::move(item));
    const std::string next = text_of(page, "next_cursor");
    if (next.empty()) return json::serialize(all);
    params["cursor"] = next;
  }
}

int execute(const Invocation& invocation) {
  return std::visit(
      [](const auto& command) -> int {
        using Command = std::decay_t<decltype(command)>;
        if constexpr (std::is_same_v<Command, Done>) {
          return command.exit_code;
        } else if constexpr (std::is_same_v<Command, Run>) {
          JUNCTOR_CHECK(false && "run is main()'s");
          return exit_failure;
        } else {
          return carry_out(command);
        }
      },
      invocation);
}

}  // namespace junctor::hub::cli
