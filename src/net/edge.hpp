#pragma once
// The edge thread owns stream connections (TCP, TLS and the local control socket; WebSocket will be a further kind of
// the same). Bytes are cut into messages there and delivered on the control thread; nothing here knows SIP.
//
// A connection's life, seen from the control thread: on_open once, on_message any number of times, on_close once: also
// after one's own close(), and also when an outgoing connection never came up (then without on_open). After close() no
// more messages come. A TLS connection is open after its handshake; one that fails before is heard of by who asked for
// it only.
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/result.hpp"
#include "base/tls.hpp"
#include "net/control_loop.hpp"
#include "net/tls.hpp"

namespace junctor::net {

struct EdgeLimits {
  std::size_t connections = 10'000;        ///< more are accepted and closed at once
  std::size_t output_bytes = 1024 * 1024;  ///< written and not yet sent, per connection; more closes it
  std::size_t messages_in_flight = 4'096;  ///< on their way to the control thread; at the bound, reading stops
  Duration connect_timeout = seconds(5);
  std::size_t handshakes = 1'024;  ///< TLS handshakes under way with those who connect; more are closed at once
  Duration handshake_timeout = seconds(5);  ///< from the TCP connection to the TLS one
  Duration message_timeout = seconds(10);   ///< from a message's first byte to its last
  Duration close_timeout = seconds(5);      ///< for output still unsent at close()
};

enum class Security : std::uint8_t { none, tls };

/// What a kind of connection needs; `sink` outlives the edge.
struct StreamService {
  std::function<std::unique_ptr<StreamFramer>()> framer;  ///< called on the edge thread
  StreamSink* sink = nullptr;
  Duration idle_timeout{0};  ///< no byte either way for that long closes; 0: never
  Security security = Security::none;
};

/// Counters: edge_accepted, edge_connected, edge_messages, edge_refused_limit, edge_refused_peer, edge_accept_errors,
/// edge_reading_paused, and edge_closed_{by_peer, by_us, framing, slow_sender, idle, output_limit, connect_failed,
/// connect_timeout, error}. TLS: edge_tls_handshakes (those that succeeded), edge_refused_handshakes,
/// edge_refused_no_certificate, and edge_tls_failed_{protocol, version, certificate, refused, closed, timeout}: what
/// came is no TLS or breaks it; no common version; their certificate is not accepted; they refused (ours, mostly); they
/// went; they took too long.
class Edge final : public StreamSender, public TlsSender {
 public:
  static Result<std::unique_ptr<Edge>, std::string> create(const EdgeLimits& limits, ControlLoop& control,
                                                           Counters& counters);
  /// Stops first. The control loop must not be running any more, or must be the calling thread.
  ~Edge() override;

  // Before start().

  /// Returns the address bound; the error is one line such as "tcp 0.0.0.0:5060: address already in use". A service
  /// with Security::tls speaks TLS from the first byte.
  Result<Address, std::string> listen_tcp(ListenerIndex index, const Address& address, StreamService service);

  /// A Unix-domain listener, mode 0600, for processes of our own user and root. A socket file that nobody listens on
  /// any more is replaced; one in use is an error. The file is removed by stop(). Addresses are empty in on_open.
  Result<void, std::string> listen_local(ListenerIndex index, const std::string& path, StreamService service);

  /// What connect(), or with Security::tls connect_tls(), makes; on_open shows `index`.
  void set_outgoing(ListenerIndex index, StreamService service);

  void start();
  /// Closes every connection (the sinks hear no more) and joins the thread; what was written leaves as far as the
  /// kernel takes it at once. Idempotent.
  void stop();

  // Control thread only.

  /// For connections from now on; also before start(), and without it no TLS connection comes up.
  void set_tls(std::shared_ptr<const TlsContexts> contexts);
  ConnectionId connect_tls(const Address& to, std::string_view host) override;
  bool proves(ConnectionId connection, std::string_view host) const override;
  ConnectionId connect(const Address& to) override;
  bool write(ConnectionId connection, std::string&& bytes) override;
  /// Sends what is written so far, then closes.
  void close(ConnectionId connection) override;
  /// Connections known on the control side.
  std::size_t connections() const;

 private:
  class Impl;
  explicit Edge(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
