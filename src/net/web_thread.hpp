#pragma once
// The web thread: accepting, commands, deliveries, time-outs. Connections do the rest.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <queue>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/flat_map.hpp"
#include "net/channel.hpp"
#include "net/control_loop.hpp"
#include "net/fd.hpp"
#include "net/web_connection.hpp"

namespace junctor::net {

class WebThread final : public WebOwner, public WebTalker {
 public:
  WebThread(const WebLimits& limits, ControlLoop& control, Log& log, Counters& counters,
            std::shared_ptr<WebRegister> control_side);
  ~WebThread() override;

  // Before start().
  void listen(Fd fd, int family, bool secure);

  void start();
  void stop();

  // Control thread.
  Channel<WebCommand>& commands() { return commands_; }

  // Any thread.
  void rouse(WebId id);

  // WebOwner, for the connections.
  void begin_turn() override;
  void end_turn() override;
  bool deliver(Task& task, std::size_t bytes) override;
  void retry_later(std::shared_ptr<WebConnection> connection) override;
  void flush_later(std::shared_ptr<WebConnection> connection) override;
  WebId add(WebConnection& connection) override;
  void remove(WebId id) override { ids_.erase(id); }
  void work_at(WebConnection& connection, std::optional<TimePoint> time) override;
  void check_at(WebConnection& connection, TimePoint time) override;
  void finished(WebConnection& connection) override;
  WebTalker& talker() override { return *this; }

  // WebTalker, for the servants.
  void send_text(WebId id, std::string message) override;
  void send_binary(WebId id, std::string message) override;
  std::size_t unsent(WebId id) const override;
  void close(WebId id, std::uint16_t code, std::string reason) override;

 private:
  struct Listener {
    Listener(boost::asio::io_context& io, bool s) : acceptor(io), pause(io), secure(s) {}
    boost::asio::ip::tcp::acceptor acceptor;
    boost::asio::steady_timer pause;
    bool secure;
  };
  struct Due {
    TimePoint at;
    std::uint64_t serial = 0;                                         // of the connection, which may be gone
    bool operator<(const Due& other) const { return at > other.at; }  // the earliest on top
  };
  /// Times at which connections want something, and the timer for the earliest.
  struct DueList {
    explicit DueList(boost::asio::io_context& io) : timer(io) {}
    std::priority_queue<Due> entries;  // what was replaced by an earlier time is left in
    boost::asio::steady_timer timer;
  };

  void accept(Listener& listener);
  void take(boost::asio::ip::tcp::socket socket, bool secure);
  void run_commands();
  void run_roused();
  void execute(WebCommand&& command);
  std::shared_ptr<WebConnection> find(WebId id) const;
  void flush_all();
  void send(WebCommand::Send& command);
  void refuse(WebCommand::Open& open);
  void retry_soon();
  void retry_all();
  using Serve = void (WebThread::*)(WebConnection&, TimePoint);
  void add_due(DueList& list, Due due, Serve serve);
  void wait_due(DueList& list, Serve serve);
  void run_due(DueList& list, Serve serve);
  void serve_work(WebConnection& connection, TimePoint now);
  void serve_check(WebConnection& connection, TimePoint now);
  void go_away();

  const WebLimits limits_;
  ControlLoop& control_;
  WebCounters counters_;
  std::size_t handshakes_ = 0;
  WebContext context_;
  boost::asio::io_context io_{1};
  Waker waker_;
  Channel<WebCommand> commands_;
  BoundedQueue<WebId> roused_;
  std::atomic<bool> all_roused_{false}, stopping_{false};
  boost::asio::steady_timer retry_, stop_;
  DueList works_, checks_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::shared_ptr<const TlsContexts> tls_;
  std::unordered_map<std::uint64_t, std::shared_ptr<WebConnection>> connections_;  // by serial
  FlatMap<WebId, WebConnection*, std::hash<WebId>> ids_;
  std::vector<WebConnection*> takers_;  // of the text that is being sent
  std::vector<std::shared_ptr<WebConnection>> unflushed_, retries_;
  std::uint64_t last_id_ = 0, last_serial_ = 0;
  std::vector<Task> lost_;  // for the control thread: what it opened was gone
  bool gathers_ = false;    // what is to be flushed, until the turn's end
  bool retrying_ = false, going_away_ = false;
  std::thread thread_;
};

}  // namespace junctor::net
