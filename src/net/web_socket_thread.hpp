#pragma once
// One thread that does what is due, as BackgroundThread does, and owns WebSockets toward services: what transcribes.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/web_socket.hpp"

namespace junctor::net {

struct WebSocketTimes {
  Duration connect = seconds(10);    ///< until TCP and TLS are up; as long again until the service has agreed
  Duration silence = seconds(30);    ///< pinged after half of it without a byte, closed after all of it
  Duration last_words = seconds(2);  ///< what close() leaves to what was given before it
};

/// Counters: web_sockets_opened, web_sockets_failed (never came up), web_sockets_refused (an HTTP status instead),
/// web_sockets_closed (by the far end, or because it was gone).
class WebSocketThread final : public WebSockets {
 public:
  static constexpr std::size_t message_bytes_max = std::size_t{256} << 10;  ///< a larger one ends its connection

  /// `name` is what name_thread() is given. The error is one line: the process has no descriptor left.
  static Result<std::unique_ptr<WebSocketThread>, std::string> create(const char* name, Counters& counters,
                                                                      const WebSocketTimes& times = {});
  /// Stops first.
  ~WebSocketThread() override;

  /// `work` is called with the time; it answers when it wants to be called again (nothing: when roused). `finish` is
  /// called once, as the last thing on the thread. Once, before rouse().
  void start(std::function<std::optional<TimePoint>(TimePoint)> work, std::function<void()> finish);
  /// Any thread. A rouse that comes while work is being done is not lost.
  void rouse();
  /// Joins. Idempotent.
  void stop();

  // The thread's own: from `work`, `finish` and what sinks are told.

  WebSocketId open(const WebSocketRequest& request, WebSocketSink& sink) override;
  void send_text(WebSocketId id, std::string message) override;
  void send_binary(WebSocketId id, std::string message) override;
  std::size_t unsent(WebSocketId id) const override;
  void close(WebSocketId id) override;

 private:
  class Impl;
  explicit WebSocketThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
