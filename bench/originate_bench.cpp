// From a program's call.originate until the INVITE arrives at the carrier, while the hub does other things.
//
//   originate_bench                  nothing else
//   originate_bench RATE 'COMMAND'   while COMMAND runs, RATE a second; 0: none, to see what COMMAND says then
//
// COMMAND is a load generator of one's choice, run by the shell. HUB is the hub's UDP port on 127.0.0.1 and HUB_PID its
// process; users 100000 to 101999 and 200000 to 201999 have the password "secret".
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vector>

#include "base/check.hpp"
#include "bench/carrier.hpp"
#include "bench/hub_process.hpp"
#include "bench/web_clients.hpp"
#include "net/clock.hpp"

namespace {

using namespace junctor;
using namespace junctor::bench;

constexpr const char* token = "bench-token-0123456789";
constexpr const char* rwi_config = R"([security]
auth_failures_max = 1000000
[rwi]
originate_rate_limit = 0
[[rwi.tokens]]
name = "bench"
token = "bench-token-0123456789"
scopes = ["call.control"]
)";
constexpr Duration alone = seconds(10);  // how long it is measured without a COMMAND

std::string users() {
  std::string out;
  for (const int first : {100'000, 200'000})
    for (int i = 0; i < 2'000; ++i)
      out += "[[users]]\nusername = \"" + std::to_string(first + i) + "\"\npassword = \"secret\"\n";
  return out;
}

std::int64_t wall_ns() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// The carrier is busy, so that nothing is left behind.
double originate_ms(WebClient& program, Carrier& carrier) {
  const std::string command = R"({"action":"call.originate","action_id":"o)" + std::to_string(wall_ns()) +
                              R"(","params":{"destination":"4930123456","trunk":"carrier"}})";
  const std::string frame = masked_frame(command);
  const std::int64_t start = wall_ns();
  program.send(frame);
  const std::int64_t arrived = carrier.answer(486);
  JUNCTOR_CHECK(program.read_until("\"command_").find("command_completed") != std::string::npos);
  return static_cast<double>(arrived - start) / 1e6;
}

pid_t run(const char* command, const HubProcess& hub) {
  const pid_t child = fork();
  JUNCTOR_CHECK(child >= 0);
  if (child != 0) return child;
  setenv("HUB", std::to_string(hub.sip_port()).c_str(), 1);
  setenv("HUB_PID", std::to_string(hub.id()).c_str(), 1);
  execl("/bin/sh", "sh", "-c", command, nullptr);
  _exit(127);
}

}  // namespace

int main(int count, char** arguments) {
  const double rate = count > 1 ? std::atof(arguments[1]) : 20;
  Carrier carrier;
  const HubProcess hub("", rwi_config + carrier.config() + users(), 0);
  WebClient program(hub.http_port(), token);
  const pid_t load = count > 2 ? run(arguments[2], hub) : 0;
  const TimePoint end = net::now() + alone;
  const auto goes_on = [&] { return load != 0 ? waitpid(load, nullptr, WNOHANG) == 0 : net::now() < end; };
  std::vector<double> all;
  while (goes_on()) {
    usleep(static_cast<useconds_t>(rate > 0 ? 1e6 / rate : 100'000));
    if (rate > 0) all.push_back(originate_ms(program, carrier));
  }
  if (all.empty()) return 0;
  std::sort(all.begin(), all.end());
  const auto at = [&](double part) {
    return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
  };
  std::printf("call.originate to INVITE%s: %zu, half within %.2f ms, 99 %% within %.2f ms, all within %.2f ms\n",
              load != 0 ? " under load" : "", all.size(), at(0.5), at(0.99), all.back());
}
