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
constexpr std::size_t read_bytes = 16 * 1024;
thread_local std::array<char, read_bytes> read_buffer;

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
      closed_error(counters.get("edge_closed_error")) {}

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

void EdgeConnection::accept(int fd, int family) {
  error_code error;
  socket_.assign(asio::generic::stream_protocol(family, 0), fd, error);
  if (error) {
    Fd(fd).reset();
    return close(reason_of(error), context_.counters.closed_error);
  }
  context_.counters.accepted.add();
  opened();
}

void EdgeConnection::connect(const Address& to) {
  SocketAddress address;
  const socklen_t length = to_socket_address(to, address);
  error_code error;
  socket_.open(asio::generic::stream_protocol(address.any.sa_family, IPPROTO_TCP), error);
  if (error) return close(reason_of(error), context_.counters.closed_connect_failed);
  socket_.async_connect({&address.any, length}, [self = shared_from_this()](const error_code& result) {
    if (self->state_ == State::closed) return;
    if (result) return self->close(reason_of(result), self->context_.counters.closed_connect_failed);
    self->context_.counters.connected.add();
    self->opened();
  });
}

void EdgeConnection::opened() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  const int fd = socket_.native_handle();
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // a local socket has no such option, and no such delay
  active_ = now();
  deliver([control = context_.control, id = id_, index = index_,
           known = EdgeRegister::Known{service_.sink, unsent_, false}, local = local_address_of(fd),
           remote = peer_address_of(fd)](TimePoint time) { control->on_open(id, index, known, local, remote, time); });
  if (state_ == State::connecting) state_ = State::open;
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
    self->read();
  });
}

void EdgeConnection::read() {
  error_code error;
  const std::size_t got = socket_.read_some(asio::buffer(read_buffer), error);
  if (error == asio::error::would_block) return wait_readable();
  if (error) {
    const bool ours = state_ == State::closing;
    if (ours) return close("closed", context_.counters.closed_by_us);
    if (error == asio::error::eof) return close("closed by peer", context_.counters.closed_by_peer);
    return close(reason_of(error), context_.counters.closed_error);
  }
  active_ = now();
  // What still comes after our own close() is read only so that the peer sees an end and not a reset.
  if (state_ == State::open) take({read_buffer.data(), got});
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
  if (state_ == State::closed || state_ == State::connecting) return;
  while (!output_.empty()) {
    const std::string& first = output_.front();
    error_code error;
    const std::size_t sent =
        first.size() == output_sent_
            ? 0
            : socket_.write_some(asio::buffer(first.data() + output_sent_, first.size() - output_sent_), error);
    if (error == asio::error::would_block) {
      waiting_writable_ = true;
      socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& result) {
        self->waiting_writable_ = false;
        if (!result) self->send();
      });
      return;
    }
    if (error) return close(reason_of(error), context_.counters.closed_error);
    active_ = now();
    unsent_->fetch_sub(sent, std::memory_order_relaxed);
    output_sent_ += sent;
    if (output_sent_ < first.size()) continue;
    output_.pop_front();
    output_sent_ = 0;
  }
  if (state_ == State::closing) {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
}

void EdgeConnection::close() {
  if (state_ == State::closed || state_ == State::closing) return;
  if (state_ == State::connecting) return close("closed", context_.counters.closed_by_us);
  state_ = State::closing;
  since_ = now();
  if (!waiting_writable_) send();
  wait_readable();
}

void EdgeConnection::close(std::string_view reason, Counter& counter) {
  if (state_ == State::closed) return;
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
