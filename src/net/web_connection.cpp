#include "net/web_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "net/clock.hpp"
#include "net/socket_address.hpp"
#include "net/web_connection_parts.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

// What is thrown away lands here, of all connections.
thread_local std::array<char, EdgeStream::record_bytes> nowhere;

constexpr Duration forever = std::chrono::hours(24);
// A buffer that has grown beyond this gives its memory back between requests.
constexpr std::size_t kept_buffer_bytes = 2'048;

std::string_view view_of(beast::string_view text) {
  return {text.data(), text.size()};
}

/// RFC 9112 §3.2: also of an absolute URI.
std::string_view path_of(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string problem_of(int status, std::string_view title) {
  return "{\"type\":\"about:blank\",\"title\":\"" + std::string(title) + "\",\"status\":" + std::to_string(status) +
         '}';
}

std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "The request cannot be read";
    case 413:
      return "The body is too large";
    case 426:
      return "WebSocket of version 13 is needed";
    case 431:
      return "The headers are too large";
    default:
      return "Nobody has answered in time";
  }
}

/// One that async_accept() of Beast takes (RFC 6455 §4.2.1).
bool asks_for_socket(const http::request<http::string_body>& request) {
  return beast::websocket::is_upgrade(request) && request[http::field::sec_websocket_version] == "13" &&
         request.count(http::field::host) > 0 && !request[http::field::sec_websocket_key].empty();
}

}  // namespace

WebCounters::WebCounters(Counters& counters)
    : accepted(counters.get("web_accepted")),
      requests(counters.get("web_requests")),
      sockets(counters.get("web_sockets")),
      event_streams(counters.get("web_event_streams")),
      messages_received(counters.get("web_messages_received")),
      messages_sent(counters.get("web_messages_sent")),
      broadcasts(counters.get("web_broadcasts")),
      reading_paused(counters.get("web_reading_paused")),
      refused_limit(counters.get("web_refused_limit")),
      refused_handshakes(counters.get("web_refused_handshakes")),
      refused_no_certificate(counters.get("web_refused_no_certificate")),
      refused_header(counters.get("web_refused_header_too_large")),
      refused_body(counters.get("web_refused_body_too_large")),
      refused_bad_request(counters.get("web_refused_bad_request")),
      closed_by_peer(counters.get("web_closed_by_peer")),
      closed_by_us(counters.get("web_closed_by_us")),
      closed_idle(counters.get("web_closed_idle")),
      closed_slow_sender(counters.get("web_closed_slow_sender")),
      closed_unanswered(counters.get("web_closed_unanswered")),
      closed_stalled(counters.get("web_closed_stalled")),
      closed_silent(counters.get("web_closed_silent")),
      closed_output_limit(counters.get("web_closed_output_limit")),
      closed_message_limit(counters.get("web_closed_message_limit")),
      closed_protocol(counters.get("web_closed_protocol")),
      closed_error(counters.get("web_closed_error")),
      closed_stop(counters.get("web_closed_stop")),
      tls_handshakes(counters.get("web_tls_handshakes")),
      tls_failed(counters.get("web_tls_failed")),
      accept_errors(counters.get("web_accept_errors")) {}

WebConnection::WebConnection(const WebContext& context, std::uint64_t serial, asio::ip::tcp::socket socket, Ssl ssl)
    : context_(context),
      serial_(serial),
      remote_(peer_address_of(socket.native_handle())),
      secure_(ssl != nullptr),
      link_(std::make_shared<WebLink>(std::move(socket), std::move(ssl), static_cast<WebLinkOwner&>(*this))),
      since_(now()),
      in_handshake_(secure_) {
  context_.counters.accepted.add();
  if (in_handshake_) ++context_.handshakes;
}

WebConnection::~WebConnection() = default;

// --- requests

void WebConnection::start() {
  enter(State::handshaking);
  link_->stream().async_handshake([self = shared_from_this()](const error_code& error) {
    if (self->state_ == State::closed) return;
    if (error) return self->over(self->context_.counters.tls_failed);
    self->secured();
  });
}

void WebConnection::leave_handshake() {
  if (std::exchange(in_handshake_, false)) --context_.handshakes;
}

void WebConnection::secured() {
  if (secure_) {
    context_.counters.tls_handshakes.add();
    subject_ = common_name(link_->stream().ssl());
  }
  leave_handshake();
  http_ = std::make_unique<Http>(WebLayer(*link_));
  next_request();
}

void WebConnection::next_request() {
  if (going_away_) return finish_up();
  link_->expect();
  enter(State::reading);
  http_->request = {};
  if (http_->buffer.size() == 0 && http_->buffer.capacity() > kept_buffer_bytes) http_->buffer.shrink_to_fit();
  http_->parser.emplace();
  http_->parser->header_limit(static_cast<std::uint32_t>(context_.limits.header_bytes));
  http_->parser->body_limit(context_.limits.body_bytes);
  http::async_read_header(http_->layer, http_->buffer, *http_->parser,
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (self->state_ != State::reading) return;
                            if (error) return self->fail_reading(error);
                            self->read_body();
                          });
}

void WebConnection::read_body() {
  if (http_->parser->is_done()) return take_request();
  if (beast::iequals(http_->parser->get()[http::field::expect], "100-continue")) {
    static const SharedText go_on = std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n");
    link_->put(go_on);
    link_->flush();
  }
  http::async_read(http_->layer, http_->buffer, *http_->parser,
                   [self = shared_from_this()](const error_code& error, std::size_t) {
                     if (self->state_ != State::reading) return;
                     if (error) return self->fail_reading(error);
                     self->take_request();
                   });
}

void WebConnection::fail_reading(const error_code& error) {
  WebCounters& counters = context_.counters;
  if (error == http::error::header_limit) return refuse(431, counters.refused_header);
  if (error == http::error::body_limit) return refuse(413, counters.refused_body);
  if (error == http::error::end_of_stream || error == http::error::partial_message || error == asio::error::eof)
    return over(counters.closed_by_peer);
  if (error.category() == make_error_code(http::error::bad_method).category())
    return refuse(400, counters.refused_bad_request);
  over(counters.closed_error);
}

void WebConnection::take_request() {
  is_first_ = false;
  http_->request = http_->parser->release();
  http_->parser.reset();
  auto& from = http_->request;
  WebRequest request;
  request.target = path_of(view_of(from.target()));
  // RFC 9112 §3.2
  const bool named = from.version() < 11 || from.count(http::field::host) == 1;
  if (request.target.empty() || !named) return refuse(400, context_.counters.refused_bad_request);
  head_ = from.method() == http::verb::head;
  chunked_ = from.version() >= 11;
  keep_alive_ = from.keep_alive();
  request.method = head_ ? "GET" : view_of(from.method_string());
  for (const auto& field : from) request.headers.emplace_back(view_of(field.name_string()), view_of(field.value()));
  request.body = std::move(from.body());
  request.remote = remote_;
  request.secure = secure_;
  request.client_subject = subject_;
  request.web_socket = asks_for_socket(from);
  if (beast::websocket::is_upgrade(from) && !request.web_socket)
    return refuse(426, context_.counters.refused_bad_request);

  context_.counters.requests.add();
  enter(State::answering);
  id_ = context_.owner.add(*this);
  const std::size_t bytes = request.body.size() + request.target.size();
  deliver(
      [control = context_.control, id = id_, bytes, request = std::move(request)](TimePoint time) mutable {
        control->cancel_delivery(bytes);
        control->on_request(id, std::move(request), time);
      },
      bytes);
}

void WebConnection::refuse(int status, Counter& why) {
  why.add();
  WebResponse response{status, "application/problem+json", problem_of(status, title_of(status)), {}};
  if (status == 426) response.headers.emplace_back("Sec-WebSocket-Version", "13");
  answer(std::move(response), false);
}

void WebConnection::respond(WebResponse response) {
  if (state_ != State::answering) return;
  told_closed({});
  answer(std::move(response), keep_alive_);
}

void WebConnection::answer(WebResponse response, bool keep_alive) {
  keep_alive_ = keep_alive && !going_away_;
  log_request(response.status, response.body.size());
  enter(State::responding);
  link_->put(std::make_shared<const std::string>(response_head(response, response.body.size(), chunked_, keep_alive_)));
  if (!head_) link_->put(std::make_shared<const std::string>(std::move(response.body)));
  context_.owner.flush_later(shared_from_this());
}

/// One line for each, with what was asked and not with its query, where secrets may be.
void WebConnection::log_request(int status, std::size_t bytes) {
  constexpr std::size_t path_bytes_max = 200;
  const std::string_view path = path_of(view_of(http_->request.target()));
  const auto took = std::chrono::duration_cast<milliseconds>(now() - since_);
  context_.log.info("http", {{"method", std::string(http_->request.method_string())},
                             {"path", std::string(path.substr(0, path.find('?')).substr(0, path_bytes_max))},
                             {"status", std::to_string(status)},
                             {"bytes", std::to_string(bytes)},
                             {"ms", std::to_string(took.count())},
                             {"remote", to_string(remote_)}});
}

void WebConnection::on_drained() {
  if (state_ != State::responding) return;
  if (keep_alive_) return next_request();
  finish_up();
}

void WebConnection::on_broken() {
  over(context_.counters.closed_error);
}

// --- event streams

void WebConnection::open(WebOpening how) {
  if (state_ != State::answering) return;
  flow_ = std::move(how.flow);
  output_bytes_max_ = how.terms.output_bytes_max;
  link_->account(flow_);
  log_request(how.events ? 200 : 101, 0);
  if (how.events) return open_events();
  open_socket(std::move(how));
}

void WebConnection::open_events() {
  context_.counters.event_streams.add();
  const WebResponse response{200, "text/event-stream", {}, {{"Cache-Control", "no-store"}}};
  link_->put(std::make_shared<const std::string>(response_head(response, {}, chunked_, false)));
  http_.reset();
  enter(State::events);
  context_.owner.flush_later(shared_from_this());
  if (head_) return close(0, {}, context_.counters.closed_by_us);
  discard();
}

// --- what both have

void WebConnection::give(WebMessage& message, bool at_once) {
  flow_->take_unsent(message.plain()->size());  // the link counts the whole of it
  if (state_ == State::opening) return put_frame(message.frame());
  const SharedText& piece = state_ == State::socket ? message.frame() : chunked_ ? message.chunk() : message.plain();
  if (at_once && link_->send(piece)) return;
  if (!at_once) link_->put(piece);
  context_.owner.flush_later(shared_from_this());
}

void WebConnection::flush() {
  waiting_flush_ = false;
  link_->flush();
}

// --- ends

/// The id is over.
void WebConnection::told_closed(const WebClose& close) {
  if (!id_) return;
  const WebId id = std::exchange(id_, {});
  context_.owner.remove(id);
  context_.owner.work_at(*this, {});
  if (const auto servant = std::move(servant_)) servant->on_closed(close, now());
  if (!flow_) return;
  deliver(
      [control = context_.control, id, close](TimePoint time) {
        control->cancel_delivery(0);
        control->on_closed(id, close, time);
      },
      0);
}

/// What is queued still leaves, then the far end sees the end.
void WebConnection::finish_up() {
  if (state_ == State::closed || state_ == State::finishing) return;
  enter(State::finishing);
  link_->finish();
  context_.owner.flush_later(shared_from_this());
  if (!discarding_) discard();
}

/// Until the far end's end; closing with something unread would be a reset, which takes what is on its way with it.
void WebConnection::discard() {
  discarding_ = true;
  link_->stream().async_read_some(asio::buffer(nowhere),
                                  [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (self->state_ == State::closed) return;
                                    if (!error) return self->discard();
                                    if (self->state_ == State::finishing) return self->gone();
                                    self->over(self->context_.counters.closed_by_peer);
                                  });
}

/// At once, and counted.
void WebConnection::over(Counter& why) {
  if (state_ == State::closed) return;
  why.add();
  gone();
}

void WebConnection::gone() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  leave_handshake();
  told_closed({});
  link_->leave();
  link_->close();
  if (undelivered_.empty()) context_.owner.finished(*this);
}

void WebConnection::abandon() {
  state_ = State::closed;
  if (id_) context_.owner.remove(std::exchange(id_, {}));
  if (const auto servant = std::move(servant_)) servant->on_closed({}, now());
  leave_handshake();
  undelivered_.clear();
  link_->leave();
  link_->close();
}

void WebConnection::go_away() {
  going_away_ = true;
  switch (state_) {
    case State::handshaking:
    case State::reading:
    case State::answering:  // who would have answered does not any more
      return over(context_.counters.closed_stop);
    case State::opening:
    case State::socket:
    case State::events:
      return close(close_code::going_away, "the hub stops", context_.counters.closed_stop);
    case State::responding:
    case State::finishing:
    case State::closed:
      return;
  }
}

// --- time

void WebConnection::enter(State state) {
  state_ = state;
  since_ = now();
  left_ = link_->left();
  const TimePoint due = since_ + patience();
  if (check_due_ != TimePoint{} && check_due_ <= due) return;  // it is looked at before
  check_due_ = due;
  context_.owner.check_at(*this, due);
}

/// How long it may stay as it is, counted from since_.
Duration WebConnection::patience() const {
  const WebLimits& limits = context_.limits;
  switch (state_) {
    case State::handshaking:
      return limits.handshake_timeout;
    case State::reading:
      return std::min(limits.idle_timeout, limits.request_timeout);
    case State::answering:
      return limits.answer_timeout;
    case State::responding:
    case State::opening:
      return limits.stall_timeout;
    case State::socket:
      return closing_ ? limits.close_timeout : ping_every();
    case State::finishing:
      return limits.close_timeout;
    case State::events:
    case State::closed:
      break;
  }
  return forever;
}

bool WebConnection::stalls(TimePoint now) {
  if (const std::uint64_t left = link_->left(); left != left_) {
    left_ = left;
    since_ = now;
  }
  return now - since_ >= context_.limits.stall_timeout;
}

void WebConnection::check_times(TimePoint now) {
  check_due_ = {};
  check(now);
  if (state_ == State::closed || check_due_ != TimePoint{}) return;
  // What has not run out yet is looked at again when it might have; never at once.
  check_due_ = std::max(since_ + patience(), now + milliseconds(1));
  context_.owner.check_at(*this, check_due_);
}

void WebConnection::check(TimePoint now) {
  const WebLimits& limits = context_.limits;
  WebCounters& counters = context_.counters;
  const auto is_over = [&](Duration time) { return now - since_ >= time; };
  switch (state_) {
    case State::handshaking:
      if (is_over(limits.handshake_timeout)) over(counters.tls_failed);
      return;
    case State::reading:
      return check_request(now);
    case State::answering:
      if (!is_over(limits.answer_timeout)) return;
      told_closed({});
      return refuse(504, counters.closed_unanswered);
    case State::responding:
    case State::opening:
      if (stalls(now)) over(counters.closed_stalled);
      return;
    case State::socket:
      return check_far_end(now);
    case State::finishing:
      if (is_over(limits.close_timeout)) gone();
      return;
    case State::events:
    case State::closed:
      return;
  }
}

/// Whoever has connected has something to ask; later ones may wait before they begin, but not within a request.
void WebConnection::check_request(TimePoint now) {
  const WebLimits& limits = context_.limits;
  const TimePoint begun = is_first_ ? since_ : link_->first_arrived();
  if (begun == TimePoint{}) {
    if (now - since_ >= limits.idle_timeout) over(context_.counters.closed_idle);
  } else if (now - begun >= limits.request_timeout) {
    over(context_.counters.closed_slow_sender);
  }
}

// --- toward the control thread

void WebConnection::deliver(Task&& task, std::size_t bytes) {
  if (undelivered_.empty() && context_.owner.deliver(task, bytes)) return;
  undelivered_.push_back({std::move(task), bytes});
  wait_to_retry();
}

void WebConnection::wait_to_retry() {
  if (std::exchange(waiting_retry_, true)) return;
  context_.counters.reading_paused.add();
  context_.owner.retry_later(shared_from_this());
}

bool WebConnection::deliver_waiting() {
  std::size_t done = 0;
  while (done < undelivered_.size() && context_.owner.deliver(undelivered_[done].task, undelivered_[done].bytes))
    ++done;
  undelivered_.erase(undelivered_.begin(), undelivered_.begin() + static_cast<std::ptrdiff_t>(done));
  return undelivered_.empty();
}

bool WebConnection::is_held_up() const {
  return !undelivered_.empty() ||
         (flow_ && flow_->arriving.load(std::memory_order_relaxed) >= context_.limits.deliveries_per_socket);
}

void WebConnection::retry() {
  if (!deliver_waiting() || (state_ == State::socket && is_held_up()))
    return context_.owner.retry_later(shared_from_this());
  waiting_retry_ = false;
  if (state_ == State::closed) return context_.owner.finished(*this);
  if (state_ == State::socket) read_message();
}

}  // namespace junctor::net
