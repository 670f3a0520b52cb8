#include "net/edge_connection.hpp"

#include <array>
#include <netinet/tcp.h>
#include <utility>

#include "net/clock.hpp"
#include "net/fd.hpp"
#include "net/socket_address.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Read at most this much before other connections are served. Used by one read at a time, so one buffer serves all.
thread_local std::array<char, EdgeStream::record_bytes> read_buffer;

std::string reason_of(const error_code& error) {
  return error_text(error.value());
}

}  // namespace

EdgeCounters::EdgeCounters(Counters& counters)
    : accepted(counters.get("edge_accepted")),
      connected(counters.get("edge_connected")),
      messages(counters.get("edge_messages")),
      refused_limit(counters.get("edge_refused_limit")),
      refused_peer(counters.get("edge_refused_peer")),
      accept_errors(counters.get("edge_accept_errors")),
      reading_paused(counters.get("edge_reading_paused")),
      closed_by_peer(counters.get("edge_closed_by_peer")),
      closed_by_us(counters.get("edge_closed_by_us")),
      closed_framing(counters.get("edge_closed_framing")),
      closed_slow_sender(counters.get("edge_closed_slow_sender")),
      closed_idle(counters.get("edge_closed_idle")),
      closed_output_limit(counters.get("edge_closed_output_limit")),
      closed_connect_failed(counters.get("edge_closed_connect_failed")),
      closed_connect_timeout(counters.get("edge_closed_connect_timeout")),
      closed_error(counters.get("edge_closed_error")),
      tls_handshakes(counters.get("edge_tls_handshakes")),
      refused_handshakes(counters.get("edge_refused_handshakes")),
      refused_no_certificate(counters.get("edge_refused_no_certificate")),
      tls_failed_protocol(counters.get("edge_tls_failed_protocol")),
      tls_failed_version(counters.get("edge_tls_failed_version")),
      tls_failed_certificate(counters.get("edge_tls_failed_certificate")),
      tls_failed_refused(counters.get("edge_tls_failed_refused")),
      tls_failed_closed(counters.get("edge_tls_failed_closed")),
      tls_failed_timeout(counters.get("edge_tls_failed_timeout")) {}

EdgeConnection::EdgeConnection(asio::io_context& io, const EdgeContext& context, ConnectionId id, ListenerIndex index,
                               const StreamService& service, std::shared_ptr<UnsentBytes> unsent)
    : context_(context),
      id_(id),
      index_(index),
      service_(service),
      socket_(io),
      framer_(service.framer()),
      unsent_(std::move(unsent)),
      since_(now()),
      active_(since_) {}

void EdgeConnection::accept(int fd, int family, std::shared_ptr<const TlsContexts> tls) {
  error_code error;
  socket_.assign(asio::generic::stream_protocol(family, 0), fd, error);
  if (error) {
    Fd(fd).reset();
    return close(reason_of(error), context_.counters.closed_error);
  }
  context_.counters.accepted.add();
  tls_ = std::move(tls);
  Ssl ssl;
  if (tls_) {
    ++context_.handshakes;
    ssl = tls_->accept();
    if (!ssl) return close("no memory for tls", context_.counters.closed_error);
  }
  socket_up(std::move(ssl));
}

void EdgeConnection::connect(const Address& to, Ssl ssl) {
  SocketAddress address;
  const socklen_t length = to_socket_address(to, address);
  error_code error;
  socket_.open(asio::generic::stream_protocol(address.any.sa_family, IPPROTO_TCP), error);
  if (error) return close(reason_of(error), context_.counters.closed_connect_failed);
  socket_.async_connect({&address.any, length},
                        [self = shared_from_this(), secure = std::move(ssl)](const error_code& result) mutable {
                          if (self->state_ == State::closed) return;
                          if (result)
                            return self->close(reason_of(result), self->context_.counters.closed_connect_failed);
                          self->context_.counters.connected.add();
                          self->socket_up(std::move(secure));
                        });
}

void EdgeConnection::socket_up(Ssl ssl) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  const int fd = socket_.native_handle();
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // a local socket has no such option, and no such delay
  stream_.begin(fd);
  if (!ssl) return opened();
  stream_.secure(std::move(ssl));
  state_ = State::handshaking;
  since_ = now();
  shake_hands();
}

void EdgeConnection::shake_hands() {
  switch (stream_.handshake().state) {
    case EdgeStream::State::want_read:
      return wait_readable();
    case EdgeStream::State::want_write:
      return wait_writable();
    case EdgeStream::State::ended:
      return close("tls: closed by peer", context_.counters.tls_failed_closed);
    case EdgeStream::State::failed:
      return fail();
    case EdgeStream::State::done:
      context_.counters.tls_handshakes.add();
      return opened();
  }
}

/// An accepted connection's handshake is over, well or not.
void EdgeConnection::leave_handshake() {
  if (tls_ != nullptr) --context_.handshakes;
  tls_.reset();
}

void EdgeConnection::opened() {
  const int fd = socket_.native_handle();
  active_ = now();
  std::vector<std::string> proven;
  if (tls_) proven = tls_->proven(stream_.ssl());
  leave_handshake();
  deliver([control = context_.control, id = id_, index = index_,
           known = EdgeRegister::Known{service_.sink, unsent_, false, {}, std::move(proven)},
           local = local_address_of(fd),
           remote = peer_address_of(fd)](TimePoint time) { control->on_open(id, index, known, local, remote, time); });
  state_ = State::open;
  send();
  wait_readable();
}

void EdgeConnection::wait_readable() {
  if (waiting_readable_ || state_ == State::closed || !undelivered_.empty()) return;
  waiting_readable_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->waiting_readable_ = false;
    if (self->state_ == State::closed) return;
    if (error) return self->close(reason_of(error), self->context_.counters.closed_error);
    if (self->state_ == State::handshaking) return self->shake_hands();
    self->read();
  });
}

void EdgeConnection::wait_writable() {
  waiting_writable_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->waiting_writable_ = false;
    if (error || self->state_ == State::closed) return;
    if (self->state_ == State::handshaking) return self->shake_hands();
    self->send();
  });
}

void EdgeConnection::read() {
  const EdgeStream::Progress got = stream_.read(read_buffer);
  switch (got.state) {
    case EdgeStream::State::want_read:
    case EdgeStream::State::want_write:
      return wait_readable();
    case EdgeStream::State::ended:
      return state_ == State::closing ? close("closed", context_.counters.closed_by_us)
                                      : close("closed by peer", context_.counters.closed_by_peer);
    case EdgeStream::State::failed:
      return state_ == State::closing ? close("closed", context_.counters.closed_by_us) : fail();
    case EdgeStream::State::done:
      break;
  }
  active_ = now();
  // What still comes after our own close() is read only so that the peer sees an end and not a reset.
  if (state_ == State::open) take({read_buffer.data(), got.bytes});
  wait_readable();
}

void EdgeConnection::take(std::string_view bytes) {
  bool any = false;
  const char* const error = framer_->on_bytes(bytes, [this, &any](std::string&& message) {
    any = true;
    context_.counters.messages.add();
    deliver([control = context_.control, id = id_, message = std::move(message)](TimePoint time) mutable {
      control->on_message(id, std::move(message), time);
    });
  });
  if (error != nullptr) return close(error, context_.counters.closed_framing);
  if (!framer_->partial()) {
    partial_since_ = {};
  } else if (any || partial_since_ == TimePoint{}) {
    partial_since_ = active_;
  }
}

void EdgeConnection::write(std::string&& bytes) {
  if (state_ == State::closed || state_ == State::closing) return;
  output_.push_back(std::move(bytes));
  if (state_ == State::open && !waiting_writable_) send();
}

void EdgeConnection::send() {
  if (state_ != State::open && state_ != State::closing) return;
  while (!output_.empty()) {
    const std::string& first = output_.front();
    const EdgeStream::Progress sent = stream_.write(std::string_view(first).substr(output_sent_));
    if (sent.state == EdgeStream::State::failed) return fail();
    if (sent.state != EdgeStream::State::done) return wait_writable();
    active_ = now();
    unsent_->fetch_sub(sent.bytes, std::memory_order_relaxed);
    output_sent_ += sent.bytes;
    if (output_sent_ < first.size()) continue;
    output_.pop_front();
    output_sent_ = 0;
  }
  if (state_ == State::closing) stream_.finish();
}

void EdgeConnection::fail() {
  EdgeCounters& counters = context_.counters;
  const EdgeStream::Failure& failure = stream_.failure();
  switch (failure.cause) {
    case EdgeStream::Cause::system:
      return close(failure.text, state_ == State::handshaking ? counters.tls_failed_closed : counters.closed_error);
    case EdgeStream::Cause::protocol:
      return close(failure.text, counters.tls_failed_protocol);
    case EdgeStream::Cause::version:
      return close(failure.text, counters.tls_failed_version);
    case EdgeStream::Cause::certificate:
      return close(failure.text, counters.tls_failed_certificate);
    case EdgeStream::Cause::refused:
      return close(failure.text, counters.tls_failed_refused);
  }
}

void EdgeConnection::close() {
  if (state_ == State::closed || state_ == State::closing) return;
  if (state_ == State::connecting || state_ == State::handshaking)
    return close("closed", context_.counters.closed_by_us);
  state_ = State::closing;
  since_ = now();
  if (!waiting_writable_) send();
  wait_readable();
}

void EdgeConnection::close(std::string_view reason, Counter& counter) {
  if (state_ == State::closed) return;
  leave_handshake();
  state_ = State::closed;
  counter.add();
  error_code ignored;
  socket_.close(ignored);
  output_.clear();
  deliver([control = context_.control, id = id_, text = std::string(reason)](TimePoint time) {
    control->on_close(id, text, time);
  });
  if (undelivered_.empty()) context_.owner.finished(id_);
}

void EdgeConnection::abandon() {
  state_ = State::closed;
  error_code ignored;
  socket_.close(ignored);
}

void EdgeConnection::deliver(Task&& task) {
  if (undelivered_.empty() && context_.owner.deliver(std::move(task))) return;
  undelivered_.push_back(std::move(task));
  if (std::exchange(waiting_retry_, true)) return;
  context_.counters.reading_paused.add();
  context_.owner.retry_later(shared_from_this());
}

bool EdgeConnection::deliver_waiting() {
  while (!undelivered_.empty()) {
    if (!context_.owner.deliver(std::move(undelivered_.front()))) return false;
    undelivered_.pop_front();
  }
  return true;
}

void EdgeConnection::retry() {
  if (!deliver_waiting()) return context_.owner.retry_later(shared_from_this());
  waiting_retry_ = false;
  if (state_ == State::closed) return context_.owner.finished(id_);
  wait_readable();
}

void EdgeConnection::check_times(TimePoint now) {
  const EdgeLimits& limits = context_.limits;
  switch (state_) {
    case State::connecting:
      if (now - since_ >= limits.connect_timeout) close("connect timed out", context_.counters.closed_connect_timeout);
      return;
    case State::handshaking:
      if (now - since_ >= limits.handshake_timeout) {
        close("tls: handshake timed out", context_.counters.tls_failed_timeout);
      }
      return;
    case State::closing:
      if (now - since_ >= limits.close_timeout) close("closed", context_.counters.closed_by_us);
      return;
    case State::open:
      // While reading is paused it is we who are slow.
      if (partial_since_ != TimePoint{} && undelivered_.empty() && now - partial_since_ >= limits.message_timeout) {
        return close("message incomplete for too long", context_.counters.closed_slow_sender);
      }
      if (service_.idle_timeout > Duration::zero() && now - active_ >= service_.idle_timeout) {
        close("idle", context_.counters.closed_idle);
      }
      return;
    case State::closed:
      return;
  }
}

}  // namespace junctor::net
