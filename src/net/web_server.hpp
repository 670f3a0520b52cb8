#pragma once
// The HTTP server of the process (src/base/web.hpp): a thread of its own owns the connections, plain or TLS.
//
// Counters: web_accepted, web_requests, web_sockets, web_event_streams, web_messages_received, web_messages_sent,
// web_broadcasts, web_reading_paused; web_refused_{limit, handshakes, no_certificate, header_too_large, body_too_large,
// bad_request}; web_closed_{by_peer, by_us, idle, slow_sender, unanswered, stalled, silent, output_limit,
// message_limit, protocol, error, stop}; web_tls_handshakes, web_tls_failed; web_accept_errors.
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/web.hpp"
#include "net/control_loop.hpp"
#include "net/tls.hpp"

namespace junctor::net {

struct WebLimits {
  std::size_t connections = 10'000;                    ///< more are accepted and closed at once
  std::size_t handshakes = 1'024;                      ///< TLS handshakes under way; more are closed at once
  std::size_t header_bytes = std::size_t{16} << 10;    ///< of a request; more is answered 431
  std::size_t body_bytes = std::size_t{1} << 20;       ///< more is answered 413
  std::size_t deliveries = 4'096;                      ///< on their way to the control thread; then reading stops
  std::size_t delivery_bytes = std::size_t{64} << 20;  ///< likewise
  std::size_t deliveries_per_socket = 256;             ///< of one WebSocket; then it alone is not read
  Duration handshake_timeout = seconds(5);
  Duration request_timeout = seconds(20);  ///< from its first byte, or the connection's beginning, to its last
  Duration idle_timeout = seconds(60);     ///< between two requests
  Duration answer_timeout = seconds(60);   ///< what nobody has answered by then is answered 504
  Duration stall_timeout = seconds(30);    ///< of a response, without a byte being taken
  Duration close_timeout = seconds(5);     ///< for what is still unsent, and for the far end's own end
  Duration stop_timeout = seconds(1);      ///< the same at stop()
};

class HttpServer final : public WebServer {
 public:
  /// `log` gets a line for each request: "http", with method, path, status, bytes, ms and remote.
  static Result<std::unique_ptr<HttpServer>, std::string> create(const WebLimits& limits, ControlLoop& control,
                                                                 Log& log, Counters& counters);
  /// Stops first. The control loop must not be running any more, or must be the calling thread.
  ~HttpServer() override;

  // Before start().

  /// Returns the address bound; the error is one line such as "http 0.0.0.0:80: address already in use".
  Result<Address, std::string> listen(const Address& address, bool secure);

  /// `sink` outlives this.
  void start(WebSink& sink);
  /// Whoever is connected is told that we go away (1001); joins the thread. The sink hears no more. Idempotent.
  void stop();

  // Control thread only.

  /// For connections from now on; also before start(), and without it secure listeners close whoever comes.
  void set_tls(std::shared_ptr<const TlsContexts> contexts);

  void respond(WebId id, WebResponse response) override;
  void open_web_socket(WebId id, WebSocketTerms terms) override;
  void open_events(WebId id, std::size_t output_bytes_max) override;
  void hand_over(WebId id, WebSocketTerms terms, std::unique_ptr<WebServant> servant) override;
  void send(std::span<const WebId> to, SharedText text) override;
  void send_binary(WebId id, std::string message) override;
  std::size_t unsent(WebId id) const override;
  void close(WebId id, std::uint16_t code, std::string reason) override;
  void rouse(WebId id) override;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
