#pragma once
// WebSocket clients as far as a benchmark needs them, with blocking sockets: what they do is not measured.
#include <cstdint>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

namespace junctor::bench {

/// To 127.0.0.1.
int connect_to(std::uint16_t port);
void write_all(int fd, std::string_view bytes);
void read_exactly(int fd, std::size_t count);

/// A text message as a client sends it (RFC 6455 §5.2); below 64 KiB.
std::string masked_frame(std::string_view message);
/// The same as a server sends it.
std::string plain_frame(std::string_view message);

class WebClient {
 public:
  /// `token`: of an RWI session; empty: none. `secure`: with TLS. Returns when the socket is open.
  WebClient(std::uint16_t port, std::string_view token, SSL_CTX* secure = nullptr);
  ~WebClient();
  WebClient(WebClient&& other) noexcept;
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  void send(std::string_view frames);
  /// Waits for a message.
  std::string read();
  /// Waits until one of the messages has this in it, and returns that.
  std::string read_until(std::string_view what);
  /// Gives a command, and waits for its success; `rest`: from "action" on, without braces.
  std::string run(std::string_view rest);
  int fd() const { return fd_; }

 private:
  std::size_t receive(char* into, std::size_t count);
  bool has_message(std::size_t& head, std::size_t& length) const;

  int fd_;
  SSL* ssl_ = nullptr;
  std::string buffer_;
  std::size_t read_ = 0;  // of buffer_
};

}  // namespace junctor::bench
