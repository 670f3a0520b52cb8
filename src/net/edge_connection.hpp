#pragma once
// One stream connection on the edge thread: socket, framer, unsent output, undelivered messages.
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/io.hpp"
#include "base/time.hpp"
#include "net/control_loop.hpp"
#include "net/edge.hpp"
#include "net/edge_link.hpp"
#include "net/edge_stream.hpp"

namespace junctor::net {

/// What all connections use; owned by the edge thread.
struct EdgeCounters {
  explicit EdgeCounters(Counters& counters);

  Counter& accepted;
  Counter& connected;
  Counter& messages;
  Counter& refused_limit;
  Counter& refused_peer;
  Counter& accept_errors;
  Counter& reading_paused;
  Counter& closed_by_peer;
  Counter& closed_by_us;
  Counter& closed_framing;
  Counter& closed_slow_sender;
  Counter& closed_idle;
  Counter& closed_output_limit;
  Counter& closed_connect_failed;
  Counter& closed_connect_timeout;
  Counter& closed_error;
  Counter& tls_handshakes;
  Counter& refused_handshakes;
  Counter& refused_no_certificate;
  Counter& tls_failed_protocol;
  Counter& tls_failed_version;
  Counter& tls_failed_certificate;
  Counter& tls_failed_refused;
  Counter& tls_failed_closed;
  Counter& tls_failed_timeout;
};

class EdgeConnection;

/// What a connection asks of the edge thread.
class EdgeOwner {
 public:
  virtual ~EdgeOwner() = default;
  /// Takes `task` to the control thread; false, with `task` untouched, when it has to wait. retry() will come then.
  virtual bool deliver(Task&& task) = 0;
  virtual void retry_later(std::shared_ptr<EdgeConnection> connection) = 0;
  /// Closed, and everything delivered: may be forgotten.
  virtual void finished(ConnectionId connection) = 0;
};

struct EdgeContext {
  EdgeOwner& owner;
  const EdgeLimits& limits;
  EdgeCounters& counters;
  std::shared_ptr<EdgeRegister> control;  ///< used in deliveries only
  std::size_t& handshakes;                ///< under way with those who connected to us
};

class EdgeConnection : public std::enable_shared_from_this<EdgeConnection> {
 public:
  EdgeConnection(boost::asio::io_context& io, const EdgeContext& context, ConnectionId id, ListenerIndex index,
                 const StreamService& service, std::shared_ptr<UnsentBytes> unsent);

  /// Takes over an accepted socket; `tls`: none for a plain one.
  void accept(int fd, int family, std::shared_ptr<const TlsContexts> tls);
  /// `ssl`: none for a plain one.
  void connect(const Address& to, Ssl ssl);
  void write(std::string&& bytes);
  /// By the control thread: sends what is unsent, then ends.
  void close();
  void close(std::string_view reason, Counter& counter);
  /// The edge stops: closes at once and tells nobody. What asio still keeps of it is only memory.
  void abandon();

  /// Undelivered messages first, then reading goes on.
  void retry();
  /// Ends the connection when one of its times is up.
  void check_times(TimePoint now);

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;
  enum class State { connecting, handshaking, open, closing, closed };

  /// The socket is up: TLS comes first, if there is any.
  void socket_up(Ssl ssl);
  void shake_hands();
  void leave_handshake();
  void opened();
  void wait_readable();
  void wait_writable();
  void read();
  void take(std::string_view bytes);
  void send();
  void fail();
  void deliver(Task&& task);
  bool deliver_waiting();

  EdgeContext context_;
  const ConnectionId id_;
  const ListenerIndex index_;
  const StreamService& service_;
  Socket socket_;  // opened, waited for and closed here; read and written by stream_
  EdgeStream stream_;
  std::shared_ptr<const TlsContexts> tls_;  // of an accepted connection, until its handshake is over
  State state_ = State::connecting;
  std::unique_ptr<StreamFramer> framer_;
  std::shared_ptr<UnsentBytes> unsent_;
  std::deque<std::string> output_;
  std::size_t output_sent_ = 0;  // of the first one
  bool waiting_writable_ = false;
  bool waiting_readable_ = false;
  std::deque<Task> undelivered_;
  bool waiting_retry_ = false;
  TimePoint since_;            // connecting, handshaking or closing
  TimePoint active_;           // last byte either way
  TimePoint partial_since_{};  // the message under way began then; epoch: none is
};

}  // namespace junctor::net
