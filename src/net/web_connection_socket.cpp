// A connection that has become a WebSocket: Beast reads and answers what the protocol wants answered; messages, pings
// and our own close are frames that we put into the link's queue ourselves.
#include <algorithm>
#include <boost/beast/core/buffers_to_string.hpp>
#include <utility>

#include "net/clock.hpp"
#include "net/web_connection_parts.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ws = beast::websocket;
using boost::system::error_code;

// A buffer that has grown beyond this gives its memory back after the message.
constexpr std::size_t kept_buffer_bytes = 2'048;
constexpr Duration forever = std::chrono::hours(24);
constexpr int unanswered_pings_max = 2;

std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

}  // namespace

void WebConnection::open_socket(WebOpening how) {
  enter(State::opening);
  servant_ = std::move(how.servant);
  link_->unread(beast::buffers_to_string(http_->buffer.data()));
  socket_ = std::make_unique<Socket>(*link_);
  socket_->ping_every = how.terms.ping_every;
  auto& stream = socket_->stream;
  stream.set_option(ws::stream_base::timeout{ws::stream_base::none(), ws::stream_base::none(), false});
  stream.read_message_max(how.terms.message_bytes_max);
  stream.set_option(ws::stream_base::decorator([terms = std::move(how.terms)](ws::response_type& response) {
    response.set(http::field::server, "junctor");
    if (!terms.subprotocol.empty()) response.set(http::field::sec_websocket_protocol, terms.subprotocol);
    for (const auto& [name, value] : terms.headers) response.insert(name, value);
  }));
  stream.async_accept(http_->request, [self = shared_from_this()](const error_code& error) {
    if (self->state_ != State::opening) return;
    if (!error) return self->opened_socket();
    self->context_.counters.closed_protocol.add();
    self->told_closed({});
    self->finish_up();
  });
}

void WebConnection::opened_socket() {
  http_.reset();
  socket_->stream.set_option(ws::stream_base::decorator([](ws::response_type&) {}));
  context_.counters.sockets.add();
  enter(State::socket);
  for (SharedText& frame : std::exchange(socket_->early, {})) link_->put(std::move(frame));
  if (closing_) link_->seal();
  context_.owner.flush_later(shared_from_this());
  if (servant_) {
    servant_->on_open(id_, context_.owner.talker(), now());
    work(now());
  }
  read_message();
}

void WebConnection::read_message() {
  if (std::exchange(reading_, true)) return;
  socket_->stream.async_read(socket_->incoming, [self = shared_from_this()](const error_code& error, std::size_t) {
    const WebTurn turn(self->context_.owner);
    self->reading_ = false;
    if (self->state_ != State::socket) return;
    if (error) return self->end_socket(error);
    self->take_message();
    if (self->state_ != State::socket) return;
    if (self->is_held_up()) return self->wait_to_retry();
    self->read_message();
  });
}

void WebConnection::take_message() {
  auto& incoming = socket_->incoming;
  const auto bytes = incoming.cdata();
  const std::string_view message(static_cast<const char*>(bytes.data()), bytes.size());
  const bool binary = socket_->stream.got_binary();
  if (!closing_) {
    context_.counters.messages_received.add();
    if (servant_) {
      binary ? servant_->on_binary(message, now()) : servant_->on_text(message, now());
      work(now());
    } else {
      flow_->arriving.fetch_add(1, std::memory_order_relaxed);
      deliver(
          [control = context_.control, id = id_, flow = flow_, binary,
           text = std::string(message)](TimePoint time) mutable {
            control->cancel_delivery(text.size());
            flow->arriving.fetch_sub(1, std::memory_order_relaxed);
            control->on_message(id, std::move(text), binary, time);
          },
          message.size());
    }
  }
  incoming.consume(incoming.size());
  if (incoming.capacity() > kept_buffer_bytes) incoming.shrink_to_fit();
}

void WebConnection::end_socket(const error_code& error) {
  WebCounters& counters = context_.counters;
  const auto& said = socket_->stream.reason();
  const bool closed = error == ws::error::closed;
  const WebClose close = closed ? WebClose{said.code == ws::close_code::none ? std::uint16_t{1005} : said.code,
                                           one_line(std::string(said.reason.data(), said.reason.size()))}
                                : WebClose{};
  if (!closing_) {
    const bool protocol = error.category() == make_error_code(ws::error::closed).category();
    Counter& why = closed                                ? counters.closed_by_peer
                   : error == ws::error::message_too_big ? counters.closed_message_limit
                   : protocol                            ? counters.closed_protocol
                   : error == asio::error::eof           ? counters.closed_by_peer
                                                         : counters.closed_error;
    why.add();
  }
  told_closed(close);
  finish_up();
}

void WebConnection::put_frame(const SharedText& frame) {
  if (state_ == State::opening) {
    if (!closing_) socket_->early.push_back(frame);
  } else {
    link_->put(frame);
  }
}

void WebConnection::give_binary(std::string_view message) {
  flow_->take_unsent(message.size());
  if (state_ == State::events) return;
  context_.counters.messages_sent.add();
  put_frame(frame_of(Opcode::binary, message));
  context_.owner.flush_later(shared_from_this());
}

void WebConnection::say(Opcode opcode, std::string_view message) {
  if (state_ != State::socket || closing_) return;
  if (link_->unsent() + message.size() > output_bytes_max_)
    return close(close_code::try_again, "too much unsent output", context_.counters.closed_output_limit);
  context_.counters.messages_sent.add();
  link_->put(frame_of(opcode, message));
  context_.owner.flush_later(shared_from_this());
}

void WebConnection::close(std::uint16_t code, std::string_view reason, Counter& why) {
  if (closing_ || !id_) return;
  if (state_ == State::events) {
    why.add();
    if (chunked_) link_->put(last_chunk());
    told_closed({});
    return finish_up();
  }
  if (state_ != State::socket && state_ != State::opening) return;
  why.add();
  put_frame(close_frame(code, reason));
  closing_ = true;
  if (state_ == State::socket) link_->seal();
  enter(state_);
  context_.owner.flush_later(shared_from_this());
}

void WebConnection::work(TimePoint now) {
  if (servant_ && state_ == State::socket) context_.owner.work_at(*this, servant_->work(now));
}

Duration WebConnection::ping_every() const {
  return socket_->ping_every > Duration::zero() ? socket_->ping_every : forever;
}

/// Whoever neither sends nor takes a byte is pinged, and given up in the end.
void WebConnection::check_far_end(TimePoint now) {
  if (closing_) {
    if (now - since_ >= context_.limits.close_timeout) gone();
    return;
  }
  if (now - since_ < ping_every()) return;
  const std::uint64_t left = link_->left();
  // While reading is paused it is we who are slow.
  const bool lives = link_->arrived() >= since_ || waiting_retry_ || (!link_->is_drained() && left != left_);
  if (lives) socket_->unanswered_pings = 0;
  if (socket_->unanswered_pings == unanswered_pings_max) return over(context_.counters.closed_silent);
  ++socket_->unanswered_pings;
  since_ = now;
  if (link_->is_drained()) {
    link_->put(ping_frame());
    link_->flush();
  }
  left_ = link_->left();
}

}  // namespace junctor::net
