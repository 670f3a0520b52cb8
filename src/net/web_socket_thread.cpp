#include "net/web_socket_thread.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>

#include "net/clock.hpp"
#include "net/connector.hpp"
#include "net/thread_role.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
namespace ws = boost::beast::websocket;
using boost::system::error_code;

struct SocketCounters {
  explicit SocketCounters(Counters& counters)
      : opened(counters.get("web_sockets_opened")),
        failed(counters.get("web_sockets_failed")),
        refused(counters.get("web_sockets_refused")),
        closed(counters.get("web_sockets_closed")) {}

  Counter& opened;
  Counter& failed;
  Counter& refused;
  Counter& closed;
};

class SocketOwner {
 public:
  virtual ~SocketOwner() = default;
  virtual void forget(WebSocketId id) = 0;
};

class Socket final : public std::enable_shared_from_this<Socket> {
 public:
  Socket(asio::io_context& io, SocketOwner& owner, WebSocketId id, WebSocketSink& sink, const WebSocketTimes& times,
         SocketCounters& counters)
      : io_(io), owner_(owner), id_(id), sink_(&sink), times_(times), counters_(counters), last_words_(io) {}

  void open(const WebSocketRequest& request, ServiceTrust& trust) {
    headers_ = request.headers;
    const auto url = Url::parse(request.url);
    if (!url) return fail_later(url.error());
    std::shared_ptr<const TlsContexts> tls;
    if (url->secure()) {
      auto contexts = trust.contexts(url->host, request.ca_file);
      if (!contexts) return fail_later(contexts.error());
      tls = std::move(*contexts);
    }
    connect_to(io_, *url, std::move(tls), times_.connect,
               [self = shared_from_this(), url = *url](Result<AnyStream, std::string> connected) {
                 if (self->sink_ == nullptr) return;
                 if (!connected) return self->end({0, connected.error()}, self->counters_.failed);
                 self->shake_hands(url, std::move(*connected));
               });
  }

  void send(bool binary, std::string message) {
    if (!open_ || sink_ == nullptr) return;
    unsent_ += message.size();
    unsent_messages_.push_back({binary, std::move(message)});
    if (unsent_messages_.size() == 1) write();
  }
  std::size_t unsent() const { return unsent_; }

  /// What was given still leaves.
  void close() {
    sink_ = nullptr;
    if (!open_) {  // its handlers find that nobody listens, and let go of it
      if (stream_) stream_->next_layer().close();
      return;
    }
    last_words_.expires_after(times_.last_words);
    last_words_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->stream_->next_layer().close();
    });
    if (unsent_messages_.empty()) say_goodbye();
  }
  /// At once, for good.
  void abandon() {
    sink_ = nullptr;
    last_words_.cancel();
    if (stream_) stream_->next_layer().close();
  }

 private:
  struct Message {
    bool binary = false;
    std::string bytes;
  };

  void fail_later(std::string why) {
    asio::post(io_, [self = shared_from_this(), why = std::move(why)] {
      if (self->sink_ != nullptr) self->end({0, why}, self->counters_.failed);
    });
  }

  void shake_hands(const Url& url, AnyStream connected) {
    stream_.emplace(std::move(connected));
    stream_->set_option(ws::stream_base::timeout{
        .handshake_timeout = times_.connect, .idle_timeout = times_.silence, .keep_alive_pings = true});
    stream_->set_option(ws::stream_base::decorator([this](ws::request_type& request) {
      for (const auto& [name, value] : headers_) request.set(name, value);
    }));
    stream_->read_message_max(WebSocketThread::message_bytes_max);
    stream_->async_handshake(response_, url.authority(), url.target,
                             [self = shared_from_this()](const error_code& error) { self->shaken(error); });
  }

  void shaken(const error_code& error) {
    if (sink_ == nullptr) return;
    if (error == ws::error::upgrade_declined) {
      const auto status = static_cast<int>(response_.result_int());
      return end({status, "answered " + std::to_string(status) + ' ' + std::string(response_.reason())},
                 counters_.refused);
    }
    if (error) return end({0, text_of(error)}, counters_.failed);
    open_ = true;
    counters_.opened.add();
    sink_->on_open(id_, now());
    if (sink_ != nullptr) read();
  }

  void read() {
    stream_->async_read(incoming_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error) return self->end({0, self->text_of(error)}, self->counters_.closed);
      if (self->sink_ != nullptr) self->take_message();
      self->incoming_.consume(self->incoming_.size());
      self->read();  // to its end, too, when nobody listens any more: an orderly one needs the far end's close frame
    });
  }

  void take_message() {
    const auto bytes = incoming_.cdata();
    const std::string_view message(static_cast<const char*>(bytes.data()), bytes.size());
    stream_->got_text() ? sink_->on_text(id_, message, now()) : sink_->on_binary(id_, message, now());
  }

  void write() {
    const Message& first = unsent_messages_.front();
    stream_->binary(first.binary);
    stream_->async_write(asio::buffer(first.bytes), [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error) return self->end({0, self->text_of(error)}, self->counters_.closed);
      self->unsent_ -= self->unsent_messages_.front().bytes.size();
      self->unsent_messages_.pop_front();
      if (!self->unsent_messages_.empty()) return self->write();
      if (self->sink_ == nullptr) self->say_goodbye();
    });
  }

  void say_goodbye() {
    stream_->async_close(ws::close_code::normal, [self = shared_from_this()](const error_code&) {
      self->last_words_.cancel();
      self->stream_->next_layer().close();
    });
  }

  void end(const WebSocketEnd& how, Counter& counter) {
    open_ = false;
    last_words_.cancel();
    if (stream_) stream_->next_layer().close();
    if (sink_ == nullptr) return;
    counter.add();
    const auto self = shared_from_this();
    owner_.forget(id_);
    std::exchange(sink_, nullptr)->on_closed(id_, how, now());
  }

  std::string text_of(const error_code& error) const {
    if (error == ws::error::closed) {
      const auto& reason = stream_->reason();
      return "closed by the far end: " + std::to_string(reason.code) +
             (reason.reason.empty() ? "" : " " + std::string(reason.reason.c_str()));
    }
    if (error == asio::error::eof) return "closed by the far end";
    const std::string& why = stream_->next_layer().failure();
    return why.empty() ? error.message() : why;
  }

  asio::io_context& io_;
  SocketOwner& owner_;
  const WebSocketId id_;
  WebSocketSink* sink_;  // none: nobody listens any more
  const WebSocketTimes times_;
  SocketCounters& counters_;
  std::vector<std::pair<std::string, std::string>> headers_;
  ws::response_type response_;
  std::optional<ws::stream<AnyStream, false>> stream_;
  bool open_ = false;
  boost::beast::flat_buffer incoming_;
  std::deque<Message> unsent_messages_;  // the first of them is being written
  std::size_t unsent_ = 0;
  asio::steady_timer last_words_;
};

}  // namespace

class WebSocketThread::Impl final : private SocketOwner {
 public:
  Impl(const char* name, Counters& counters, const WebSocketTimes& times)
      : name_(name), times_(times), counters_(counters), timer_(io_) {}
  ~Impl() override { stop(); }

  void start(std::function<std::optional<TimePoint>(TimePoint)> work, std::function<void()> finish) {
    work_ = std::move(work);
    finish_ = std::move(finish);
    thread_ = std::thread([this] {
      name_thread(name_);
      const auto busy = asio::make_work_guard(io_);
      do_work();
      io_.run();
      finish_();
      for (const auto& [id, socket] : std::exchange(sockets_, {})) socket->abandon();
    });
  }
  void rouse() {
    if (roused_.exchange(true)) return;
    asio::post(io_, [this] { do_work(); });
  }
  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  WebSocketId open(const WebSocketRequest& request, WebSocketSink& sink) {
    const WebSocketId id{++last_id_};
    SocketOwner& owner = *this;
    const auto socket = std::make_shared<Socket>(io_, owner, id, sink, times_, counters_);
    sockets_.emplace(id, socket);
    socket->open(request, trust_);
    return id;
  }
  Socket* find(WebSocketId id) const {
    const auto at = sockets_.find(id);
    return at == sockets_.end() ? nullptr : at->second.get();
  }
  void close(WebSocketId id) {
    const auto entry = sockets_.extract(id);
    if (!entry.empty()) entry.mapped()->close();
  }

 private:
  void forget(WebSocketId id) override { sockets_.erase(id); }

  void do_work() {
    roused_ = false;
    const auto again = work_(now());
    timer_.cancel();
    if (!again) return;
    timer_.expires_after(*again - now());
    timer_.async_wait([this](const error_code& error) {
      if (!error) do_work();
    });
  }

  const char* const name_;
  const WebSocketTimes times_;
  SocketCounters counters_;
  ServiceTrust trust_;
  asio::io_context io_{1};
  asio::steady_timer timer_;
  std::unordered_map<WebSocketId, std::shared_ptr<Socket>> sockets_;
  std::uint64_t last_id_ = 0;
  std::function<std::optional<TimePoint>(TimePoint)> work_;
  std::function<void()> finish_;
  std::atomic<bool> roused_{false};
  std::thread thread_;
};

Result<std::unique_ptr<WebSocketThread>, std::string> WebSocketThread::create(const char* name, Counters& counters,
                                                                              const WebSocketTimes& times) {
  try {  // Asio's io_context throws when the process has no descriptor left
    return std::unique_ptr<WebSocketThread>(new WebSocketThread(std::make_unique<Impl>(name, counters, times)));
  } catch (const std::exception& error) {
    return fail(std::string("web sockets: ") + error.what());
  }
}

WebSocketThread::WebSocketThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocketThread::~WebSocketThread() = default;

void WebSocketThread::start(std::function<std::optional<TimePoint>(TimePoint)> work, std::function<void()> finish) {
  impl_->start(std::move(work), std::move(finish));
}
void WebSocketThread::rouse() {
  impl_->rouse();
}
void WebSocketThread::stop() {
  impl_->stop();
}
WebSocketId WebSocketThread::open(const WebSocketRequest& request, WebSocketSink& sink) {
  return impl_->open(request, sink);
}
void WebSocketThread::send_text(WebSocketId id, std::string message) {
  if (Socket* const socket = impl_->find(id)) socket->send(false, std::move(message));
}
void WebSocketThread::send_binary(WebSocketId id, std::string message) {
  if (Socket* const socket = impl_->find(id)) socket->send(true, std::move(message));
}
std::size_t WebSocketThread::unsent(WebSocketId id) const {
  const Socket* const socket = impl_->find(id);
  return socket == nullptr ? 0 : socket->unsent();
}
void WebSocketThread::close(WebSocketId id) {
  impl_->close(id);
}

}  // namespace junctor::net
