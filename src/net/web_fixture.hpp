#pragma once
// For tests of the HTTP server: it runs beside a control loop, what its sink hears is recorded, and clients are plain
// blocking sockets, so that they can say things no library would.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "net/fd.hpp"
#include "net/socket_address.hpp"
#include "net/test_certificates.hpp"
#include "net/test_loop.hpp"
#include "net/web_server.hpp"

namespace junctor::net {

struct ReleaseTls {
  void operator()(SSL_CTX* x) const { SSL_CTX_free(x); }
  void operator()(SSL* x) const { SSL_free(x); }
};

/// A blocking client, plain or over TLS.
class WebClient {
 public:
  /// `window`: no more bytes than about so many wait here, the others at the sender. A small receive buffer would do
  /// the same, but drops what the loopback's large segments take beyond it, acknowledgements included, and TCP stands
  /// still.
  explicit WebClient(const Address& to, int window = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (window > 0) ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_WINDOW_CLAMP, &window, sizeof window);
    SocketAddress at;
    const socklen_t length = to_socket_address(to, at);
    EXPECT_EQ(::connect(fd_.get(), &at.any, length), 0);
  }
  /// Whether the handshake succeeds; takes any certificate of the server.
  bool secure(const TlsIdentity& identity = {}) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!identity.certificate_file.empty()) {
      SSL_CTX_use_certificate_file(context_.get(), identity.certificate_file.c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context_.get(), identity.private_key_file.c_str(), SSL_FILETYPE_PEM);
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_.get());
    return SSL_connect(ssl_.get()) == 1;
  }
  long serial() const {
    const TestX509 certificate(SSL_get1_peer_certificate(ssl_.get()));
    return ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get()));
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Exactly so many, or fewer at the end.
  std::string receive(std::size_t count) {
    while (pending_.size() < count && more()) {
    }
    std::string out = pending_.substr(0, count);
    pending_.erase(0, out.size());
    return out;
  }
  std::string receive_until(std::string_view end) {
    while (!pending_.contains(end) && more()) {
    }
    const auto at = pending_.find(end);
    return receive(at == std::string::npos ? pending_.size() : at + end.size());
  }
  bool ended() { return receive(1).empty(); }
  void hang_up() {
    ssl_.reset();
    fd_.reset();
  }

  // HTTP

  struct Response {
    int status = 0;
    std::string head, body;
  };
  Response response(bool has_body = true) {
    Response out;
    out.head = receive_until("\r\n\r\n");
    if (out.head.size() > 12) out.status = std::stoi(out.head.substr(9, 3));
    if (const auto at = out.head.find("Content-Length: "); has_body && at != std::string::npos)
      out.body = receive(std::stoul(out.head.substr(at + 16)));
    return out;
  }
  Response get(const std::string& target, const std::string& headers = "") {
    send("GET " + target + " HTTP/1.1\r\nHost: hub\r\n" + headers + "\r\n");
    return response();
  }

  // WebSocket (RFC 6455 §5.2)

  Response upgrade(const std::string& target, const std::string& headers = "") {
    return get(target,
               "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                   headers);
  }
  static std::string frame(int opcode, std::string_view payload, bool fin = true) {
    std::string out{static_cast<char>((fin ? 0x80 : 0) | opcode)};
    if (payload.size() < 126) {
      out += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65'536) {
      out += {static_cast<char>(0xfe), static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
    } else {
      out += static_cast<char>(0xff);
      for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
    }
    constexpr std::string_view key = "\x11\x22\x33\x44";
    out += key;
    for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ key[i % 4]);
    return out;
  }
  void say(std::string_view text) { send(frame(1, text)); }
  struct Frame {
    int opcode = -1;  // -1: the connection has ended
    std::string payload;
    /// Of a close.
    int code() const {
      return payload.size() < 2 ? 0
                                : static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    }
  };
  Frame next_frame() {
    const std::string head = receive(2);
    if (head.size() < 2) return {};
    std::size_t length = static_cast<unsigned char>(head[1]);
    if (length >= 126) {
      const std::string more_length = receive(length == 126 ? 2 : 8);
      length = 0;
      for (const char c : more_length) length = length << 8 | static_cast<unsigned char>(c);
    }
    return {head[0] & 0x0f, receive(length)};
  }
  std::string hear() {
    const Frame got = next_frame();
    return got.opcode == 1 || got.opcode == 2 ? got.payload : "opcode " + std::to_string(got.opcode);
  }

 private:
  bool more() {
    if (!fd_) return false;
    if (!ssl_ || SSL_pending(ssl_.get()) == 0) {
      pollfd entry{fd_.get(), POLLIN, 0};
      if (::poll(&entry, 1, static_cast<int>(milliseconds(patience).count())) != 1) {
        ADD_FAILURE() << "nothing came";
        return false;
      }
    }
    char part[16'384];
    const auto got = ssl_ ? SSL_read(ssl_.get(), part, sizeof part) : ::recv(fd_.get(), part, sizeof part, 0);
    if (got <= 0) return false;
    pending_.append(part, static_cast<std::size_t>(got));
    return true;
  }

  Fd fd_;
  std::unique_ptr<SSL_CTX, ReleaseTls> context_;
  std::unique_ptr<SSL, ReleaseTls> ssl_;
  std::string pending_;
};

class RecordingLog final : public Log {
 public:
  void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
    const std::lock_guard lock(mutex_);
    std::string line(message);
    for (const LogField& field : fields)
      line += ' ' + (field.key == "ms" || field.key == "remote" ? std::string(field.key) : field.value);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Control thread only, as every sink. What it does with a request is `answer`'s.
class RecordingWebSink final : public WebSink {
 public:
  struct Message {
    WebId id;
    std::string text;
    bool binary = false;
  };
  void on_request(WebId id, WebRequest&& request, TimePoint) override {
    requests.push_back(request);
    ids.push_back(id);
    if (answer) answer(id, request);
  }
  void on_text(WebId id, std::string&& message, TimePoint) override {
    if (on_message) on_message(id, message);
    messages.push_back({id, std::move(message), false});
  }
  void on_binary(WebId id, std::string&& message, TimePoint) override { messages.push_back({id, message, true}); }
  void on_closed(WebId id, const WebClose& close, TimePoint) override {
    EXPECT_FALSE(closed.contains(id)) << "once";
    closed[id] = close;
  }

  std::vector<WebRequest> requests;
  std::vector<WebId> ids;
  std::vector<Message> messages;
  std::map<WebId, WebClose> closed;
  std::function<void(WebId, const WebRequest&)> answer;
  std::function<void(WebId, const std::string&)> on_message;
};

class WebServerTest : public testing::Test {
 protected:
  void make(const WebLimits& limits = {}) {
    auto made = HttpServer::create(limits, *t.loop, log, t.counters);
    ASSERT_TRUE(made) << made.error();
    server = std::move(*made);
    const Address any{IpAddress::v4(127, 0, 0, 1), 0};
    const auto bound = server->listen(any, false);
    const auto secure_bound = server->listen(any, true);
    ASSERT_TRUE(bound && secure_bound);
    address = *bound;
    secure_address = *secure_bound;
    server->start(sink);
    t.start();
  }
  /// What is asked at a path becomes that.
  void serve_sockets(WebSocketTerms terms = {}) {
    sink.answer = [this, terms](WebId id, const WebRequest& request) {
      if (request.target == "/events") return server->open_events(id, terms.output_bytes_max);
      if (request.web_socket) return server->open_web_socket(id, terms);
      server->respond(id, {200, "text/plain", "hello", {}});
    };
  }
  void echo() {
    sink.on_message = [this](WebId id, const std::string& text) { send({id}, text); };
  }
  void send(std::vector<WebId> to, const std::string& text) {
    server->send(to, std::make_shared<const std::string>(text));
  }
  WebId last_id() {
    return t.on_loop([&] { return sink.ids.back(); });
  }
  void TearDown() override {
    t.stop();
    server.reset();
  }
  template <class F>
  bool on_loop_eventually(F condition) {
    return eventually([&] { return t.on_loop(condition); });
  }
  bool was_closed(WebId id) {
    return on_loop_eventually([&] { return sink.closed.contains(id); });
  }
  WebClose how_closed(WebId id) {
    EXPECT_TRUE(was_closed(id));
    return t.on_loop([&] { return sink.closed[id]; });
  }
  std::uint64_t counter(std::string_view name) { return t.counters.get(name).value(); }
  bool counted(std::string_view name, std::uint64_t value = 1) {
    return eventually([&] { return counter(name) == value; });
  }

  RecordingLog log;
  RecordingWebSink sink;
  LoopThread t;
  std::unique_ptr<HttpServer> server;
  Address address, secure_address;
};

}  // namespace junctor::net
