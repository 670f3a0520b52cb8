#pragma once
// A real hub as a child process, and what it costs: CPU time of all its threads, and memory.
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace junctor::bench {

/// CPU time of all threads of a process, also one that is not ours.
double process_ns(pid_t process);
/// Its share of the memory (PSS), in kB of 1,000 bytes.
double process_kb(pid_t process);

/// A folder of our own below /tmp, gone with this object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Listens on 127.0.0.1, UDP and HTTP. It is killed with this object.
class HubProcess {
 public:
  /// `http`: further keys of [http]; `config`: tables. `workers`: media threads; 0: one per core.
  HubProcess(const std::string& http, const std::string& config, int workers = 1);
  ~HubProcess();
  HubProcess(const HubProcess&) = delete;
  HubProcess& operator=(const HubProcess&) = delete;

  pid_t id() const { return id_; }
  std::uint16_t sip_port() const { return sip_port_; }
  std::uint16_t http_port() const { return http_port_; }

 private:
  Folder folder_;
  pid_t id_ = 0;
  std::uint16_t sip_port_ = 0, http_port_ = 0;
};

}  // namespace junctor::bench
