#include "net/web_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/clock.hpp"
#include "net/thread_role.hpp"

namespace junctor::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t command_capacity = 1'024;  // more wait in the control thread's backlog
constexpr std::size_t roused_capacity = 4'096;   // beyond it every servant is roused
// How soon a full inbox is tried again, and a listener after the process ran out of descriptors.
constexpr milliseconds retry_interval{2};
constexpr milliseconds accept_pause{100};

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

WebThread::WebThread(const WebLimits& limits, ControlLoop& control, Log& log, Counters& counters,
                     std::shared_ptr<WebRegister> control_side)
    : limits_(limits),
      control_(control),
      counters_(counters),
      context_{*this, limits_, log, counters_, std::move(control_side), handshakes_},
      waker_([this] { asio::post(io_, [this] { run_commands(); }); }),
      commands_(command_capacity, waker_),
      roused_(roused_capacity),
      retry_(io_),
      stop_(io_),
      works_(io_),
      checks_(io_) {}

WebThread::~WebThread() {
  stop();
}

void WebThread::listen(Fd fd, int family, bool secure) {
  listeners_.push_back(std::make_unique<Listener>(io_, secure));
  listeners_.back()->acceptor.assign(family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd.release());
}

void WebThread::start() {
  thread_ = std::thread([this] {
    name_thread("web");
    const auto work = asio::make_work_guard(io_);
    run_commands();
    for (const auto& listener : listeners_) accept(*listener);
    io_.run();
  });
}

void WebThread::stop() {
  if (thread_.joinable()) {
    stopping_ = true;
    waker_.wake();
    thread_.join();
  }
  listeners_.clear();
  unflushed_.clear();
  retries_.clear();
  for (const auto& [key, connection] : std::exchange(connections_, {})) connection->abandon();
}

/// Everybody is told; then the thread ends, when all have gone or their time is over.
void WebThread::go_away() {
  if (std::exchange(going_away_, true)) return;
  for (const auto& listener : listeners_) listener->acceptor.close();
  std::vector<std::shared_ptr<WebConnection>> all;  // closing one changes the table
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  for (const auto& connection : all) connection->go_away();
  flush_all();
  stop_.expires_after(limits_.stop_timeout);
  stop_.async_wait([this](const error_code&) { io_.stop(); });
  if (connections_.empty()) io_.stop();
}

// --- accepting

void WebThread::accept(Listener& listener) {
  listener.acceptor.async_accept([this, &listener](const error_code& error, asio::ip::tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      take(std::move(socket), listener.secure);
      return accept(listener);
    }
    if (error == asio::error::connection_aborted) return accept(listener);
    counters_.accept_errors.add();
    // The connection stays in the kernel's queue, so that accepting would be tried again at once.
    listener.pause.expires_after(accept_pause);
    listener.pause.async_wait([this, &listener](const error_code& ended) {
      if (!ended) accept(listener);
    });
  });
}

void WebThread::take(asio::ip::tcp::socket socket, bool secure) {
  if (connections_.size() >= limits_.connections) return counters_.refused_limit.add();
  Ssl ssl;
  if (secure) {
    if (handshakes_ >= limits_.handshakes) return counters_.refused_handshakes.add();
    if (tls_ && tls_->can_accept()) ssl = tls_->accept();
    if (!ssl) return counters_.refused_no_certificate.add();
  }
  const auto connection = std::make_shared<WebConnection>(context_, ++last_serial_, std::move(socket), std::move(ssl));
  connections_.emplace(connection->serial(), connection);
  connection->start();
}

// --- commands

void WebThread::begin_turn() {
  waker_.awake();
  gathers_ = true;
}

void WebThread::end_turn() {
  if (waker_.prepare_sleep()) return run_commands();
  gathers_ = false;
  flush_all();
}

void WebThread::run_commands() {
  gathers_ = true;
  do {
    waker_.awake();
    while (std::optional<WebCommand> command = commands_.receive()) execute(std::move(*command));
    run_roused();
  } while (waker_.prepare_sleep());
  gathers_ = false;
  flush_all();
  if (stopping_) go_away();
}

void WebThread::execute(WebCommand&& command) {
  std::visit(Overloaded{[](std::monostate) {},
                        [this](WebCommand::Respond& c) {
                          if (const auto connection = find(c.id)) connection->respond(std::move(*c.response));
                        },
                        [this](WebCommand::Open& c) {
                          if (const auto connection = find(c.id)) return connection->open(std::move(*c.how));
                          refuse(c);
                        },
                        [this](WebCommand::Send& c) { send(c); },
                        [this](WebCommand::SendBinary& c) {
                          if (const auto connection = find(c.id)) connection->give_binary(c.message);
                        },
                        [this](WebCommand::Close& c) {
                          const auto connection = find(c.id);
                          if (!connection) return;
                          connection->close(c.code, c.reason,
                                            c.overflow ? counters_.closed_output_limit : counters_.closed_by_us);
                        },
                        [this](WebCommand::Tls& c) { tls_ = std::move(c.contexts); }},
             command.what);
}

/// What each receiver needs lies somewhere else in memory: it is fetched while those before it are served.
void WebThread::send(WebCommand::Send& command) {
  constexpr std::size_t ahead = 8;
  counters_.broadcasts.add();
  takers_.clear();
  for (const WebId id : command.to) {
    const auto at = ids_.find(id);
    if (at == ids_.end()) continue;
    __builtin_prefetch(at->second);
    takers_.push_back(at->second);
  }
  WebMessage message(std::move(command.text));
  const bool at_once = takers_.size() > 1;
  for (std::size_t i = 0; i < takers_.size(); ++i) {
    if (i + 2 * ahead < takers_.size()) takers_[i + 2 * ahead]->fetch_link();
    if (i + ahead < takers_.size()) takers_[i + ahead]->fetch_stream();
    takers_[i]->give(message, at_once);
  }
  counters_.messages_sent.add(takers_.size());
}

/// Whoever asked has gone meanwhile.
void WebThread::refuse(WebCommand::Open& open) {
  if (open.how->servant) open.how->servant->on_closed({}, now());
  lost_.push_back([control = context_.control, id = open.id](TimePoint time) {
    control->cancel_delivery(0);
    control->on_closed(id, {}, time);
  });
  retry_soon();
}

std::shared_ptr<WebConnection> WebThread::find(WebId id) const {
  const auto at = ids_.find(id);
  return at == ids_.end() ? nullptr : at->second->shared_from_this();
}

void WebThread::flush_later(std::shared_ptr<WebConnection> connection) {
  if (!connection->wants_flush()) return;
  unflushed_.push_back(std::move(connection));
  if (!gathers_ && unflushed_.size() == 1) asio::post(io_, [this] { flush_all(); });
}

void WebThread::flush_all() {
  while (!unflushed_.empty())
    for (const auto& connection : std::exchange(unflushed_, {})) connection->flush();
}

// --- servants

void WebThread::rouse(WebId id) {
  WebId queued = id;
  if (!roused_.push(std::move(queued))) all_roused_ = true;
  waker_.wake();
}

void WebThread::run_roused() {
  if (all_roused_.load(std::memory_order_relaxed) && all_roused_.exchange(false)) {
    const TimePoint time = now();
    std::vector<std::shared_ptr<WebConnection>> all;
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->work(time);
  }
  while (const std::optional<WebId> id = roused_.pop()) {
    if (const auto connection = find(*id)) connection->work(now());
  }
}

void WebThread::work_at(WebConnection& connection, std::optional<TimePoint> time) {
  const TimePoint due = time.value_or(TimePoint{});
  if (connection.work_due() == due) return;
  connection.set_work_due(due);
  if (time) add_due(works_, {due, connection.serial()}, &WebThread::serve_work);
}

void WebThread::serve_work(WebConnection& connection, TimePoint now) {
  if (connection.work_due() == TimePoint{} || connection.work_due() > now) return;
  connection.set_work_due({});
  connection.work(now);
}

// --- times

void WebThread::check_at(WebConnection& connection, TimePoint time) {
  add_due(checks_, {time, connection.serial()}, &WebThread::serve_check);
}

void WebThread::serve_check(WebConnection& connection, TimePoint now) {
  if (connection.check_due() <= now) connection.check_times(now);
}

void WebThread::add_due(DueList& list, Due due, Serve serve) {
  const bool first = list.entries.empty() || due.at < list.entries.top().at;
  list.entries.push(due);
  if (first) wait_due(list, serve);
}

void WebThread::wait_due(DueList& list, Serve serve) {
  if (list.entries.empty()) return;
  list.timer.expires_after(list.entries.top().at - now());
  list.timer.async_wait([this, &list, serve](const error_code& error) {
    if (!error) run_due(list, serve);
  });
}

void WebThread::run_due(DueList& list, Serve serve) {
  const TimePoint time = now();
  while (!list.entries.empty() && list.entries.top().at <= time) {
    const std::uint64_t serial = list.entries.top().serial;
    list.entries.pop();
    const auto at = connections_.find(serial);
    if (at == connections_.end()) continue;
    const std::shared_ptr<WebConnection> connection = at->second;
    (this->*serve)(*connection, time);
  }
  wait_due(list, serve);
}

void WebThread::send_text(WebId id, std::string message) {
  if (const auto connection = find(id)) connection->say(Opcode::text, message);
}
void WebThread::send_binary(WebId id, std::string message) {
  if (const auto connection = find(id)) connection->say(Opcode::binary, message);
}
std::size_t WebThread::unsent(WebId id) const {
  const auto at = ids_.find(id);
  return at == ids_.end() ? 0 : at->second->unsent();
}
void WebThread::close(WebId id, std::uint16_t code, std::string reason) {
  if (const auto connection = find(id)) connection->close(code, reason, counters_.closed_by_us);
}

// --- connections

WebId WebThread::add(WebConnection& connection) {
  const WebId id{++last_id_};
  ids_.emplace(id, &connection);
  return id;
}

void WebThread::finished(WebConnection& connection) {
  connections_.erase(connection.serial());
  if (going_away_ && connections_.empty()) io_.stop();
}

bool WebThread::deliver(Task& task, std::size_t bytes) {
  if (going_away_) return true;  // nobody listens any more
  if (!context_.control->begin_delivery(bytes, limits_.deliveries, limits_.delivery_bytes)) return false;
  if (control_.post(std::move(task))) return true;
  context_.control->cancel_delivery(bytes);
  return false;
}

void WebThread::retry_later(std::shared_ptr<WebConnection> connection) {
  retries_.push_back(std::move(connection));
  retry_soon();
}

void WebThread::retry_soon() {
  if (std::exchange(retrying_, true)) return;
  retry_.expires_after(retry_interval);
  retry_.async_wait([this](const error_code& error) {
    if (!error) retry_all();
  });
}

void WebThread::retry_all() {
  retrying_ = false;
  while (!lost_.empty() && deliver(lost_.back(), 0)) lost_.pop_back();
  if (!lost_.empty()) retry_soon();
  for (const auto& connection : std::exchange(retries_, {})) connection->retry();
}

}  // namespace junctor::net
