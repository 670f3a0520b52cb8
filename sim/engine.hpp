#pragma once
// The engine that transcribes in the simulated world, with the lines to it. It understands one word: the tone that it
// hears most of, "440". Twice a second of sound it guesses, once a second it is sure.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/web_socket.hpp"
#include "sim/world.hpp"

namespace junctor::sim {

class Engine final : public WebSockets {
 public:
  /// One connection, as the engine sees it; kept after its end.
  struct Line {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> texts;  ///< what came besides sound
    std::vector<std::int16_t> samples;
    std::uint32_t rate = 0;
    std::size_t unread = 0;  ///< bytes
    bool up = false;
    bool over = false;
  };

  explicit Engine(World& world) : world_(world) {}
  ~Engine() override { *alive_ = false; }

  // How it behaves; may be changed while running.

  Duration delay = milliseconds(20);  ///< one way
  bool there = true;                  ///< else connections are refused
  int status = 0;                     ///< answered in place of 101; 0: it lets everybody in
  bool reads = true;                  ///< else everything stays on the line
  bool answers = true;                ///< else it is silent
  /// All lines break.
  void die();
  /// To all who are connected.
  void say(const std::string& message);

  const std::map<WebSocketId, Line>& lines() const { return lines_; }
  std::size_t connected() const;

  WebSocketId open(const WebSocketRequest& request, WebSocketSink& sink) override;
  void send_text(WebSocketId id, std::string message) override;
  void send_binary(WebSocketId id, std::string message) override;
  std::size_t unsent(WebSocketId id) const override;
  void close(WebSocketId id) override;

 private:
  void later(WebSocketId id, std::function<void(WebSocketSink&)> what);
  void end(WebSocketId id, WebSocketEnd how);
  void hear(WebSocketId id, Line& line, const std::string& bytes);
  void tell(WebSocketId id, const Line& line, std::size_t from, std::size_t to, bool final);

  World& world_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<WebSocketId, Line> lines_;
  std::map<WebSocketId, WebSocketSink*> sinks_;
  std::uint64_t last_id_ = 0;
};

}  // namespace junctor::sim
