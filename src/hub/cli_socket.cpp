#include "hub/cli_socket.hpp"

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "hub/checked_config.hpp"

namespace junctor::hub::cli {

namespace json = boost::json;

Result<std::string, Problem> data_dir(const Where& where) {
  if (where.data) return *where.data;
  const auto config = load_checked(where.config);
  if (config) return (*config)->hub.data_dir;
  Problem problem{exit_config, {}};
  for (const std::string& line : config.error()) problem.message += (problem.message.empty() ? "" : "\n") + line;
  return fail(std::move(problem));
}

Result<LocalSocket, Problem> LocalSocket::connect(const std::string& data_dir) {
  const std::string path = data_dir + "/" + control_socket_name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Problem{exit_failure, path + ": path too long for a socket"});
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  net::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail(Problem{exit_failure, std::string("socket: ") + std::strerror(errno)});
  timeval patience{};
  patience.tv_sec = answer_secs_max;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return LocalSocket(std::move(fd));
  }
  const bool nobody = errno == ENOENT || errno == ECONNREFUSED;
  if (nobody) return fail(Problem{exit_not_running, "no hub is running with the data folder " + data_dir});
  return fail(Problem{exit_failure, path + ": " + std::strerror(errno)});
}

Result<std::string, Problem> LocalSocket::read_line() {
  while (true) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    char chunk[16 * 1024];
    const ssize_t n = ::recv(fd_.get(), chunk, sizeof chunk, 0);
    if (n > 0) {
      received_.append(chunk, static_cast<std::size_t>(n));
    } else if (n == 0) {
      return fail(Problem{exit_failure, "the hub closed the connection"});
    } else if (errno != EINTR) {
      const bool late = errno == EAGAIN;
      return fail(Problem{exit_failure, late ? "the hub does not answer" : std::strerror(errno)});
    }
  }
}

Result<std::string, Problem> LocalSocket::ask(std::string_view action, std::string_view params) {
  const std::string id = std::to_string(next_id_++);
  std::string command = R"({"action_id":")" + id + R"(","action":")" + std::string(action) + R"(","params":)" +
                        std::string(params) + "}\n";
  for (std::string_view left = command; !left.empty();) {
    const ssize_t n = ::send(fd_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(Problem{exit_failure, std::string("cannot reach the hub: ") + std::strerror(errno)});
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  const auto line = read_line();
  if (!line) return fail(line.error());
  boost::system::error_code error;
  const json::value result = json::parse(*line, error);
  const json::object* object = result.if_object();
  if (error || object == nullptr) return fail(Problem{exit_failure, "the hub's answer cannot be read"});
  const json::value* type = object->if_contains("type");
  if (type != nullptr && *type == "command_completed") {
    const json::value* data = object->if_contains("data");
    return data == nullptr ? std::string("null") : json::serialize(*data);
  }
  const json::value* message = object->if_contains("error");
  const bool readable = message != nullptr && message->is_string();
  return fail(Problem{exit_failure, readable ? std::string(message->as_string()) : "the hub refused"});
}

}  // namespace junctor::hub::cli
