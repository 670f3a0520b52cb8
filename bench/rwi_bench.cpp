// A real hub as programs see it, through its HTTP listener: a command and its result against a bare Beast echo of the
// same bytes, an event for many against as many bare send(), and what a session that says nothing costs. All figures
// are CPU times of the hub's process, and of the echo's; clients are not counted.
#include <algorithm>
#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "bench/carrier.hpp"
#include "bench/hub_process.hpp"
#include "bench/measure.hpp"
#include "bench/web_clients.hpp"
#include "net/clock.hpp"
#include "net/process.hpp"

namespace {

using namespace junctor;
using namespace junctor::bench;

constexpr std::size_t programs = 100;
constexpr std::size_t receivers = 1'000;
constexpr std::size_t idle_sockets = 2'000;
constexpr int rounds = 11;

constexpr const char* token = "bench-token-0123456789";
constexpr const char* number = "7777";
constexpr const char* unheard = "7778";  // offered to a context that nobody follows
constexpr const char* rwi_config = R"([rwi]
max_connections = 5000
max_calls_per_connection = 0
originate_rate_limit = 0
[[rwi.tokens]]
name = "bench"
token = "bench-token-0123456789"
scopes = ["call.control"]
[[rwi.contexts]]
name = "desk"
[[routes]]
name = "desk"
match = { to = "^7777$" }
action = "rwi"
target = "desk"
[[rwi.contexts]]
name = "nobody"
[[routes]]
name = "nobody"
match = { to = "^7778$" }
action = "rwi"
target = "nobody"
)";

// --- a bare echo with Beast

/// A process of its own, with one thread.
class Echo {
 public:
  Echo() {
    using boost::asio::ip::tcp;
    boost::asio::io_context io{1};
    tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
    port_ = acceptor.local_endpoint().port();
    id_ = fork();
    JUNCTOR_CHECK(id_ >= 0);
    if (id_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    io.notify_fork(boost::asio::execution_context::fork_child);
    accept(acceptor);
    io.run();
    _exit(0);
  }
  ~Echo() {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  pid_t id() const { return id_; }
  std::uint16_t port() const { return port_; }

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
  static void accept(boost::asio::ip::tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      std::make_shared<Session>(std::move(socket))->start();
      accept(acceptor);
    });
  }

  pid_t id_ = 0;
  std::uint16_t port_ = 0;
};

// --- a command and its result

struct Shape {
  const char* says;
  std::size_t sockets;
  std::size_t at_once;  // of each socket
  int times;
  useconds_t pause;  // between a result and the next command
};

/// Of each socket the same, but for their action_id.
using Maker = std::function<std::string(std::size_t socket, unsigned number)>;

std::string set_var(std::size_t socket, unsigned id) {
  const std::string text = std::to_string(10'000'000 + id);
  return R"({"action_id":"c)" + text + R"(","action":"call.set_var","params":{"call_id":"call-)" +
         std::to_string(socket) + R"(","key":"step","value":")" + text + R"("}})";
}
std::string list_calls(std::size_t, unsigned id) {
  return R"({"action_id":"c)" + std::to_string(10'000'000 + id) + R"(","action":"session.list_calls","params":{}})";
}

double ns_per_command(pid_t process, std::vector<WebClient>& clients, const Shape& shape, const Maker& make) {
  static unsigned last_id = 0;
  const double before = process_ns(process);
  for (int i = 0; i < shape.times; ++i) {
    for (std::size_t c = 0; c < shape.sockets; ++c) {
      std::string frames;
      for (std::size_t n = 0; n < shape.at_once; ++n) frames += masked_frame(make(c, ++last_id));
      clients[c].send(frames);
    }
    for (std::size_t c = 0; c < shape.sockets; ++c)
      for (std::size_t n = 0; n < shape.at_once; ++n)
        JUNCTOR_CHECK(clients[c].read().find(R"("error")") == std::string::npos);
    if (shape.pause > 0) usleep(shape.pause);
  }
  return (process_ns(process) - before) / shape.times / static_cast<double>(shape.sockets * shape.at_once);
}

void compare(const char* name, const Maker& make, const Echo& echo, std::vector<WebClient>& bare, const HubProcess& hub,
             std::vector<WebClient>& ours) {
  constexpr useconds_t think = 5'000;
  constexpr Shape shapes[] = {{"100 programs", programs, 1, 30, 0},
                              {"one program, 50 commands at once", 1, 50, 60, 0},
                              {"one program that waits for each result", 1, 1, 150, 0},
                              {"… and for 5 ms more", 1, 1, 60, think}};
  for (const Shape& shape : shapes) {
    std::vector<double> floor, measured;
    Rounds floors, all;
    for (int i = 0; i < rounds; ++i) {
      floor.push_back(ns_per_command(echo.id(), bare, shape, make));
      measured.push_back(ns_per_command(hub.id(), ours, shape, make));
      floors.add(floor.back());
      all.add(measured.back());
    }
    std::printf("%-19s %-39s %6.0f ns, echo %6.0f ns, ratio %.2f\n", name, shape.says, all.median(), floors.median(),
                median_ratio(measured, floor));
    std::fflush(stdout);
  }
}

/// Each program has a call, which rings.
void commands(const char* name, const Maker& make) {
  const Echo echo;
  Carrier carrier;
  const HubProcess hub("", rwi_config + carrier.config());
  std::vector<WebClient> bare, ours;
  for (std::size_t i = 0; i < programs; ++i) {
    bare.emplace_back(echo.port(), "");
    ours.emplace_back(hub.http_port(), token);
    ours.back().run(
        R"("call.originate","params":{"destination":"100","trunk":"carrier","timeout_secs":3600,"call_id":"call-)" +
        std::to_string(i) + R"("})");
    carrier.answer(180);
    usleep(3'000);  // the ports of the next call are bound beside
  }
  usleep(100'000);
  for (std::size_t i = 0; i < programs; ++i) ours[i].run(R"("session.list_calls")");  // behind the events of its call
  compare(name, make, echo, bare, hub, ours);
}

// --- one event for many

class FanOut {
 public:
  FanOut() : hub_("", rwi_config + carrier_.config()) {
    for (std::size_t i = 0; i < receivers; ++i) ours_.push_back(subscribed());
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    JUNCTOR_CHECK(bind(listener, reinterpret_cast<const sockaddr*>(&at), length) == 0 && listen(listener, 1'024) == 0);
    JUNCTOR_CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) == 0);
    for (std::size_t i = 0; i < receivers; ++i) {
      far_.push_back(connect_to(ntohs(at.sin_port)));
      near_.push_back(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    }
    close(listener);
    const int call = carrier_.call(hub_.sip_port(), number);
    for (WebClient& each : ours_) event_ = plain_frame(each.read_until("call.incoming"));
    end({call});
  }
  ~FanOut() {
    for (const auto& list : {near_, far_})
      for (const int fd : list) close(fd);
  }
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

  std::size_t event_bytes() const { return event_.size(); }

  /// ns per event and receiver; from a process with several threads, which costs the kernel more, as the hub is one.
  double bare_send() {
    const std::jthread other([](const std::stop_token& stop) {
      while (!stop.stop_requested()) usleep(pause);
    });
    const double start = cpu_ns();
    for (int i = 0; i < events; ++i) {
      for (const int fd : near_) write_all(fd, event_);
      usleep(pause);
    }
    const double spent = cpu_ns() - start;
    for (const int fd : far_) read_exactly(fd, event_.size() * events);
    return spent / events / receivers;
  }
  /// The same: what a call takes that all are told of, less what it takes when nobody is.
  double through_the_hub() {
    const double alone = of_calls(unheard, unheard_);
    std::vector<int> calls;
    const double spent = of_calls(number, calls) - alone;
    for (WebClient& each : ours_)
      for (int i = 0; i < events; ++i) JUNCTOR_CHECK(each.read().find("call.incoming") != std::string::npos);
    end(calls);
    for (const int call : std::exchange(unheard_, {})) carrier_.cancel(hub_.sip_port(), unheard, call);
    return spent / events / receivers;
  }

  /// From the INVITE until the receiver in the middle has the event.
  double delay_us() {
    Rounds delays;
    std::vector<int> calls;
    for (int i = 0; i < events; ++i) {
      const TimePoint start = net::now();
      calls.push_back(carrier_.call(hub_.sip_port(), number));
      (void)ours_[receivers / 2].read();
      delays.add(std::chrono::duration<double, std::micro>(net::now() - start).count());
      usleep(pause);
    }
    for (std::size_t r = 0; r < receivers; ++r)
      for (int i = 0; i < events && r != receivers / 2; ++i) (void)ours_[r].read();
    end(calls);
    return delays.median();
  }

  /// From now on somebody is among them who never reads, and for whom more waits than the kernel takes.
  void add_sleeper() {
    constexpr std::size_t results = 6'000;
    sleeper_ = std::make_unique<WebClient>(subscribed());
    for (std::size_t i = 0; i < results; ++i) {
      const std::string id = std::to_string(i) + std::string(1'000, 'x');
      sleeper_->send(masked_frame(R"({"action":"session.ping","action_id":")" + id + R"("})"));
    }
    usleep(500'000);
    int arrived = 0;
    JUNCTOR_CHECK(ioctl(sleeper_->fd(), FIONREAD, &arrived) == 0);
    JUNCTOR_CHECK(static_cast<std::size_t>(arrived) < results * 1'000);
  }

 private:
  static constexpr int events = 20;            // that the receivers' buffers take before they read
  static constexpr useconds_t pause = 30'000;  // until the event has left

  double of_calls(const char* to, std::vector<int>& calls) {
    const double start = process_ns(hub_.id());
    for (int i = 0; i < events; ++i) {
      calls.push_back(carrier_.call(hub_.sip_port(), to));
      usleep(pause);
    }
    return process_ns(hub_.id()) - start;
  }
  WebClient subscribed() const {
    WebClient out(hub_.http_port(), token);
    out.run(R"("session.subscribe","params":{"contexts":["desk"]})");
    return out;
  }
  /// What the receivers are told of that is read, too.
  void end(const std::vector<int>& calls) {
    for (const int call : calls) {
      carrier_.cancel(hub_.sip_port(), number, call);
      usleep(pause / 2);
    }
    for (WebClient& each : ours_)
      for (std::size_t i = 0; i < calls.size(); ++i) (void)each.read_until("call.hangup");
  }

  Carrier carrier_;
  HubProcess hub_;
  std::vector<WebClient> ours_;
  std::unique_ptr<WebClient> sleeper_;
  std::vector<int> near_, far_, unheard_;
  std::string event_;
};

void fan_out() {
  FanOut many;
  const auto measure = [&](const char* says) {
    std::vector<double> floor, measured, delays;
    Rounds floors, all, waits;
    for (int round = 0; round < rounds; ++round) {
      floors.add(floor.emplace_back(many.bare_send()));
      all.add(measured.emplace_back(many.through_the_hub()));
    }
    for (int round = 0; round < 3; ++round) waits.add(many.delay_us());
    std::printf(
        "event of %zu bytes to %zu sessions%s: %.0f ns each, bare send() %.0f ns, ratio %.2f; half have it after "
        "%.1f ms\n",
        many.event_bytes(), receivers, says, all.median(), floors.median(), median_ratio(measured, floor),
        waits.median() / 1'000);
    std::fflush(stdout);
  };
  measure("");
  many.add_sleeper();
  measure(", one of which never reads");
}

// --- sessions that say nothing

void write_certificate(const std::string& folder) {
  EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* const made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), 0);
  X509_gmtime_adj(X509_getm_notAfter(made), 86'400);
  X509_set_pubkey(made, key);
  X509_sign(made, key, EVP_sha256());
  std::FILE* file = std::fopen((folder + "/c.pem").c_str(), "w");
  PEM_write_X509(file, made);
  std::fclose(file);
  file = std::fopen((folder + "/k.pem").c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(made);
  EVP_PKEY_free(key);
}

void idle(bool secure) {
  const Folder folder;
  std::string http;
  if (secure) {
    write_certificate(folder.path());
    http = "certificate_file = \"" + folder.path() + "/c.pem\"\nprivate_key_file = \"" + folder.path() + "/k.pem\"\n";
  }
  const HubProcess hub(http, rwi_config);
  SSL_CTX* const context = secure ? SSL_CTX_new(TLS_client_method()) : nullptr;
  const double before = process_kb(hub.id());
  std::vector<WebClient> clients;
  for (std::size_t i = 0; i < idle_sockets; ++i) {
    clients.emplace_back(hub.http_port(), token, context);
    clients.back().run(R"("session.subscribe","params":{"contexts":["desk"]})");
  }
  std::printf("%zu idle sessions, %s: %.1f kB each\n", idle_sockets, secure ? "wss" : "ws",
              (process_kb(hub.id()) - before) / static_cast<double>(idle_sockets));
  std::fflush(stdout);
  clients.clear();
  SSL_CTX_free(context);
}

}  // namespace

/// All parts, or the one that is named: commands, idle, events.
int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  (void)net::raise_open_files_limit();
  const std::string_view part = count > 1 ? arguments[1] : "";
  if (part.empty() || part == "commands") {
    commands("call.set_var", set_var);
    commands("session.list_calls", list_calls);
  }
  if (part.empty() || part == "idle") {
    idle(false);
    idle(true);
  }
  if (part.empty() || part == "events") fan_out();
}
