#include "net/stream_listener.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/socket_address.hpp"

namespace junctor::net {
namespace {

constexpr int backlog = 1'024;

std::optional<sockaddr_un> local_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// A socket file that refuses connections was left by a process that is gone.
bool is_stale(const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe && ::connect(probe.get(), as_sockaddr(address), sizeof address) != 0 && errno == ECONNREFUSED;
}

}  // namespace

Result<Fd, std::string> listen_on_tcp(const Address& address) {
  const auto refuse = [&address] { return fail(socket_error("tcp", to_string(address), errno)); };
  SocketAddress to;
  const socklen_t length = to_socket_address(address, to);
  Fd fd(::socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return refuse();
  const int on = 1;
  // Connections of an earlier run that are still in TIME_WAIT do not keep the port.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return refuse();
  if (address.ip.family == Family::v6 && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
    return refuse();
  }
  if (::bind(fd.get(), &to.any, length) != 0 || ::listen(fd.get(), backlog) != 0) return refuse();
  return fd;
}

Result<Fd, std::string> listen_on_local(const std::string& path) {
  const auto refuse = [&path](int error) { return fail(socket_error("local socket", path, error)); };
  const std::optional<sockaddr_un> address = local_address(path);
  if (!address) return refuse(ENAMETOOLONG);
  if (is_stale(*address)) ::unlink(path.c_str());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || ::bind(fd.get(), as_sockaddr(*address), sizeof *address) != 0) return refuse(errno);
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(fd.get(), backlog) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return refuse(error);
  }
  return fd;
}

bool is_trusted_peer(int local_connection) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(local_connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace junctor::net
