#pragma once
// One connection of the HTTP server, on the web thread: requests one after the other, until one of them becomes a
// WebSocket or an event stream.
//
//   handshaking → reading → answering → responding → reading …
//                                     → opening → socket → finishing
//                                     → events           → finishing → closed
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "net/web_frames.hpp"
#include "net/web_link.hpp"
#include "net/web_register.hpp"
#include "net/web_server.hpp"

namespace junctor::net {

class WebConnection;

struct WebCounters {
  explicit WebCounters(Counters& counters);

  Counter &accepted, &requests, &sockets, &event_streams, &messages_received, &messages_sent, &broadcasts,
      &reading_paused, &refused_limit, &refused_handshakes, &refused_no_certificate, &refused_header, &refused_body,
      &refused_bad_request, &closed_by_peer, &closed_by_us, &closed_idle, &closed_slow_sender, &closed_unanswered,
      &closed_stalled, &closed_silent, &closed_output_limit, &closed_message_limit, &closed_protocol, &closed_error,
      &closed_stop, &tls_handshakes, &tls_failed, &accept_errors;
};

/// The thread, as its connections see it.
class WebOwner {
 public:
  /// Until the turn ends the control thread need not wake this one: what it said meanwhile is done then.
  virtual void begin_turn() = 0;
  virtual void end_turn() = 0;
  /// False, with `task` untouched, when the control thread has enough.
  virtual bool deliver(Task& task, std::size_t bytes) = 0;
  virtual void retry_later(std::shared_ptr<WebConnection> connection) = 0;
  virtual void flush_later(std::shared_ptr<WebConnection> connection) = 0;
  virtual WebId add(WebConnection& connection) = 0;
  virtual void remove(WebId id) = 0;
  virtual void work_at(WebConnection& connection, std::optional<TimePoint> time) = 0;
  virtual void check_at(WebConnection& connection, TimePoint time) = 0;
  virtual void finished(WebConnection& connection) = 0;
  virtual WebTalker& talker() = 0;

 protected:
  ~WebOwner() = default;
};

class WebTurn {
 public:
  explicit WebTurn(WebOwner& owner) : owner_(owner) { owner_.begin_turn(); }
  ~WebTurn() { owner_.end_turn(); }
  WebTurn(const WebTurn&) = delete;
  WebTurn& operator=(const WebTurn&) = delete;

 private:
  WebOwner& owner_;
};

struct WebContext {
  WebOwner& owner;
  const WebLimits& limits;
  Log& log;
  WebCounters& counters;
  std::shared_ptr<WebRegister> control;
  std::size_t& handshakes;
};

class WebConnection final : public std::enable_shared_from_this<WebConnection>, private WebLinkOwner {
 public:
  /// With `ssl` it is secure.
  WebConnection(const WebContext& context, std::uint64_t serial, boost::asio::ip::tcp::socket socket, Ssl ssl);
  ~WebConnection();

  void start();
  /// No other one has or had it.
  std::uint64_t serial() const { return serial_; }

  // Of the request, WebSocket or event stream that has the id now.

  void respond(WebResponse response);
  void open(WebOpening how);
  /// Its bytes are counted as unsent already. `at_once`: not later together with others.
  void give(WebMessage& message, bool at_once);
  /// That it is about to be given something.
  void fetch_link() const {
    __builtin_prefetch(link_.get());
    __builtin_prefetch(flow_.get());
  }
  void fetch_stream() const { link_->fetch_stream(); }
  void give_binary(std::string_view message);
  /// They are not.
  void say(Opcode opcode, std::string_view message);
  std::size_t unsent() const { return link_->unsent(); }
  void close(std::uint16_t code, std::string_view reason, Counter& why);
  /// The servant's.
  void work(TimePoint now);
  TimePoint check_due() const { return check_due_; }
  TimePoint work_due() const { return work_due_; }
  void set_work_due(TimePoint at) { work_due_ = at; }

  void flush();
  /// False: it is on the list already.
  bool wants_flush() { return !std::exchange(waiting_flush_, true); }
  /// The server stops.
  void go_away();
  /// At once, and nobody is told but the servant.
  void abandon();
  /// When a time is over that check_at() was told of.
  void check_times(TimePoint now);
  /// Delivers what waits.
  void retry();

 private:
  enum class State : std::uint8_t {
    handshaking,
    reading,
    answering,
    responding,
    opening,
    socket,
    events,
    finishing,
    closed
  };
  struct Http;    // a request; between them as well
  struct Socket;  // a WebSocket

  // WebLinkOwner
  void on_drained() override;
  void on_broken() override;

  // Requests (web_connection.cpp).
  void secured();
  void leave_handshake();
  void next_request();
  void read_body();
  void fail_reading(const AnyStream::ErrorCode& error);
  void take_request();
  void refuse(int status, Counter& why);
  void answer(WebResponse response, bool keep_alive);
  void log_request(int status, std::size_t bytes);

  // Event streams (web_connection.cpp).
  void open_events();

  // WebSockets (web_connection_socket.cpp).
  void open_socket(WebOpening how);
  void opened_socket();
  void read_message();
  void take_message();
  void end_socket(const AnyStream::ErrorCode& error);
  void put_frame(const SharedText& frame);
  void check_far_end(TimePoint now);

  // Ends.
  void told_closed(const WebClose& close);
  void finish_up();
  void discard();
  void over(Counter& why);
  void gone();

  void deliver(Task&& task, std::size_t bytes);
  bool deliver_waiting();
  void wait_to_retry();
  bool is_held_up() const;
  bool stalls(TimePoint now);
  void enter(State state);
  void check(TimePoint now);
  void check_request(TimePoint now);
  Duration ping_every() const;
  Duration patience() const;

  const WebContext& context_;
  const std::uint64_t serial_;
  const Address remote_;
  const bool secure_;
  const std::shared_ptr<WebLink> link_;
  std::string subject_;
  State state_ = State::handshaking;
  WebId id_;
  std::unique_ptr<Http> http_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<WebServant> servant_;
  std::shared_ptr<WebFlow> flow_;  // of a WebSocket or event stream
  std::size_t output_bytes_max_ = 0;
  struct Undelivered {
    Task task;
    std::size_t bytes = 0;
  };
  std::vector<Undelivered> undelivered_;
  TimePoint since_;         // of the state, or of what is waited for in it
  TimePoint check_due_{};   // the earliest that check_at() was told
  TimePoint work_due_{};    // of the servant; none: {}
  std::uint64_t left_ = 0;  // WebLink::left() at since_
  bool is_first_ = true;    // request
  bool keep_alive_ = false, head_ = false, chunked_ = false;
  bool in_handshake_ = false;  // that counts toward the bound
  bool closing_ = false;       // by ourselves; the far end's close frame is still to come
  bool discarding_ = false;    // what comes is read and thrown away
  bool reading_ = false;       // a message
  bool waiting_retry_ = false, waiting_flush_ = false, going_away_ = false;
};

}  // namespace junctor::net
