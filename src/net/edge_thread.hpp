#pragma once
// The edge's own thread: accepts, owns the connections, carries out the control thread's commands.
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/io.hpp"
#include "net/channel.hpp"
#include "net/edge.hpp"
#include "net/edge_connection.hpp"
#include "net/edge_link.hpp"
#include "net/fd.hpp"
#include "net/waker.hpp"

namespace junctor::net {

class EdgeThread final : public EdgeOwner {
 public:
  EdgeThread(const EdgeLimits& limits, ControlLoop& control, Counters& counters,
             std::shared_ptr<EdgeRegister> control_side);
  ~EdgeThread() override;

  // Before start().

  void listen(ListenerIndex index, Fd fd, StreamService service, std::string local_path);
  void set_outgoing(ListenerIndex index, StreamService service);

  void start();
  void stop();

  // Control thread.

  Channel<EdgeCommand>& commands() { return commands_; }
  ConnectionId new_id() { return {next_id_.fetch_add(1, std::memory_order_relaxed)}; }
  bool has_outgoing(Security security) const { return outgoing(security).has_value(); }
  StreamSink* outgoing_sink(Security security) const { return outgoing(security)->service.sink; }

  // EdgeOwner, for the connections.

  bool deliver(Task&& task) override;
  void retry_later(std::shared_ptr<EdgeConnection> connection) override;
  void finished(ConnectionId connection) override;

 private:
  struct Service {
    ListenerIndex index = 0;
    StreamService service;
  };
  struct Listener {
    Listener(boost::asio::io_context& io, Service s, int fd) : kind(std::move(s)), socket(io, fd), pause(io) {}
    Service kind;
    boost::asio::posix::stream_descriptor socket;
    boost::asio::steady_timer pause;
    std::string local_path;  // of the Unix-domain listener; empty: TCP
  };

  const std::optional<Service>& outgoing(Security security) const {
    return outgoing_[static_cast<std::size_t>(security)];
  }
  void run_commands();
  void execute(EdgeCommand&& command);
  void connect(EdgeCommand&& command);
  void wait_accept(Listener& listener);
  void accept_some(Listener& listener);
  bool accept_one(Listener& listener);
  void sweep();
  void retry_all();

  const EdgeLimits limits_;
  ControlLoop& control_;
  EdgeCounters counters_;
  EdgeContext context_;
  boost::asio::io_context io_{1};
  Waker waker_;
  Channel<EdgeCommand> commands_;
  boost::asio::steady_timer sweep_, retry_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::array<std::optional<Service>, 2> outgoing_;  // by Security
  std::shared_ptr<const TlsContexts> tls_;
  std::size_t handshakes_ = 0;  // of accepted connections, under way
  std::unordered_map<ConnectionId, std::shared_ptr<EdgeConnection>> connections_;
  std::vector<std::shared_ptr<EdgeConnection>> retries_;
  std::atomic<std::uint64_t> next_id_{1};
  std::thread thread_;
};

}  // namespace junctor::net
