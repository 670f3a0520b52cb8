#pragma once
// The command line's end of the local control socket: blocking, one command at a time.
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "hub/cli.hpp"
#include "net/fd.hpp"

namespace junctor::hub::cli {

inline constexpr const char* control_socket_name = "control.sock";
/// How long the hub may take to answer, in seconds.
inline constexpr int answer_secs_max = 30;

/// Why something did not work: an exit code and a line (or lines) for stderr.
struct Problem {
  ExitCode code = exit_failure;
  std::string message;
};

/// The data folder that `where` means. Faults of the configuration are a Problem with exit_config.
Result<std::string, Problem> data_dir(const Where& where);

class LocalSocket {
 public:
  /// exit_not_running when nobody listens there.
  static Result<LocalSocket, Problem> connect(const std::string& data_dir);

  /// Sends a command and returns the result's `data` as JSON text ("null" when there is none). `params` is a JSON
  /// object. A refusal is a Problem with the hub's words.
  Result<std::string, Problem> ask(std::string_view action, std::string_view params);

 private:
  explicit LocalSocket(net::Fd fd) : fd_(std::move(fd)) {}
  Result<std::string, Problem> read_line();

  net::Fd fd_;
  std::string received_;
  unsigned next_id_ = 1;
};

}  // namespace junctor::hub::cli
