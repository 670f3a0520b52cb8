#include "net/any_stream.hpp"

#include <boost/asio/error.hpp>
#include <netinet/tcp.h>
#include <span>
#include <string_view>
#include <sys/socket.h>

namespace junctor::net {

namespace asio = boost::asio;
using boost::system::error_code;

struct AnyStream::State {
  explicit State(asio::ip::tcp::socket connected) : socket(std::move(connected)) {}

  /// The socket's, which any_io_executor hides: copying that one is not cheap, and Beast does so often.
  executor_type executor() { return *socket.get_executor().target<executor_type>(); }

  /// Waits until it can go on, and goes on; a socket that was closed meanwhile ends it.
  template <class GoOn, class Handler>
  void wait(EdgeStream::State until, Handler handler, GoOn go_on) {
    const auto what =
        until == EdgeStream::State::want_write ? asio::socket_base::wait_write : asio::socket_base::wait_read;
    socket.async_wait(what, [handler = std::move(handler), go_on = std::move(go_on)](const error_code& error) mutable {
      go_on(error, std::move(handler));
    });
  }
  template <class Handler, class... Result>
  void complete(Handler handler, Result... result) {
    asio::post(executor(),
               [handler = std::move(handler), result...]() mutable { std::move(handler)(std::move(result)...); });
  }
  error_code error_of(EdgeStream::State state) {
    if (state == EdgeStream::State::ended) return asio::error::eof;
    failure = stream.failure().text;
    return stream.failure().cause == EdgeStream::Cause::system ? error_code(asio::error::connection_reset)
                                                               : error_code(asio::error::connection_aborted);
  }

  asio::ip::tcp::socket socket;
  EdgeStream stream;
  std::string failure;
};

namespace {

bool is_blocked(EdgeStream::State state) {
  return state == EdgeStream::State::want_read || state == EdgeStream::State::want_write;
}

}  // namespace

AnyStream::AnyStream(asio::ip::tcp::socket socket, Ssl ssl) : state_(std::make_shared<State>(std::move(socket))) {
  error_code ignored;
  state_->socket.non_blocking(true, ignored);
  state_->socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  state_->stream.begin(state_->socket.native_handle());
  if (ssl) state_->stream.secure(std::move(ssl));
}

AnyStream::~AnyStream() {
  if (state_) close();
}

AnyStream::executor_type AnyStream::get_executor() {
  return state_->executor();
}

const std::string& AnyStream::failure() const {
  return state_->failure;
}

void AnyStream::finish() {
  if (state_->socket.is_open()) state_->stream.finish();
}

void AnyStream::close() {
  if (!state_->socket.is_open()) return;
  state_->stream.finish();
  error_code ignored;
  state_->socket.close(ignored);
}

EdgeStream::Progress AnyStream::write_now(std::span<const std::string_view> pieces) {
  const auto progress = state_->stream.write(pieces);
  if (progress.state == EdgeStream::State::failed) state_->failure = state_->stream.failure().text;
  return progress;
}

void AnyStream::async_wait(EdgeStream::State until, Handler handler) {
  state_->wait(until, std::move(handler), [](const error_code& error, Handler waiting) { std::move(waiting)(error); });
}

const ssl_st* AnyStream::ssl() const {
  return state_->stream.ssl();
}

namespace {

/// One try, and as many more as it takes.
template <class State>
void shake_hands(const std::shared_ptr<State>& state, AnyStream::Handler handler) {
  if (!state->socket.is_open()) return state->complete(std::move(handler), error_code(asio::error::operation_aborted));
  const auto progress = state->stream.handshake();
  if (progress.state == EdgeStream::State::done) return state->complete(std::move(handler), error_code());
  if (!is_blocked(progress.state)) return state->complete(std::move(handler), state->error_of(progress.state));
  state->wait(progress.state, std::move(handler), [state](const error_code& error, AnyStream::Handler waiting) {
    if (error) return state->complete(std::move(waiting), error);
    shake_hands(state, std::move(waiting));
  });
}

}  // namespace

void AnyStream::async_handshake(Handler handler) {
  if (!state_->stream.is_secure()) return state_->complete(std::move(handler), error_code());
  shake_hands(state_, std::move(handler));
}

void AnyStream::read(const std::shared_ptr<State>& state, asio::mutable_buffer into, TransferHandler handler) {
  if (!state->socket.is_open())
    return state->complete(std::move(handler), error_code(asio::error::operation_aborted), std::size_t{0});
  if (into.size() == 0) return state->complete(std::move(handler), error_code(), std::size_t{0});
  if (!state->stream.is_secure()) return read_plain(state, into, std::move(handler));
  const auto progress = state->stream.read(std::span(static_cast<char*>(into.data()), into.size()));
  if (progress.state == EdgeStream::State::done)
    return state->complete(std::move(handler), error_code(), progress.bytes);
  if (!is_blocked(progress.state))
    return state->complete(std::move(handler), state->error_of(progress.state), std::size_t{0});
  state->wait(progress.state, std::move(handler), [state, into](const error_code& error, TransferHandler waiting) {
    if (error) return state->complete(std::move(waiting), error, std::size_t{0});
    read(state, into, std::move(waiting));
  });
}

/// By Asio, which asks the kernel for a new readiness only when there is none, as a wait always does.
void AnyStream::read_plain(const std::shared_ptr<State>& state, asio::mutable_buffer into, TransferHandler handler) {
  state->socket.async_read_some(
      asio::buffer(into), [state, handler = std::move(handler)](const error_code& error, std::size_t bytes) mutable {
        if (!error || error == asio::error::eof || error == asio::error::operation_aborted)
          return std::move(handler)(error, bytes);
        state->failure = error.message();
        std::move(handler)(error_code(asio::error::connection_reset), bytes);
      });
}

void AnyStream::write(const std::shared_ptr<State>& state, std::string piece, TransferHandler handler) {
  if (!state->socket.is_open())
    return state->complete(std::move(handler), error_code(asio::error::operation_aborted), std::size_t{0});
  const auto progress = state->stream.write(piece);
  if (progress.state == EdgeStream::State::done)
    return state->complete(std::move(handler), error_code(), progress.bytes);
  if (!is_blocked(progress.state))
    return state->complete(std::move(handler), state->error_of(progress.state), std::size_t{0});
  state->wait(progress.state, std::move(handler),
              [state, piece = std::move(piece)](const error_code& error, TransferHandler waiting) mutable {
                if (error) return state->complete(std::move(waiting), error, std::size_t{0});
                write(state, std::move(piece), std::move(waiting));
              });
}

}  // namespace junctor::net
