#include "net/edge.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/check.hpp"
#include "net/edge_link.hpp"
#include "net/edge_thread.hpp"
#include "net/socket_address.hpp"
#include "net/stream_listener.hpp"

namespace junctor::net {

// The control thread's side; EdgeThread is the other one.
class Edge::Impl {
 public:
  Impl(const EdgeLimits& limits, ControlLoop& control, Counters& counters)
      : limits_(limits),
        register_(std::make_shared<EdgeRegister>()),
        thread_(std::make_shared<EdgeThread>(limits, control, counters, register_)) {
    // The hook may outlive this object, the loop it is in does not outlive the process.
    control.add_turn_end([thread = std::weak_ptr(thread_)](TimePoint now) -> std::optional<TimePoint> {
      const auto edge = thread.lock();
      if (!edge || edge->commands().flush() == 0) return std::nullopt;
      return now + flush_interval;
    });
  }

  ~Impl() {
    thread_->stop();
    register_->forget();
  }

  Result<Address, std::string> listen_tcp(ListenerIndex index, const Address& address, StreamService service) {
    Result<Fd, std::string> fd = listen_on_tcp(address);
    if (!fd) return fail(fd.error());
    const Address bound = local_address_of(fd->get());
    thread_->listen(index, std::move(*fd), std::move(service), {});
    return bound;
  }

  Result<void, std::string> listen_local(ListenerIndex index, const std::string& path, StreamService service) {
    Result<Fd, std::string> fd = listen_on_local(path);
    if (!fd) return fail(fd.error());
    thread_->listen(index, std::move(*fd), std::move(service), path);
    return {};
  }

  /// To `host` by TLS, or by TCP when it is empty.
  ConnectionId connect(const Address& to, std::string_view host) {
    const Security security = host.empty() ? Security::none : Security::tls;
    JUNCTOR_CHECK(thread_->has_outgoing(security));
    const ConnectionId id = thread_->new_id();
    auto unsent = std::make_shared<UnsentBytes>(0);
    register_->add(id, {thread_->outgoing_sink(security), unsent, false, std::string(host), {}});
    thread_->commands().send({EdgeCommand::Kind::connect, id, to, std::string(host), std::move(unsent), {}});
    return id;
  }

  void set_tls(std::shared_ptr<const TlsContexts> contexts) {
    tls_ = contexts;
    thread_->commands().send({EdgeCommand::Kind::tls, {}, {}, {}, {}, std::move(contexts)});
  }

  bool proves(ConnectionId connection, std::string_view host) const {
    const EdgeRegister::Known* const known = std::as_const(*register_).find(connection);
    if (known == nullptr || tls_ == nullptr) return false;
    const auto is_host = [host](const std::string& proven) { return same_host(proven, host); };
    return is_host(known->host) || !tls_->verifies(host) || std::ranges::any_of(known->proven, is_host);
  }

  bool write(ConnectionId connection, std::string&& bytes) {
    EdgeRegister::Known* const known = register_->find(connection);
    if (known == nullptr || known->closing) return false;
    const std::size_t size = bytes.size();
    if (known->unsent->fetch_add(size, std::memory_order_relaxed) + size > limits_.output_bytes) {
      known->closing = true;
      thread_->commands().send({EdgeCommand::Kind::output_limit, connection, {}, {}, {}, {}});
      return false;
    }
    thread_->commands().send({EdgeCommand::Kind::write, connection, {}, std::move(bytes), {}, {}});
    return true;
  }

  void close(ConnectionId connection) {
    EdgeRegister::Known* const known = register_->find(connection);
    if (known == nullptr || known->closing) return;
    known->closing = true;
    thread_->commands().send({EdgeCommand::Kind::close, connection, {}, {}, {}, {}});
  }

  EdgeThread& thread() { return *thread_; }
  std::size_t connections() const { return register_->size(); }

 private:
  static constexpr milliseconds flush_interval{1};

  const EdgeLimits limits_;
  std::shared_ptr<EdgeRegister> register_;
  std::shared_ptr<EdgeThread> thread_;
  std::shared_ptr<const TlsContexts> tls_;
};

Result<std::unique_ptr<Edge>, std::string> Edge::create(const EdgeLimits& limits, ControlLoop& control,
                                                        Counters& counters) {
  try {  // Asio's io_context throws when the process has no descriptor left
    return std::unique_ptr<Edge>(new Edge(std::make_unique<Impl>(limits, control, counters)));
  } catch (const std::exception& error) {
    return fail(std::string("edge: ") + error.what());
  }
}

Edge::Edge(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Edge::~Edge() = default;

Result<Address, std::string> Edge::listen_tcp(ListenerIndex index, const Address& address, StreamService service) {
  return impl_->listen_tcp(index, address, std::move(service));
}
Result<void, std::string> Edge::listen_local(ListenerIndex index, const std::string& path, StreamService service) {
  return impl_->listen_local(index, path, std::move(service));
}
void Edge::set_outgoing(ListenerIndex index, StreamService service) {
  impl_->thread().set_outgoing(index, std::move(service));
}
void Edge::start() {
  impl_->thread().start();
}
void Edge::stop() {
  impl_->thread().stop();
}
void Edge::set_tls(std::shared_ptr<const TlsContexts> contexts) {
  impl_->set_tls(std::move(contexts));
}
ConnectionId Edge::connect(const Address& to) {
  return impl_->connect(to, {});
}
ConnectionId Edge::connect_tls(const Address& to, std::string_view host) {
  JUNCTOR_CHECK(!host.empty());
  return impl_->connect(to, host);
}
bool Edge::proves(ConnectionId connection, std::string_view host) const {
  return impl_->proves(connection, host);
}
bool Edge::write(ConnectionId connection, std::string&& bytes) {
  return impl_->write(connection, std::move(bytes));
}
void Edge::close(ConnectionId connection) {
  impl_->close(connection);
}
std::size_t Edge::connections() const {
  return impl_->connections();
}

}  // namespace junctor::net
