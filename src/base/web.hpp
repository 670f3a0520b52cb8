#pragma once
// The hub's HTTP listener as the rest sees it: requests, WebSockets (RFC 6455) and event streams (text/event-stream)
// that others open toward us. net makes it of sockets on a thread of its own, sim of nothing.
//
// One WebId per request. Its life, as the control thread sees it: on_request once; then respond() ends it, or
// open_web_socket(), open_events() or hand_over() turns it into something that lasts, which ends with on_closed, once,
// also after one's own close(). Ids that are gone are normal misses everywhere.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace junctor {

using WebId = Id<struct WebTag>;
using WebHeaders = std::vector<std::pair<std::string, std::string>>;
/// What many receivers get is made once.
using SharedText = std::shared_ptr<const std::string>;

struct WebRequest {
  std::string method;
  std::string target;  ///< path and query as they were sent, from the first '/' on
  WebHeaders headers;
  std::string body;
  Address remote;
  bool secure = false;         ///< over TLS
  bool web_socket = false;     ///< asks for an upgrade that can be granted (RFC 6455 §4.2.1)
  std::string client_subject;  ///< of a verified client certificate (mutual TLS): its common name; empty: none

  /// The first header of that name, letter case aside; empty: none.
  std::string_view header(std::string_view name) const;
};

struct WebResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  WebHeaders headers;  ///< besides Content-Type, Content-Length, Connection
};

/// Status codes of RFC 6455 §7.4.1 that we send.
namespace close_code {
inline constexpr std::uint16_t normal = 1000, going_away = 1001, unsupported = 1003, policy = 1008, too_big = 1009,
                               internal = 1011, try_again = 1013;
}

struct WebClose {
  std::uint16_t code = 0;  ///< that the far end gave; 0: none, the connection just ended
  std::string reason;      ///< one line
};

/// What happens, told on the control thread.
class WebSink {
 public:
  virtual ~WebSink() = default;
  virtual void on_request(WebId id, WebRequest&& request, TimePoint now) = 0;
  virtual void on_text(WebId id, std::string&& message, TimePoint now) = 0;
  virtual void on_binary(WebId id, std::string&& message, TimePoint now) = 0;
  virtual void on_closed(WebId id, const WebClose& close, TimePoint now) = 0;
};

struct WebSocketTerms {
  std::string subprotocol;  ///< echoed; empty: none
  WebHeaders headers;       ///< of the 101
  /// A longer message ends the socket with 1009.
  std::size_t message_bytes_max = std::size_t{1} << 20;
  /// Given to send() and not yet taken by the kernel; more ends the socket with 1013. What was given before still
  /// leaves as far as the far end takes it.
  std::size_t output_bytes_max = std::size_t{16} << 20;
  Duration ping_every = seconds(30);  ///< two that stay unanswered end the socket; zero: none is sent
};

/// A WebSocket that is served on the web thread itself, where the control thread would be a detour: audio. All of it is
/// called there. What it wants to say goes through the WebTalker, which lives as long as the server does.
class WebTalker {
 public:
  virtual ~WebTalker() = default;
  virtual void send_text(WebId id, std::string message) = 0;
  virtual void send_binary(WebId id, std::string message) = 0;
  virtual std::size_t unsent(WebId id) const = 0;
  virtual void close(WebId id, std::uint16_t code, std::string reason) = 0;
};
class WebServant {
 public:
  virtual ~WebServant() = default;
  virtual void on_open(WebId id, WebTalker& talker, TimePoint now) = 0;
  virtual void on_text(std::string_view message, TimePoint now) = 0;
  virtual void on_binary(std::string_view message, TimePoint now) = 0;
  /// Called when the time that it answered has come, and after each message; nothing: not again by itself.
  virtual std::optional<TimePoint> work(TimePoint now) = 0;
  /// The last; it is destroyed after that.
  virtual void on_closed(const WebClose& close, TimePoint now) = 0;
};

/// Control thread only; never blocks.
class WebServer {
 public:
  virtual ~WebServer() = default;
  virtual void respond(WebId id, WebResponse response) = 0;
  virtual void open_web_socket(WebId id, WebSocketTerms terms) = 0;
  /// 200 with Content-Type text/event-stream; send() then gives pieces of it.
  virtual void open_events(WebId id, std::size_t output_bytes_max) = 0;
  /// A WebSocket whose messages go to the servant; on_closed is told here, too.
  virtual void hand_over(WebId id, WebSocketTerms terms, std::unique_ptr<WebServant> servant) = 0;

  /// The same text to all of them: one message of each WebSocket, one piece of each event stream.
  virtual void send(std::span<const WebId> to, SharedText text) = 0;
  virtual void send_binary(WebId id, std::string message) = 0;
  /// Bytes that were given and have not left, as of a moment ago.
  virtual std::size_t unsent(WebId id) const = 0;
  /// What was given before still leaves, if the far end takes it soon.
  virtual void close(WebId id, std::uint16_t code, std::string reason) = 0;

  /// For servants that wait for something of another thread: work() is called soon. Any thread.
  virtual void rouse(WebId id) = 0;
};

}  // namespace junctor
