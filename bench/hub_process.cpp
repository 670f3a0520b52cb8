#include "bench/hub_process.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.hpp"

namespace junctor::bench {
namespace {

std::string text_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

/// The port behind "NAME 127.0.0.1:" in what the hub says when it is ready.
std::uint16_t port_of(const std::string& ready, const std::string& name) {
  const std::string before = name + " 127.0.0.1:";
  const auto at = ready.find(before);
  JUNCTOR_CHECK(at != std::string::npos);
  return static_cast<std::uint16_t>(std::stoi(ready.substr(at + before.size())));
}

}  // namespace

double process_ns(pid_t process) {
  clockid_t clock{};
  timespec t{};
  JUNCTOR_CHECK(clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &t) == 0);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

double process_kb(pid_t process) {
  std::ifstream rollup("/proc/" + std::to_string(process) + "/smaps_rollup");
  for (std::string word; rollup >> word;) {
    double kib = 0;
    if (word == "Pss:" && rollup >> kib) return kib * 1.024;
  }
  JUNCTOR_CHECK(false);
  return 0;
}

Folder::Folder() : path_("/tmp/junctor-bench-XXXXXX") {
  JUNCTOR_CHECK(mkdtemp(path_.data()) != nullptr);
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

HubProcess::HubProcess(const std::string& http, const std::string& config, int workers) {
  const std::string file = folder_.path() + "/junctor.toml", said = folder_.path() + "/out";
  std::ofstream(file) << "[hub]\ndata_dir = \"" << folder_.path()
                      << "/data\"\n[sip]\nudp = [\"127.0.0.1:0\"]\ntcp = []\n"
                      << "[rtp]\naddress = [\"127.0.0.1\"]\nworkers = " << workers << "\n[http]\nlisten = [\"127.0.0.1:0\"]\n"
                      << http << config;
  id_ = fork();
  JUNCTOR_CHECK(id_ >= 0);
  if (id_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execl(JUNCTOR_PROGRAM, JUNCTOR_PROGRAM, "run", "--config", file.c_str(), nullptr);
    _exit(127);
  }
  for (std::string ready;; usleep(20'000)) {
    ready = text_of(said);
    if (const auto at = ready.find("ready "); at != std::string::npos && ready.find('\n', at) != std::string::npos) {
      ready.erase(0, at);
      sip_port_ = port_of(ready, "udp");
      http_port_ = port_of(ready, ready.find("https ") != std::string::npos ? "https" : "http");
      return;
    }
    if (waitpid(id_, nullptr, WNOHANG) == id_) {
      std::fprintf(stderr, "the hub has ended: %s", ready.c_str());
      std::abort();
    }
  }
}

HubProcess::~HubProcess() {
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

}  // namespace junctor::bench
