#include "net/web_server.hpp"

#include <exception>
#include <utility>

#include "net/socket_address.hpp"
#include "net/stream_listener.hpp"
#include "net/web_register.hpp"
#include "net/web_thread.hpp"

namespace junctor::net {

// The control thread's side; WebThread is the other one.
class HttpServer::Impl {
 public:
  Impl(const WebLimits& limits, ControlLoop& control, Log& log, Counters& counters)
      : register_(std::make_shared<WebRegister>()),
        thread_(std::make_shared<WebThread>(limits, control, log, counters, register_)) {
    // The hook may outlive this object, the loop it is in does not outlive the process.
    control.add_turn_end([thread = std::weak_ptr(thread_)](TimePoint now) -> std::optional<TimePoint> {
      const auto web = thread.lock();
      if (!web) return std::nullopt;
      web->commands().announce();
      if (web->commands().flush() == 0) return std::nullopt;
      return now + flush_interval;
    });
  }
  ~Impl() { stop(); }

  Result<Address, std::string> listen(const Address& address, bool secure) {
    Result<Fd, std::string> fd = listen_on_tcp(address);
    if (!fd) return fail(fd.error());
    const Address bound = local_address_of(fd->get());
    thread_->listen(std::move(*fd), address.ip.family == Family::v6 ? AF_INET6 : AF_INET, secure);
    return bound;
  }

  void start(WebSink& sink) {
    register_->set_sink(sink);
    thread_->start();
  }
  void stop() {
    thread_->commands().flush();
    thread_->stop();
    register_->forget();
  }

  /// The web thread is woken at the end of the turn, for all that was said in it.
  template <class Command>
  void command(Command what) {
    thread_->commands().put({std::move(what)});
  }

  void open(WebId id, WebSocketTerms terms, bool events, std::unique_ptr<WebServant> servant) {
    auto flow = std::make_shared<WebFlow>();
    register_->add(id, {flow, terms.output_bytes_max});
    command(WebCommand::Open{
        id, std::make_unique<WebOpening>(WebOpening{std::move(terms), events, std::move(servant), std::move(flow)})});
  }

  void send(std::span<const WebId> to, SharedText text) {
    std::vector<WebId> takers;
    takers.reserve(to.size());
    for (const WebId id : to)
      if (takes(id, text->size())) takers.push_back(id);
    if (!takers.empty()) command(WebCommand::Send{std::move(takers), std::move(text)});
  }
  void send_binary(WebId id, std::string message) {
    if (takes(id, message.size())) command(WebCommand::SendBinary{id, std::move(message)});
  }

  std::size_t unsent(WebId id) const {
    const WebRegister::Known* const known = register_->find(id);
    return known == nullptr ? 0 : known->flow->unsent.load(std::memory_order_relaxed);
  }

  void close(WebId id, std::uint16_t code, std::string reason, bool overflow) {
    WebRegister::Known* const known = register_->find(id);
    if (known == nullptr || std::exchange(known->closing, true)) return;
    command(WebCommand::Close{id, code, std::move(reason), overflow});
  }

  WebThread& thread() { return *thread_; }

 private:
  static constexpr milliseconds flush_interval{1};

  /// Whether that one is there and has room, which is then taken; one that has none is closed.
  bool takes(WebId id, std::size_t bytes) {
    const WebRegister::Known* const known = register_->find(id);
    if (known == nullptr || known->closing) return false;
    if (known->flow->add_unsent(bytes, known->output_bytes_max)) return true;
    close(id, close_code::try_again, "too much unsent output", true);
    return false;
  }

  std::shared_ptr<WebRegister> register_;
  std::shared_ptr<WebThread> thread_;
};

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::create(const WebLimits& limits, ControlLoop& control,
                                                                    Log& log, Counters& counters) {
  try {  // Asio's io_context throws when the process has no descriptor left
    return std::unique_ptr<HttpServer>(new HttpServer(std::make_unique<Impl>(limits, control, log, counters)));
  } catch (const std::exception& error) {
    return fail(std::string("http: ") + error.what());
  }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<Address, std::string> HttpServer::listen(const Address& address, bool secure) {
  return impl_->listen(address, secure);
}
void HttpServer::start(WebSink& sink) {
  impl_->start(sink);
}
void HttpServer::stop() {
  impl_->stop();
}
void HttpServer::set_tls(std::shared_ptr<const TlsContexts> contexts) {
  impl_->command(WebCommand::Tls{std::move(contexts)});
}
void HttpServer::respond(WebId id, WebResponse response) {
  impl_->command(WebCommand::Respond{id, std::make_unique<WebResponse>(std::move(response))});
}
void HttpServer::open_web_socket(WebId id, WebSocketTerms terms) {
  impl_->open(id, std::move(terms), false, nullptr);
}
void HttpServer::open_events(WebId id, std::size_t output_bytes_max) {
  WebSocketTerms terms;
  terms.output_bytes_max = output_bytes_max;
  impl_->open(id, std::move(terms), true, nullptr);
}
void HttpServer::hand_over(WebId id, WebSocketTerms terms, std::unique_ptr<WebServant> servant) {
  impl_->open(id, std::move(terms), false, std::move(servant));
}
void HttpServer::send(std::span<const WebId> to, SharedText text) {
  impl_->send(to, std::move(text));
}
void HttpServer::send_binary(WebId id, std::string message) {
  impl_->send_binary(id, std::move(message));
}
std::size_t HttpServer::unsent(WebId id) const {
  return impl_->unsent(id);
}
void HttpServer::close(WebId id, std::uint16_t code, std::string reason) {
  impl_->close(id, code, std::move(reason), false);
}
void HttpServer::rouse(WebId id) {
  impl_->thread().rouse(id);
}

}  // namespace junctor::net
