#include "net/resolver.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <atomic>
#include <deque>
#include <map>
#include <netdb.h>
#include <poll.h>
#include <span>
#include <sys/time.h>
#include <thread>
#include <utility>

#include "base/queue.hpp"
#include "net/dns_message.hpp"
#include "net/socket_address.hpp"
#include "net/thread_role.hpp"
#include "net/waker.hpp"

namespace junctor::net {
namespace {

// How long a finished answer waits before a full inbox is tried again.
constexpr int inbox_retry_ms = 1;

int number_of(DnsType type) {
  switch (type) {
    case DnsType::a:
      return ns_t_a;
    case DnsType::aaaa:
      return ns_t_aaaa;
    case DnsType::srv:
      return ns_t_srv;
    case DnsType::naptr:
      return ns_t_naptr;
  }
  return 0;
}

struct Question {
  DnsType type = DnsType::a;
  std::string name;
  DnsHandler handler;
};

}  // namespace

class Resolver::Impl {
 public:
  Impl(const ResolverSettings& settings, ControlLoop& control, Counters& counters)
      : settings_(settings),
        control_(control),
        queries_(counters.get("dns_queries")),
        failed_(counters.get("dns_failed")),
        refused_(counters.get("dns_refused")),
        questions_(settings.max_queries) {}

  ~Impl() {
    shared_->alive.store(false);
    if (thread_.joinable()) {
      stop_.store(true);
      waker_.wake();
      thread_.join();
    }
    if (channel_ == nullptr) return;
    ares_destroy(channel_);
    ares_library_cleanup();
  }

  Result<void, std::string> start() {
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status != ARES_SUCCESS) return fail(std::string("dns: ") + ares_strerror(status));
    ares_options options{};
    options.timeout = static_cast<int>(settings_.timeout.count());
    options.tries = settings_.tries;
    options.sock_state_cb = &Impl::on_socket;
    options.sock_state_cb_data = this;
    status = ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) {
      channel_ = nullptr;
      ares_library_cleanup();
      return fail(std::string("dns: ") + ares_strerror(status));
    }
    if (!settings_.servers.empty()) {
      status = ares_set_servers_ports_csv(channel_, settings_.servers.c_str());
      if (status != ARES_SUCCESS) return fail("dns servers " + settings_.servers + ": " + ares_strerror(status));
    }
    thread_ = std::thread([this] { run(); });
    return {};
  }

  bool query(DnsType type, const std::string& name, DnsHandler handler) {
    if (shared_->open.fetch_add(1) >= settings_.max_queries ||
        !questions_.push(Question{type, name, std::move(handler)})) {
      shared_->open.fetch_sub(1);
      refused_.add();
      return false;
    }
    queries_.add();
    waker_.wake();
    return true;
  }

 private:
  // Outlives this object with the answers that are on their way to the control thread.
  struct Shared {
    std::atomic<std::size_t> open{0};  // asked and not yet answered
    std::atomic<bool> alive{true};
  };

  // What c-ares carries to on_answer().
  struct Asked {
    Impl* self;
    Question question;
  };

  void run() {
    name_thread("resolver");
    while (!stop_.load()) {
      waker_.prepare_sleep();
      while (std::optional<Question> question = questions_.pop()) ask(std::move(*question));
      deliver();
      if (stop_.load()) return;
      sleep();
      waker_.awake();
    }
  }

  void sleep() {
    std::vector<pollfd> fds{{waker_.fd(), POLLIN, 0}};
    for (const auto& [fd, events] : sockets_) fds.push_back({fd, events, 0});
    timeval room{};
    const timeval* const next = ares_timeout(channel_, nullptr, &room);
    int timeout = next == nullptr ? -1 : static_cast<int>(next->tv_sec * 1000 + (next->tv_usec + 999) / 1000);
    if (!finished_.empty()) timeout = inbox_retry_ms;
    ::poll(fds.data(), fds.size(), timeout);
    if (fds[0].revents != 0) waker_.drain();
    for (const pollfd& entry : std::span(fds).subspan(1)) {
      if (entry.revents == 0) continue;
      const bool in = (entry.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
      const bool out = (entry.revents & POLLOUT) != 0;
      ares_process_fd(channel_, in ? entry.fd : ARES_SOCKET_BAD, out ? entry.fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
  }

  void ask(Question&& question) {
    if (question.type == DnsType::a || question.type == DnsType::aaaa) {
      DnsAnswer answer = from_hosts_file(question);
      if (answer.status == DnsStatus::ok) return finish(std::move(question.handler), std::move(answer));
    }
    const std::string name = question.name;
    const int type = number_of(question.type);
    ares_query(channel_, name.c_str(), ns_c_in, type, &Impl::on_answer, new Asked{this, std::move(question)});
  }

  DnsAnswer from_hosts_file(const Question& question) {
    DnsAnswer answer;
    const bool v4 = question.type == DnsType::a;
    hostent* host = nullptr;
    if (ares_gethostbyname_file(channel_, question.name.c_str(), v4 ? AF_INET : AF_INET6, &host) != ARES_SUCCESS) {
      return answer;
    }
    for (char** at = host->h_addr_list; *at != nullptr; ++at) {
      IpAddress ip{{}, v4 ? Family::v4 : Family::v6};
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(*at);
      std::copy_n(bytes, v4 ? 4 : 16, ip.bytes.begin());
      answer.addresses.push_back(ip);
    }
    ares_free_hostent(host);
    if (answer.addresses.empty()) return answer;
    answer.status = DnsStatus::ok;
    answer.ttl = host_file_ttl;
    return answer;
  }

  static void on_answer(void* context, int status, int /*timeouts*/, unsigned char* bytes, int length) {
    const std::unique_ptr<Asked> asked(static_cast<Asked*>(context));
    if (status == ARES_EDESTRUCTION) return;
    DnsAnswer answer;
    switch (status) {
      case ARES_SUCCESS:
        answer = parse_dns_answer({bytes, static_cast<std::size_t>(length)}, asked->question.type);
        break;
      case ARES_ENODATA:
        answer.status = DnsStatus::no_data;
        break;
      case ARES_ENOTFOUND:
      case ARES_EBADNAME:
        answer.status = DnsStatus::no_name;
        break;
      default:
        break;
    }
    asked->self->finish(std::move(asked->question.handler), std::move(answer));
  }

  void finish(DnsHandler&& handler, DnsAnswer&& answer) {
    if (answer.status == DnsStatus::failed) failed_.add();
    finished_.push_back(
        [handler = std::move(handler), answer = std::move(answer), shared = shared_](TimePoint now) mutable {
          shared->open.fetch_sub(1);
          if (shared->alive.load()) handler(std::move(answer), now);
        });
    deliver();
  }

  void deliver() {
    while (!finished_.empty() && control_.post(std::move(finished_.front()))) finished_.pop_front();
  }

  static void on_socket(void* context, ares_socket_t fd, int readable, int writable) {
    auto& sockets = static_cast<Impl*>(context)->sockets_;
    if (readable == 0 && writable == 0) {
      sockets.erase(fd);
    } else {
      sockets[fd] = static_cast<short>((readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0));
    }
  }

  const ResolverSettings settings_;
  ControlLoop& control_;
  Counter& queries_;
  Counter& failed_;
  Counter& refused_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  BoundedQueue<Question> questions_;
  Waker waker_;
  std::atomic<bool> stop_{false};
  std::thread thread_;

  // The thread's own.
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, short> sockets_;
  std::deque<Task> finished_;  // answers not yet taken by the control thread
};

Result<std::unique_ptr<Resolver>, std::string> Resolver::create(const ResolverSettings& settings, ControlLoop& control,
                                                                Counters& counters) {
  auto impl = std::make_unique<Impl>(settings, control, counters);
  if (const Result<void, std::string> started = impl->start(); !started) return fail(started.error());
  return std::unique_ptr<Resolver>(new Resolver(std::move(impl)));
}

Resolver::Resolver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::~Resolver() = default;

bool Resolver::query(DnsType type, const std::string& name, DnsHandler handler) {
  return impl_->query(type, name, std::move(handler));
}

}  // namespace junctor::net
