#include "net/connector.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "net/clock.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& io, const Url& url, std::shared_ptr<const TlsContexts> tls, Connected connected)
      : url_(url), tls_(std::move(tls)), connected_(std::move(connected)), resolver_(io), socket_(io), timer_(io) {}

  void start(Duration timeout) {
    timer_.expires_after(timeout);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->finish(fail(self->named("took too long")));
    });
    resolver_.async_resolve(
        url_.host, std::to_string(url_.port), tcp::resolver::numeric_service,
        [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
          if (error) return self->finish(fail(self->named(error.message())));
          self->connect(found);
        });
  }

 private:
  void connect(const tcp::resolver::results_type& found) {
    if (!connected_) return;
    asio::async_connect(socket_, found, [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
      if (error) return self->finish(fail(self->named(error.message())));
      self->secure();
    });
  }

  void secure() {
    if (!connected_) return;
    Ssl ssl;
    if (url_.secure()) {
      ssl = tls_->connect(url_.host);
      if (!ssl) return finish(fail(named("no memory for tls")));
    }
    stream_.emplace(std::move(socket_), std::move(ssl));
    stream_->async_handshake([self = shared_from_this()](const error_code& error) {
      if (!self->connected_) return;
      if (!error) return self->finish(std::move(*self->stream_));
      const std::string& why = self->stream_->failure();
      self->finish(fail(why.empty() ? self->named("tls: " + error.message()) : why));
    });
  }

  std::string named(const std::string& what) const { return url_.authority() + ": " + what; }

  void finish(Result<AnyStream, std::string> result) {
    if (!connected_) return;
    const Connected connected = std::exchange(connected_, nullptr);
    timer_.cancel();
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);
    connected(std::move(result));
    stream_.reset();
  }

  const Url url_;
  const std::shared_ptr<const TlsContexts> tls_;
  Connected connected_;  // none: it is over
  tcp::resolver resolver_;
  tcp::socket socket_;
  std::optional<AnyStream> stream_;
  asio::steady_timer timer_;
};

}  // namespace

Result<std::shared_ptr<const TlsContexts>, std::string> ServiceTrust::contexts(const std::string& host,
                                                                               const std::string& ca_file) {
  const TimePoint time = now();
  const std::pair key(host, ca_file);
  if (const auto at = kept_.find(key); at != kept_.end() && time < at->second.until) return at->second.contexts;
  TlsSettings settings;
  settings.peers.push_back({.host = host, .ca_file = ca_file, .identity = {}});
  auto loaded = TlsContexts::load(settings);
  if (!loaded) return fail(std::move(loaded.error().text));
  if (kept_.size() >= kept_max) kept_.clear();
  kept_[key] = {*loaded, time + fresh};
  return std::move(*loaded);
}

void connect_to(asio::io_context& io, const Url& url, std::shared_ptr<const TlsContexts> tls, Duration timeout,
                Connected connected) {
  std::make_shared<Connection>(io, url, std::move(tls), std::move(connected))->start(timeout);
}

}  // namespace junctor::net
