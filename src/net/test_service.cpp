#include "net/test_service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <optional>
#include <thread>

#include "net/any_stream.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ws = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

class Connection final : public std::enable_shared_from_this<Connection>, public TestService::Peer {
 public:
  Connection(const TestService::Script& script, tcp::socket socket, Ssl ssl)
      : script_(script), stream_(std::in_place, std::move(socket), std::move(ssl)) {}

  void start() {
    stream_->async_handshake([self = shared_from_this()](const error_code& error) {
      if (error) return self->stream_->close();
      self->read_request();
    });
  }

  void send(std::string text) override { put({std::move(text), false}); }
  void send_binary(std::string bytes) override { put({std::move(bytes), true}); }
  void close(const std::string& reason) override {
    const ws::close_reason why(ws::close_code::internal_error, boost::beast::string_view(reason.data(), reason.size()));
    socket_->async_close(why, [self = shared_from_this()](const error_code&) {});
  }
  void cut() override { socket_->next_layer().close(); }

 private:
  struct Message {
    std::string bytes;
    bool binary = false;
  };

  void read_request() {
    http::async_read(*stream_, buffer_, request_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (!error) self->answer();
    });
  }

  void answer() {
    TestService::Request request{std::string(request_.method_string()),
                                 std::string(request_.target()),
                                 request_.body(),
                                 {},
                                 ws::is_upgrade(request_)};
    for (const auto& field : request_) request.headers[std::string(field.name_string())] = std::string(field.value());
    const auto answer = script_.on_request ? script_.on_request(request) : TestService::Answer{101, {}};
    if (!answer.comes) return;
    if (answer.status == 101) return open();
    response_.version(11);
    response_.result(static_cast<unsigned>(answer.status));
    response_.body() = answer.body;
    response_.keep_alive(false);
    response_.prepare_payload();
    http::async_write(*stream_, response_,
                      [self = shared_from_this()](const error_code&, std::size_t) { self->stream_->close(); });
  }

  void open() {
    socket_.emplace(std::move(*stream_));
    socket_->async_accept(request_, [self = shared_from_this()](const error_code& error) {
      if (error) return;
      if (self->script_.on_open) self->script_.on_open(*self);
      if (self->script_.reads) self->read();
    });
  }

  void read() {
    socket_->async_read(buffer_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error) return;
      const auto bytes = self->buffer_.cdata();
      const std::string message(static_cast<const char*>(bytes.data()), bytes.size());
      self->buffer_.consume(bytes.size());
      if (self->script_.on_message) self->script_.on_message(*self, message, self->socket_->got_binary());
      self->read();
    });
  }

  void put(Message message) {
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) write();
  }
  void write() {
    socket_->binary(outgoing_.front().binary);
    socket_->async_write(asio::buffer(outgoing_.front().bytes),
                         [self = shared_from_this()](const error_code& error, std::size_t) {
                           if (error) return;
                           self->outgoing_.pop_front();
                           if (!self->outgoing_.empty()) self->write();
                         });
  }

  const TestService::Script& script_;
  std::optional<AnyStream> stream_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
  std::optional<ws::stream<AnyStream, false>> socket_;
  std::deque<Message> outgoing_;
};

}  // namespace

class TestService::Impl {
 public:
  Impl(Script script, std::shared_ptr<const TlsContexts> tls)
      : script_(std::move(script)),
        tls_(std::move(tls)),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Impl() {
    io_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) return;
      connections_.push_back(std::make_shared<Connection>(script_, std::move(socket), tls_ ? tls_->accept() : Ssl()));
      connections_.back()->start();
      accept();
    });
  }

  const Script script_;
  const std::shared_ptr<const TlsContexts> tls_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<Connection>> connections_;  // also those that wait for nothing
  std::thread thread_;
};

TestService::TestService(Script script, std::shared_ptr<const TlsContexts> tls)
    : impl_(std::make_unique<Impl>(std::move(script), std::move(tls))) {}
TestService::~TestService() = default;

std::uint16_t TestService::port() const {
  return impl_->port();
}

}  // namespace junctor::net
