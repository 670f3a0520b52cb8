#pragma once
// The hub's HTTP listener in the simulated world, with the programs at the other end of its WebSockets; and WebSockets
// that the hub opens toward programs.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/web.hpp"
#include "base/web_socket.hpp"
#include "sim/world.hpp"

namespace junctor::sim {

/// A program's end of a WebSocket; kept after its end.
struct ProgramSocket {
  struct Frame {
    TimePoint at{};
    std::string bytes;
  };
  std::string url;     ///< that was asked for
  WebHeaders headers;  ///< of the request
  int status = 0;      ///< 101 once it is open; of another request, that of its response
  std::string body;    ///< of the response
  WebHeaders answered_with;
  std::vector<Frame> texts, frames;
  bool reads = true;  ///< else what the hub sends stays with the hub
  std::size_t unread = 0;
  bool closed = false;
  WebClose close;
};

class Web final : public WebServer, public WebSockets, private WebTalker {
 public:
  explicit Web(World& world) : world_(world) {}
  ~Web() override { *alive_ = false; }

  Duration delay = milliseconds(1);  ///< one way
  bool dialled_are_there = true;     ///< else what the hub opens is refused

  // Programs.

  void set_sink(WebSink& sink) { sink_ = &sink; }
  /// GET with an upgrade; where it leads is seen by its status.
  ProgramSocket& connect(std::string target, WebHeaders headers);
  /// An ordinary request; of an event stream, each piece is one of its texts.
  ProgramSocket& request(std::string method, std::string target, WebHeaders headers, std::string body = {});
  void say(ProgramSocket& socket, std::string text) { send_up(socket, std::move(text), false); }
  void say_binary(ProgramSocket& socket, std::string bytes) { send_up(socket, std::move(bytes), true); }
  void hang_up(ProgramSocket& socket);
  /// Those that the hub opened.
  const std::vector<ProgramSocket*>& dialled() const { return dialled_; }

  // WebServer
  void respond(WebId id, WebResponse response) override;
  void open_web_socket(WebId id, WebSocketTerms terms) override;
  void open_events(WebId id, std::size_t) override;
  void hand_over(WebId id, WebSocketTerms terms, std::unique_ptr<WebServant> servant) override;
  void send(std::span<const WebId> to, SharedText text) override;
  void rouse(WebId id) override;

  // WebServer and WebTalker
  void send_binary(WebId id, std::string message) override { send_down(id, std::move(message), true); }
  std::size_t unsent(WebId id) const override;
  void close(WebId id, std::uint16_t code, std::string reason) override;

  // WebSockets
  WebSocketId open(const WebSocketRequest& request, WebSocketSink& sink) override;
  void send_text(WebSocketId id, std::string message) override { send_down({id.value}, std::move(message), false); }
  void send_binary(WebSocketId id, std::string message) override { send_down({id.value}, std::move(message), true); }
  std::size_t unsent(WebSocketId) const override { return 0; }
  void close(WebSocketId id) override;

 private:
  struct Connection {
    ProgramSocket socket;
    std::unique_ptr<WebServant> servant;
    World::EventId work;
    WebSocketSink* dialler = nullptr;  // of one that the hub opened
    std::size_t message_bytes_max = WebSocketTerms{}.message_bytes_max;
  };

  void send_text(WebId id, std::string message) override { send_down(id, std::move(message), false); }
  Connection* find(WebId id);
  ProgramSocket& ask(WebRequest request);
  void later(std::function<void()> what);
  void send_down(WebId id, std::string bytes, bool binary);
  void send_up(ProgramSocket& socket, std::string bytes, bool binary);
  void arrive(WebId id, std::string bytes, bool binary);
  void work(WebId id);
  void end(WebId id, const WebClose& close);

  World& world_;
  WebSink* sink_ = nullptr;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<WebId, std::unique_ptr<Connection>> connections_;
  std::vector<ProgramSocket*> dialled_;
  std::uint64_t last_ = 0;
};

}  // namespace junctor::sim
