#pragma once
// A WebServer for tests that keeps what it is told.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/web.hpp"

namespace junctor::control {

class TestWeb final : public WebServer {
 public:
  std::map<WebId, WebResponse> responses;  ///< a second one for the same id fails the test that looks at `twice`
  std::map<WebId, WebSocketTerms> sockets;
  std::map<WebId, std::unique_ptr<WebServant>> servants;
  std::map<WebId, std::size_t> events;
  std::map<WebId, std::vector<std::string>> sent;
  std::map<WebId, WebClose> closed;
  std::map<WebId, std::size_t> unsent_bytes;
  bool twice = false;

  void respond(WebId id, WebResponse response) override { twice = !responses.emplace(id, std::move(response)).second; }
  void open_web_socket(WebId id, WebSocketTerms terms) override { sockets.emplace(id, std::move(terms)); }
  void open_events(WebId id, std::size_t output_bytes_max) override { events.emplace(id, output_bytes_max); }
  void hand_over(WebId id, WebSocketTerms terms, std::unique_ptr<WebServant> servant) override {
    sockets.emplace(id, std::move(terms));
    servants.emplace(id, std::move(servant));
  }
  void send(std::span<const WebId> to, SharedText text) override {
    for (const WebId id : to) sent[id].push_back(*text);
  }
  void send_binary(WebId id, std::string message) override { sent[id].push_back(std::move(message)); }
  std::size_t unsent(WebId id) const override {
    const auto at = unsent_bytes.find(id);
    return at == unsent_bytes.end() ? 0 : at->second;
  }
  void close(WebId id, std::uint16_t code, std::string reason) override { closed[id] = {code, std::move(reason)}; }
  void rouse(WebId) override {}
};

}  // namespace junctor::control
