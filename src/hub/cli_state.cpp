// status, registrations, trunks, route explain, reload, drain.
#include <boost/json.hpp>
#include <cstdio>
#include <vector>

#include "hub/cli_commands.hpp"
#include "hub/cli_json.hpp"
#include "hub/cli_table.hpp"

namespace junctor::hub::cli {
namespace {

namespace json = boost::json;

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}
void line(const char* name, const std::string& value) {
  std::printf("%-14s %s\n", name, printable(value).c_str());
}

std::string joined(const json::array& texts) {
  std::string out;
  for (const json::value& text : texts) out += (out.empty() ? "" : ", ") + std::string(text.as_string());
  return out;
}

std::string uptime(std::int64_t secs) {
  const std::int64_t days = secs / 86'400;
  char text[64];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld", static_cast<long long>(secs / 3600 % 24),
                static_cast<long long>(secs / 60 % 60), static_cast<long long>(secs % 60));
  return (days > 0 ? std::to_string(days) + " d " : "") + text;
}

void print_status(const json::value& s) {
  line("version", text_of(s, "version"));
  line("pid", text_of(s, "pid"));
  line("up", uptime(number_of(s, "uptime_secs")) + (flag_of(s, "draining") ? " (draining)" : ""));
  line("listening", joined(array_of(s, "listeners")));
  line("configuration", joined(array_of(s, "config_files")));
  line("calls", text_of(s, "calls") + " (" + text_of(s, "legs") + " legs, " + text_of(s, "media_ports") + " ports)");
  line("registrations", text_of(s, "registrations") + " (" + text_of(s, "users") + " users)");
  line("trunks", text_of(s, "trunks"));
  line("transactions", text_of(s, "transactions"));
  line("store backlog", text_of(s, "store_backlog"));
  line("longest turn", text_of(s, "longest_turn_us") + " us, " + text_of(s, "longest_work_us") + " us of CPU");
  std::vector<std::vector<std::string>> blocked;
  for (const json::value& b : array_of(s, "blocked")) {
    blocked.push_back({text_of(b, "address"), flag_of(b, "scanner") ? "scanner" : "failures",
                       text_of(b, "left_secs") + " s", text_of(b, "dropped")});
  }
  if (!blocked.empty()) print("\n" + table({"BLOCKED", "WHY", "STILL FOR", "DROPPED"}, blocked, ""));
  std::vector<std::vector<std::string>> counters;
  if (const json::value* all = member(s, "counters"); all != nullptr && all->is_object()) {
    for (const auto& [name, value] : all->get_object()) {
      if (value != 0) counters.push_back({std::string(name), json::serialize(value)});
    }
  }
  if (!counters.empty()) print("\n" + table({"COUNTER", "VALUE"}, counters, ""));
}

}  // namespace

int carry_out(const Status& command) {
  const auto answer = ask(command.where, "status");
  if (!answer) return report(answer.error());
  if (command.output == Output::json) return std::puts(answer->c_str()), exit_ok;
  print_status(json::parse(*answer));
  return exit_ok;
}

int carry_out(const Registrations& command) {
  const auto answer = ask_list(command.where, "registrations.list");
  if (!answer) return report(answer.error());
  if (command.output == Output::json) return std::puts(answer->c_str()), exit_ok;
  std::vector<std::vector<std::string>> rows;
  const json::value items = json::parse(*answer);
  for (const json::value& r : items.as_array()) {
    rows.push_back({text_of(r, "user"), text_of(r, "contact"), text_of(r, "transport"), text_of(r, "address"),
                    text_of(r, "expires_secs") + " s", text_of(r, "user_agent")});
  }
  print(table({"USER", "CONTACT", "TRANSPORT", "ADDRESS", "EXPIRES IN", "USER AGENT"}, rows, "nobody is registered"));
  return exit_ok;
}

int carry_out(const Trunks& command) {
  const auto answer = ask_list(command.where, "trunks.list");
  if (!answer) return report(answer.error());
  if (command.output == Output::json) return std::puts(answer->c_str()), exit_ok;
  std::vector<std::vector<std::string>> rows;
  const json::value items = json::parse(*answer);
  for (const json::value& t : items.as_array()) {
    const std::string most = number_of(t, "max_calls") == 0 ? "" : " of " + text_of(t, "max_calls");
    std::string state = text_of(t, "state");
    if (const std::string reason = text_of(t, "reason"); !reason.empty()) state += ": " + reason;
    if (const std::string next = text_of(t, "next_try_secs"); !next.empty()) state += "; next try in " + next + " s";
    rows.push_back(
        {text_of(t, "name"), text_of(t, "host"), text_of(t, "transport"), state, text_of(t, "calls") + most});
  }
  print(table({"NAME", "HOST", "TRANSPORT", "STATE", "CALLS"}, rows, "no trunks"));
  return exit_ok;
}

int carry_out(const RouteExplain& command) {
  const json::object params{{"from", command.from}, {"to", command.to}, {"trunk", command.trunk}};
  const auto answer = ask(command.where, "route.explain", json::serialize(params));
  if (!answer) return report(answer.error());
  if (command.output == Output::json) return std::puts(answer->c_str()), exit_ok;
  const json::value explanation = json::parse(*answer);
  for (const json::value& step : array_of(explanation, "trace")) {
    std::printf("%s\n", printable(std::string(step.as_string())).c_str());
  }
  std::printf("=> %s\n", printable(text_of(explanation, "action")).c_str());
  return exit_ok;
}

int carry_out(const Reload& command) {
  const auto answer = ask(command.where, "reload");
  if (!answer) return report(answer.error());
  const json::value result = json::parse(*answer);
  const json::array faults = array_of(result, "faults");
  for (const json::value& fault : faults) std::fprintf(stderr, "%s\n", fault.as_string().c_str());
  if (!faults.empty()) return std::fputs("nothing was changed\n", stderr), exit_config;
  std::puts("reloaded");
  const json::array waiting = array_of(result, "needs_restart");
  if (!waiting.empty()) std::printf("waiting for the next start: %s\n", joined(waiting).c_str());
  return exit_ok;
}

int carry_out(const Drain& command) {
  json::object params;
  if (command.timeout_secs) params["timeout_secs"] = *command.timeout_secs;
  const auto answer = ask(command.where, "drain", json::serialize(params));
  if (!answer) return report(answer.error());
  const json::value result = json::parse(*answer);
  std::printf("draining: %s calls, ended after %s s at the latest\n", text_of(result, "calls").c_str(),
              text_of(result, "timeout_secs").c_str());
  return exit_ok;
}

}  // namespace junctor::hub::cli
