#pragma once
// For tests: a service on a loopback port that answers HTTP requests and WebSocket messages as the test has it, plain
// or over TLS, on a thread of its own.
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/tls.hpp"

namespace junctor::net {

class TestService {
 public:
  struct Request {
    std::string method, target, body;
    std::map<std::string, std::string> headers;
    bool wants_web_socket = false;
  };
  struct Answer {
    int status = 200;  ///< 101: the WebSocket is opened
    std::string body;
    bool comes = true;  ///< false: nothing is answered
  };
  /// One WebSocket; of the service's thread.
  class Peer {
   public:
    virtual ~Peer() = default;
    virtual void send(std::string text) = 0;
    virtual void send_binary(std::string bytes) = 0;
    virtual void close(const std::string& reason) = 0;
    /// Without a word.
    virtual void cut() = 0;
  };

  struct Script {
    std::function<Answer(const Request&)> on_request;
    std::function<void(Peer&)> on_open;
    std::function<void(Peer&, const std::string& message, bool binary)> on_message;
    bool reads = true;  ///< WebSocket messages
  };

  explicit TestService(Script script, std::shared_ptr<const TlsContexts> tls = nullptr);
  ~TestService();

  std::uint16_t port() const;
  /// "127.0.0.1:PORT"
  std::string authority() const { return "127.0.0.1:" + std::to_string(port()); }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
