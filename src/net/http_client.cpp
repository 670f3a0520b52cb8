#include "net/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

#include "net/clock.hpp"
#include "net/connector.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t header_bytes_max = 16 * 1024;

/// The request on its way; lives as long as the io_context that it runs on does something for it.
class Exchange {
 public:
  Exchange(asio::io_context& io, const Url& url, const HttpRequest& request) : io_(io), url_(url) {
    request_.version(11);
    request_.method_string(request.method);
    request_.target(url.target);
    request_.set(http::field::host, url.authority());
    request_.set(http::field::connection, "close");
    for (const auto& [name, value] : request.headers) request_.set(name, value);
    request_.body() = request.body;
    request_.prepare_payload();
    response_.body_limit(request.body_max);
    response_.header_limit(header_bytes_max);
  }

  void start(std::shared_ptr<const TlsContexts> tls, Duration timeout) {
    connect_to(io_, url_, std::move(tls), timeout, [this](Result<AnyStream, std::string> connected) {
      if (!connected) return finish(fail(std::move(connected.error())));
      stream_.emplace(std::move(*connected));
      send();
    });
  }
  const std::optional<Result<HttpResponse, std::string>>& result() const { return result_; }

 private:
  void send() {
    http::async_write(*stream_, request_, [this](const error_code& error, std::size_t) {
      if (error) return finish(fail(named(error)));
      receive();
    });
  }

  void receive() {
    http::async_read(*stream_, buffer_, response_, [this](const error_code& error, std::size_t) {
      if (error == http::error::body_limit) return finish(fail(url_.authority() + ": answered with more than it may"));
      if (error) return finish(fail(named(error)));
      auto& message = response_.get();
      finish(HttpResponse{static_cast<int>(message.result_int()), std::string(message[http::field::content_type]),
                          std::move(message.body())});
    });
  }

  std::string named(const error_code& error) const {
    const std::string& why = stream_->failure();
    return url_.authority() + ": " + (why.empty() ? error.message() : why);
  }
  void finish(Result<HttpResponse, std::string> result) {
    result_ = std::move(result);
    io_.stop();
  }

  asio::io_context& io_;
  const Url url_;
  std::optional<AnyStream> stream_;
  http::request<http::string_body> request_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::string_body> response_;
  std::optional<Result<HttpResponse, std::string>> result_;
};

}  // namespace

HttpClient::HttpClient(std::string ca_file) : ca_file_(std::move(ca_file)), trust_(std::make_unique<ServiceTrust>()) {}
HttpClient::~HttpClient() = default;

Result<HttpResponse, std::string> HttpClient::fetch(const HttpRequest& request) {
  const auto url = Url::parse(request.url);
  if (!url) return fail(url.error());
  if (url->scheme != "http" && url->scheme != "https") return fail(request.url + ": is no http:// or https://");
  std::shared_ptr<const TlsContexts> tls;
  if (url->secure()) {
    auto contexts = trust_->contexts(url->host, ca_file_);
    if (!contexts) return fail(std::move(contexts.error()));
    tls = std::move(*contexts);
  }
  try {  // Asio's io_context throws when the process has no descriptor left
    asio::io_context io(1);
    Exchange exchange(io, *url, request);
    exchange.start(std::move(tls), request.timeout);
    io.run_for(request.timeout);
    return exchange.result() ? *exchange.result() : fail(url->authority() + ": took too long");
  } catch (const std::exception& error) {
    return fail(std::string(error.what()));
  }
}

}  // namespace junctor::net
