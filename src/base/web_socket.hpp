#pragma once
// WebSockets (RFC 6455) that we open toward a service: net makes them of sockets, sim of nothing. One thread owns them
// all, and what they tell is told on it.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace junctor {

using WebSocketId = Id<struct WebSocketTag>;

struct WebSocketRequest {
  std::string url;                                           ///< ws:// or wss://
  std::vector<std::pair<std::string, std::string>> headers;  ///< of the opening request
  std::string ca_file;  ///< wss: PEM, trusted in place of what the system trusts; empty: the system's
};

/// Why there is none (any more).
struct WebSocketEnd {
  int http_status = 0;  ///< answered in place of 101 Switching Protocols; 0: it did not come to that, or it was open
  std::string reason;   ///< one line
};

class WebSocketSink {
 public:
  virtual ~WebSocketSink() = default;
  virtual void on_open(WebSocketId id, TimePoint now) = 0;
  /// A text message, whole.
  virtual void on_text(WebSocketId id, std::string_view message, TimePoint now) = 0;
  virtual void on_binary(WebSocketId id, std::string_view message, TimePoint now) = 0;
  /// The last, once; also when it never was open.
  virtual void on_closed(WebSocketId id, const WebSocketEnd& end, TimePoint now) = 0;
};

class WebSockets {
 public:
  virtual ~WebSockets() = default;
  /// Tells `sink`, which outlives it or calls close(), never before this has returned.
  virtual WebSocketId open(const WebSocketRequest& request, WebSocketSink& sink) = 0;

  // An id that is gone is a normal miss. Before on_open() nothing may be sent.

  virtual void send_text(WebSocketId id, std::string message) = 0;
  virtual void send_binary(WebSocketId id, std::string message) = 0;
  /// Bytes that were given and have not left: the sender's to keep small.
  virtual std::size_t unsent(WebSocketId id) const = 0;
  /// Nothing is told of it any more. What was given still leaves, if the far end takes it soon.
  virtual void close(WebSocketId id) = 0;
};

}  // namespace junctor
