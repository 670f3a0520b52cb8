#include "bench/web_clients.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace junctor::bench {
namespace {

constexpr std::size_t short_length = 126;
constexpr std::array<char, 4> mask{1, 2, 3, 4};

std::string frame_head(std::size_t length, std::uint8_t masked) {
  std::string out{static_cast<char>(0x81)};
  if (length < short_length) return out + static_cast<char>(masked | length);
  JUNCTOR_CHECK(length < 65'536);
  out += static_cast<char>(masked | short_length);
  out += static_cast<char>(length >> 8);
  return out + static_cast<char>(length & 0xff);
}

}  // namespace

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  JUNCTOR_CHECK(fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

void write_all(int fd, std::string_view bytes) {
  JUNCTOR_CHECK(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

void read_exactly(int fd, std::size_t count) {
  static std::vector<char> into(1 << 16);
  while (count > 0) {
    const ssize_t got = recv(fd, into.data(), std::min(count, into.size()), 0);
    JUNCTOR_CHECK(got > 0);
    count -= static_cast<std::size_t>(got);
  }
}

std::string masked_frame(std::string_view message) {
  std::string out = frame_head(message.size(), 0x80);
  out.append(mask.data(), mask.size());
  for (std::size_t i = 0; i < message.size(); ++i) out += static_cast<char>(message[i] ^ mask[i % mask.size()]);
  return out;
}

std::string plain_frame(std::string_view message) {
  return frame_head(message.size(), 0).append(message);
}

WebClient::WebClient(std::uint16_t port, std::string_view token, SSL_CTX* secure) : fd_(connect_to(port)) {
  if (secure != nullptr) {
    ssl_ = SSL_new(secure);
    SSL_set_fd(ssl_, fd_);
    JUNCTOR_CHECK(SSL_connect(ssl_) == 1);
  }
  std::string request =
      "GET /rwi/v1 HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!token.empty()) request.append("Authorization: Bearer ").append(token).append("\r\n");
  send(request + "\r\n");
  std::string head;
  for (char c = 0; !head.ends_with("\r\n\r\n"); head += c) JUNCTOR_CHECK(receive(&c, 1) == 1);
  JUNCTOR_CHECK(head.starts_with("HTTP/1.1 101"));
}

WebClient::~WebClient() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (fd_ >= 0) close(fd_);
}

WebClient::WebClient(WebClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      buffer_(std::move(other.buffer_)),
      read_(other.read_) {}

void WebClient::send(std::string_view frames) {
  if (ssl_ == nullptr) return write_all(fd_, frames);
  JUNCTOR_CHECK(SSL_write(ssl_, frames.data(), static_cast<int>(frames.size())) == static_cast<int>(frames.size()));
}

std::size_t WebClient::receive(char* into, std::size_t count) {
  const auto got = ssl_ != nullptr ? SSL_read(ssl_, into, static_cast<int>(count)) : recv(fd_, into, count, 0);
  JUNCTOR_CHECK(got > 0);
  return static_cast<std::size_t>(got);
}

bool WebClient::has_message(std::size_t& head, std::size_t& length) const {
  const std::size_t there = buffer_.size() - read_;
  if (there < 2) return false;
  const auto byte = [this](std::size_t i) { return static_cast<std::uint8_t>(buffer_[read_ + i]); };
  JUNCTOR_CHECK((byte(0) == 0x81 || byte(0) == 0x89) && byte(1) <= short_length);
  head = byte(1) == short_length ? 4 : 2;
  if (there < head) return false;
  length = head == 4 ? std::size_t{byte(2)} << 8 | byte(3) : byte(1);
  return there >= head + length;
}

std::string WebClient::read() {
  std::size_t head = 0, length = 0;
  while (!has_message(head, length)) {
    std::array<char, 1 << 16> piece;
    buffer_.append(piece.data(), receive(piece.data(), piece.size()));
  }
  const bool text = buffer_[read_] == static_cast<char>(0x81);
  std::string out = buffer_.substr(read_ + head, length);
  read_ += head + length;
  if (read_ == buffer_.size()) {
    buffer_.clear();
    read_ = 0;
  }
  return text ? out : read();  // a ping
}

std::string WebClient::read_until(std::string_view what) {
  for (;;) {
    std::string message = read();
    if (message.find(what) != std::string::npos) return message;
  }
}

std::string WebClient::run(std::string_view rest) {
  static int last_id = 0;  // they are the token's, not the session's
  const std::string id = "\"action_id\":\"r" + std::to_string(++last_id) + "\"";
  send(masked_frame("{" + id + ",\"action\":" + std::string(rest) + "}"));
  std::string result = read_until(id);
  if (result.find("\"status\":\"success\"") == std::string::npos) {
    std::fprintf(stderr, "%s\n", result.c_str());
    std::abort();
  }
  return result;
}

}  // namespace junctor::bench
