#include "net/edge_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "net/clock.hpp"
#include "net/stream_listener.hpp"
#include "net/thread_role.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t command_capacity = 2'048;  // more wait in the control thread's backlog
// How exactly time-outs are kept.
constexpr milliseconds sweep_interval{100};
// How soon a full inbox is tried again, and a listener after the process ran out of descriptors.
constexpr milliseconds retry_interval{2};
constexpr milliseconds accept_pause{100};
constexpr int accepts_per_turn = 64;

}  // namespace

EdgeThread::EdgeThread(const EdgeLimits& limits, ControlLoop& control, Counters& counters,
                       std::shared_ptr<EdgeRegister> control_side)
    : limits_(limits),
      control_(control),
      counters_(counters),
      context_{*this, limits_, counters_, std::move(control_side), handshakes_},
      waker_([this] { asio::post(io_, [this] { run_commands(); }); }),
      commands_(command_capacity, waker_),
      sweep_(io_),
      retry_(io_) {}

EdgeThread::~EdgeThread() {
  stop();
}

void EdgeThread::listen(ListenerIndex index, Fd fd, StreamService service, std::string local_path) {
  listeners_.push_back(std::make_unique<Listener>(io_, Service{index, std::move(service)}, fd.release()));
  listeners_.back()->local_path = std::move(local_path);
}

void EdgeThread::set_outgoing(ListenerIndex index, StreamService service) {
  const auto kind = static_cast<std::size_t>(service.security);
  outgoing_[kind] = Service{index, std::move(service)};
}

void EdgeThread::start() {
  thread_ = std::thread([this] {
    name_thread("edge");
    const auto work = asio::make_work_guard(io_);
    run_commands();
    sweep();
    for (const auto& listener : listeners_) wait_accept(*listener);
    io_.run();
  });
}

void EdgeThread::stop() {
  if (thread_.joinable()) {
    io_.stop();
    thread_.join();
    run_commands();  // what was written before the stop leaves as far as the kernel takes it: a last answer, a last BYE
  }
  for (const auto& listener : listeners_) {
    if (!listener->local_path.empty()) ::unlink(listener->local_path.c_str());
  }
  listeners_.clear();
  retries_.clear();
  for (const auto& [id, connection] : connections_) connection->abandon();
  connections_.clear();
}

void EdgeThread::run_commands() {
  do {
    waker_.awake();
    while (std::optional<EdgeCommand> command = commands_.receive()) execute(std::move(*command));
  } while (waker_.prepare_sleep());
}

void EdgeThread::execute(EdgeCommand&& command) {
  if (command.kind == EdgeCommand::Kind::connect) return connect(std::move(command));
  if (command.kind == EdgeCommand::Kind::tls) {
    tls_ = std::move(command.tls);
    return;
  }
  const auto at = connections_.find(command.connection);
  if (at == connections_.end()) return;
  const std::shared_ptr<EdgeConnection> connection = at->second;
  switch (command.kind) {
    case EdgeCommand::Kind::write:
      return connection->write(std::move(command.bytes));
    case EdgeCommand::Kind::close:
      return connection->close();
    case EdgeCommand::Kind::output_limit:
      return connection->close("too much unsent output", counters_.closed_output_limit);
    case EdgeCommand::Kind::connect:
    case EdgeCommand::Kind::tls:
    case EdgeCommand::Kind::none:
      return;
  }
}

void EdgeThread::connect(EdgeCommand&& command) {
  const std::string& host = command.bytes;
  const Service& kind = *outgoing(host.empty() ? Security::none : Security::tls);
  const auto connection = std::make_shared<EdgeConnection>(io_, context_, command.connection, kind.index, kind.service,
                                                           std::move(command.unsent));
  const bool full = connections_.size() >= limits_.connections;
  connections_.emplace(command.connection, connection);
  if (full) return connection->close("too many connections", counters_.refused_limit);
  Ssl ssl;
  if (!host.empty()) {
    if (tls_) ssl = tls_->connect(host);
    if (!ssl) return connection->close("tls is not set up", counters_.closed_connect_failed);
  }
  connection->connect(command.to, std::move(ssl));
}

void EdgeThread::wait_accept(Listener& listener) {
  listener.socket.async_wait(asio::posix::stream_descriptor::wait_read, [this, &listener](const error_code& error) {
    if (!error) accept_some(listener);
  });
}

void EdgeThread::accept_some(Listener& listener) {
  for (int i = 0; i < accepts_per_turn; ++i) {
    if (accept_one(listener)) continue;
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) break;
    counters_.accept_errors.add();
    // The connection stays in the kernel's queue, so waiting on the socket would return at once.
    listener.pause.expires_after(accept_pause);
    listener.pause.async_wait([this, &listener](const error_code& error) {
      if (!error) accept_some(listener);
    });
    return;
  }
  wait_accept(listener);
}

bool EdgeThread::accept_one(Listener& listener) {
  Fd fd(::accept4(listener.socket.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) return false;
  const bool local = !listener.local_path.empty();
  if (connections_.size() >= limits_.connections) {
    counters_.refused_limit.add();
    return true;
  }
  if (local && !is_trusted_peer(fd.get())) {
    counters_.refused_peer.add();
    return true;
  }
  const bool secure = listener.kind.service.security == Security::tls;
  if (secure && (!tls_ || !tls_->can_accept())) {
    counters_.refused_no_certificate.add();
    return true;
  }
  if (secure && handshakes_ >= limits_.handshakes) {
    counters_.refused_handshakes.add();
    return true;
  }
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length);
  const ConnectionId id = new_id();
  const auto connection = std::make_shared<EdgeConnection>(io_, context_, id, listener.kind.index,
                                                           listener.kind.service, std::make_shared<UnsentBytes>(0));
  connections_.emplace(id, connection);
  connection->accept(fd.release(), name.ss_family, secure ? tls_ : nullptr);
  return true;
}

void EdgeThread::sweep() {
  const TimePoint time = now();
  std::vector<std::shared_ptr<EdgeConnection>> all;  // closing one changes the table
  all.reserve(connections_.size());
  for (const auto& entry : connections_) all.push_back(entry.second);
  for (const auto& connection : all) connection->check_times(time);
  sweep_.expires_after(sweep_interval);
  sweep_.async_wait([this](const error_code& error) {
    if (!error) sweep();
  });
}

bool EdgeThread::deliver(Task&& task) {
  if (!context_.control->begin_delivery(limits_.messages_in_flight)) return false;
  if (control_.post(std::move(task))) return true;
  context_.control->cancel_delivery();
  return false;
}

void EdgeThread::retry_later(std::shared_ptr<EdgeConnection> connection) {
  retries_.push_back(std::move(connection));
  if (retries_.size() > 1) return;
  retry_.expires_after(retry_interval);
  retry_.async_wait([this](const error_code& error) {
    if (!error) retry_all();
  });
}

void EdgeThread::retry_all() {
  for (const auto& connection : std::exchange(retries_, {})) connection->retry();
}

void EdgeThread::finished(ConnectionId connection) {
  connections_.erase(connection);
}

}  // namespace junctor::net
