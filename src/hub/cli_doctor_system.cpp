// doctor: clock, limits of the process and the kernel, folders.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <thread>
#include <unistd.h>

#include "hub/cli_doctor.hpp"
#include "net/clock.hpp"
#include "net/thread_role.hpp"

namespace junctor::hub::cli {
namespace {

/// Below this the kernel drops SIP datagrams when thousands of phones register at once.
constexpr long receive_buffer_wanted = 1024 * 1024;
constexpr std::uint64_t disk_bytes_wanted = 1024ull * 1024 * 1024;
/// Files besides media and connections: database, logs, listeners, event descriptors.
constexpr std::uint64_t other_files = 200;

/// The folder itself, or the nearest one above it that exists.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

void examine_folder(const std::string& subject, const std::string& name, Findings& findings) {
  const std::filesystem::path path = existing(name);
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    findings.push_back({Health::fault, subject, path.string() + " is no folder", "choose another path"});
    return;
  }
  std::string probe = (path / ".junctor-doctor-XXXXXX").string();
  const int fd = ::mkstemp(probe.data());
  if (fd < 0) {
    findings.push_back({Health::fault, subject, path.string() + " cannot be written to",
                        "give it to the user that runs the hub (chown), or choose another path"});
    return;
  }
  ::close(fd);
  ::unlink(probe.c_str());
  struct statvfs space{};
  const bool known = ::statvfs(path.c_str(), &space) == 0;
  const std::uint64_t bytes = known ? std::uint64_t{space.f_bavail} * space.f_frsize : disk_bytes_wanted;
  if (bytes < disk_bytes_wanted) {
    findings.push_back({Health::warning, subject, "less than 1 GiB is free", "make room: records and recordings grow"});
    return;
  }
  findings.push_back({Health::ok, subject, "can be written to", {}});
}

}  // namespace

void examine_clock(Findings& findings) {
  timex state{};
  const int answer = ::adjtimex(&state);
  constexpr WallTime earliest{std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)};
  if (net::wall_now() < earliest) {
    findings.push_back({Health::fault, "clock", rfc3339(net::wall_now()) + " cannot be right",
                        "set it: certificates and records depend on it"});
  } else if (answer < 0 || answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    findings.push_back({Health::warning, "clock", "is not synchronised",
                        "run a time service (systemd-timesyncd or chrony); in a container the host's counts"});
  } else {
    findings.push_back({Health::ok, "clock", "is synchronised", {}});
  }
}

void examine_limits(const config::Config& config, Findings& findings) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto media =
      static_cast<std::uint64_t>(config.rtp.port_max - config.rtp.port_min + 1) * config.rtp.address.size();
  const std::uint64_t wanted = media + config.sip.connections_max + other_files;
  const std::string has = files.rlim_max == RLIM_INFINITY ? "unlimited" : std::to_string(files.rlim_max);
  if (files.rlim_max < wanted) {
    findings.push_back(
        {Health::warning, "open files",
         "the limit is " + has + ", all ports and connections together would need " + std::to_string(wanted),
         "raise it: LimitNOFILE= of the service, or /etc/security/limits.conf"});
  } else {
    findings.push_back({Health::ok, "open files", "the limit is " + has, {}});
  }

  long buffer = 0;
  if (std::ifstream("/proc/sys/net/core/rmem_max") >> buffer; buffer != 0 && buffer < receive_buffer_wanted) {
    findings.push_back({Health::warning, "socket buffers",
                        "net.core.rmem_max is " + std::to_string(buffer) + " bytes: bursts of requests get lost",
                        "sysctl net.core.rmem_max=" + std::to_string(receive_buffer_wanted)});
  } else {
    findings.push_back({Health::ok, "socket buffers", "large enough", {}});
  }

  bool raised = false;
  std::thread([&] { raised = net::raise_thread(net::control_nice); }).join();
  if (raised) {
    findings.push_back({Health::ok, "priority", "signalling goes before other programs", {}});
  } else {
    findings.push_back({Health::warning, "priority", "signalling waits for its turn among the machine's other programs",
                        "let the hub raise it: AmbientCapabilities=CAP_SYS_NICE or LimitNICE=-4 of the service"});
  }

  const unsigned cores = std::thread::hardware_concurrency();
  if (cores != 0 && config.rtp.workers > cores) {
    findings.push_back({Health::warning, "rtp.workers",
                        std::to_string(config.rtp.workers) + " media threads on " + std::to_string(cores) + " cores",
                        "0 takes one per core"});
  }
}

void examine_folders(const config::Config& config, Findings& findings) {
  examine_folder("data folder " + config.hub.data_dir, config.hub.data_dir, findings);
  if (!config.recording.dir.empty())
    examine_folder("recordings " + config.recording.dir, config.recording.dir, findings);
}

}  // namespace junctor::hub::cli
