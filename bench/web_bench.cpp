// The HTTP server against what it is made of: a command and its result against a bare Beast echo, an event for many
// against as many bare send(), and what a socket that says nothing costs.
#include <arpa/inet.h>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/check.hpp"
#include "bench/measure.hpp"
#include "net/clock.hpp"
#include "net/control_loop.hpp"
#include "net/process.hpp"
#include "net/web_server.hpp"

namespace {

using namespace junctor;
using bench::Rounds;

constexpr std::size_t command_bytes = 120;
constexpr std::size_t event_bytes = 400;
constexpr std::size_t receivers = 1'000;
constexpr std::size_t idle_sockets = 2'000;
constexpr int rounds = 9;

double process_ns() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

double resident_kb() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1'000;
}

// --- clients

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  JUNCTOR_CHECK(fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

void write_all(int fd, const std::string& bytes) {
  JUNCTOR_CHECK(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

void read_exactly(int fd, std::size_t count) {
  static thread_local std::vector<char> into(1 << 16);
  while (count > 0) {
    const ssize_t got = recv(fd, into.data(), std::min(count, into.size()), 0);
    JUNCTOR_CHECK(got > 0);
    count -= static_cast<std::size_t>(got);
  }
}

constexpr const char* upgrade_request =
    "GET /rwi/v1 HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

int web_socket_to(std::uint16_t port) {
  const int fd = connect_to(port);
  write_all(fd, upgrade_request);
  std::string head;
  for (char c = 0; !head.ends_with("\r\n\r\n"); head += c) JUNCTOR_CHECK(recv(fd, &c, 1, 0) == 1);
  return fd;
}

std::string masked_frame(const std::string& payload) {
  std::string out{static_cast<char>(0x81), static_cast<char>(0x80 | payload.size()), 1, 2, 3, 4};
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ static_cast<char>(i % 4 + 1));
  return out;
}

std::size_t frame_bytes(std::size_t payload) {
  return payload + (payload < 126 ? 2 : 4);
}

// --- a bare echo with Beast

class Echo {
 public:
  Echo() : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Echo() {
    io_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  struct Session : std::enable_shared_from_this<Session> {
    explicit Session(boost::asio::ip::tcp::socket socket) : stream(std::move(socket)) {}
    void start() {
      stream.next_layer().set_option(boost::asio::ip::tcp::no_delay(true));
      stream.text(true);
      stream.async_accept([self = shared_from_this()](boost::system::error_code error) {
        if (!error) self->read();
      });
    }
    void read() {
      stream.async_read(buffer, [self = shared_from_this()](boost::system::error_code error, std::size_t) {
        if (!error) self->write();
      });
    }
    void write() {
      stream.async_write(buffer.data(), [self = shared_from_this()](boost::system::error_code error, std::size_t) {
        self->buffer.consume(self->buffer.size());
        if (!error) self->read();
      });
    }
    boost::beast::websocket::stream<boost::asio::ip::tcp::socket, false> stream;
    boost::beast::flat_buffer buffer;
  };
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      std::make_shared<Session>(std::move(socket))->start();
      accept();
    });
  }

  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

// --- ours

class Hub final : public WebSink {
 public:
  explicit Hub(std::shared_ptr<const net::TlsContexts> tls = nullptr) {
    loop_ = std::move(*net::ControlLoop::create({}, timers_, counters_));
    server_ = std::move(*net::HttpServer::create({}, *loop_, log_, counters_));
    port_ = server_->listen({IpAddress::v4(127, 0, 0, 1), 0}, tls != nullptr)->port;
    if (tls) server_->set_tls(std::move(tls));
    server_->start(*this);
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~Hub() override {
    loop_->stop();
    thread_.join();
    server_.reset();
  }
  std::uint16_t port() const { return port_; }
  std::size_t count(const char* name) { return counters_.get(name).value(); }

  void on_request(WebId id, WebRequest&&, TimePoint) override {
    server_->open_web_socket(id, {.ping_every = Duration::zero()});
    ids_.push_back(id);
  }
  /// A command whose result is as long as itself, made on the control thread.
  void on_text(WebId id, std::string&& message, TimePoint) override {
    server_->send(std::span(&id, 1), std::make_shared<const std::string>(std::move(message)));
  }
  void on_binary(WebId, std::string&&, TimePoint) override {}
  void on_closed(WebId, const WebClose&, TimePoint) override {}

  void broadcast(const SharedText& text) {
    std::promise<void> done;
    JUNCTOR_CHECK(loop_->post([&](TimePoint) {
      server_->send(ids_, text);
      done.set_value();
    }));
    done.get_future().wait();
  }

 private:
  NullLog log_;
  Counters counters_;
  TimerWheel timers_{net::now()};
  std::unique_ptr<net::ControlLoop> loop_;
  std::unique_ptr<net::HttpServer> server_;
  std::uint16_t port_ = 0;
  std::vector<WebId> ids_;
  std::thread thread_;
};

// --- a command and its result

/// CPU of everything but the client, per command; each of the sockets has so many under way.
double ns_per_command(const std::vector<int>& sockets, int times, std::size_t at_once) {
  std::string frames;
  for (std::size_t i = 0; i < at_once; ++i) frames += masked_frame(std::string(command_bytes, 'x'));
  const double process = process_ns(), own = bench::cpu_ns();
  for (int i = 0; i < times; ++i) {
    for (const int fd : sockets) write_all(fd, frames);
    for (const int fd : sockets) read_exactly(fd, frame_bytes(command_bytes) * at_once);
  }
  const double spent = process_ns() - process - (bench::cpu_ns() - own);
  return spent / static_cast<double>(times) / static_cast<double>(sockets.size() * at_once);
}

void commands(std::size_t sockets, std::size_t at_once, int times) {
  Echo echo;
  Hub hub;
  std::vector<int> bare, ours;
  for (std::size_t i = 0; i < sockets; ++i) {
    bare.push_back(web_socket_to(echo.port()));
    ours.push_back(web_socket_to(hub.port()));
  }
  std::vector<double> floor, measured;
  for (int i = 0; i < rounds; ++i) {
    floor.push_back(ns_per_command(bare, times, at_once));
    measured.push_back(ns_per_command(ours, times, at_once));
  }
  Rounds floor_rounds, rounds_;
  for (const double value : floor) floor_rounds.add(value);
  for (const double value : measured) rounds_.add(value);
  std::printf(
      "command of %zu bytes, %3zu sockets, %2zu at once: echo %6.0f ns, through the control thread %6.0f ns, ratio "
      "%.2f\n",
      command_bytes, sockets, at_once, floor_rounds.median(), rounds_.median(), bench::median_ratio(measured, floor));
  for (const int fd : bare) close(fd);
  for (const int fd : ours) close(fd);
}

// --- one event for many

void fan_out() {
  constexpr int events = 20;               // that the receivers' buffers take before they read
  constexpr useconds_t pause_us = 30'000;  // asleep, and so for nothing: until the event has left
  std::vector<int> bare_near, bare_far, ours;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  JUNCTOR_CHECK(bind(listener, reinterpret_cast<const sockaddr*>(&at), length) == 0 && listen(listener, 1'024) == 0);
  JUNCTOR_CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) == 0);
  for (std::size_t i = 0; i < receivers; ++i) {
    bare_far.push_back(connect_to(ntohs(at.sin_port)));
    bare_near.push_back(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  }
  Hub hub;
  for (std::size_t i = 0; i < receivers; ++i) ours.push_back(web_socket_to(hub.port()));

  const auto text = std::make_shared<const std::string>(event_bytes, 'e');
  const std::string frame(frame_bytes(event_bytes), 'e');
  std::vector<double> floor, measured;
  for (int round = 0; round < rounds; ++round) {
    double start = process_ns();
    for (int i = 0; i < events; ++i) {
      for (const int fd : bare_near) write_all(fd, frame);
      usleep(pause_us);
    }
    floor.push_back((process_ns() - start) / events / receivers);
    for (const int fd : bare_far) read_exactly(fd, frame.size() * events);

    start = process_ns();
    for (int i = 0; i < events; ++i) {
      hub.broadcast(text);
      usleep(pause_us);
    }
    measured.push_back((process_ns() - start) / events / receivers);
    for (const int fd : ours) read_exactly(fd, frame.size() * events);
  }
  Rounds floor_rounds, measured_rounds;
  for (const double value : floor) floor_rounds.add(value);
  for (const double value : measured) measured_rounds.add(value);
  std::printf("event of %zu bytes to %zu: bare send() %6.0f ns each, ours %6.0f ns each, ratio %.2f\n", event_bytes,
              receivers, floor_rounds.median(), measured_rounds.median(), bench::median_ratio(measured, floor));
  for (const auto& list : {bare_near, bare_far, ours})
    for (const int fd : list) close(fd);
  close(listener);
}

// --- sockets that say nothing

std::shared_ptr<const net::TlsContexts> certificate(const std::string& folder) {
  EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* const made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), 0);
  X509_gmtime_adj(X509_getm_notAfter(made), 86'400);
  X509_set_pubkey(made, key);
  X509_sign(made, key, EVP_sha256());
  const net::TlsIdentity identity{folder + "/c.pem", folder + "/k.pem"};
  std::FILE* file = std::fopen(identity.certificate_file.c_str(), "w");
  PEM_write_X509(file, made);
  std::fclose(file);
  file = std::fopen(identity.private_key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(made);
  EVP_PKEY_free(key);
  auto contexts = net::TlsContexts::load({.identity = identity, .clients = net::ClientProof::none});
  JUNCTOR_CHECK(contexts.has_value());
  return *contexts;
}

/// Connects from a process of its own, whose memory does not count, and stays until it is ended.
pid_t idle_clients(std::uint16_t port, bool secure) {
  const pid_t child = fork();
  if (child != 0) return child;
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  for (std::size_t i = 0; i < idle_sockets; ++i) {
    if (!secure) {
      web_socket_to(port);
      continue;
    }
    SSL* const ssl = SSL_new(context);
    SSL_set_fd(ssl, connect_to(port));
    JUNCTOR_CHECK(SSL_connect(ssl) == 1);
    SSL_write(ssl, upgrade_request, static_cast<int>(std::strlen(upgrade_request)));
    std::string head;
    for (char c = 0; !head.ends_with("\r\n\r\n"); head += c) JUNCTOR_CHECK(SSL_read(ssl, &c, 1) == 1);
  }
  for (;;) pause();
}

void idle(const std::shared_ptr<const net::TlsContexts>& tls) {
  Hub hub(tls);
  const double before = resident_kb();
  const pid_t child = idle_clients(hub.port(), tls != nullptr);
  while (hub.count("web_sockets") < idle_sockets) usleep(10'000);
  usleep(300'000);
  std::printf("%zu idle sockets, %s: %.1f kB each\n", idle_sockets, tls ? "wss" : "ws",
              (resident_kb() - before) / static_cast<double>(idle_sockets));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  (void)net::raise_open_files_limit();
  char folder[] = "/tmp/junctor-web-bench-XXXXXX";
  JUNCTOR_CHECK(mkdtemp(folder) != nullptr);
  idle(nullptr);
  idle(certificate(folder));
  commands(1, 1, 200);
  commands(1, 50, 100);
  commands(100, 1, 50);
  fan_out();
  for (const char* name : {"/c.pem", "/k.pem"}) unlink((std::string(folder) + name).c_str());
  rmdir(folder);
}
