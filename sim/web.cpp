#include "sim/web.hpp"

#include <utility>

namespace junctor::sim {

Web::Connection* Web::find(WebId id) {
  const auto at = connections_.find(id);
  return at == connections_.end() || at->second->socket.closed ? nullptr : at->second.get();
}

void Web::later(std::function<void()> what) {
  world_.after(delay, [alive = alive_, what = std::move(what)] {
    if (*alive) what();
  });
}

// ---------------------------------------------------------------------------------------------------------- programs

ProgramSocket& Web::connect(std::string target, WebHeaders headers) {
  WebRequest request{.method = "GET", .target = std::move(target), .headers = std::move(headers)};
  request.web_socket = true;
  return ask(std::move(request));
}

ProgramSocket& Web::request(std::string method, std::string target, WebHeaders headers, std::string body) {
  return ask({std::move(method), std::move(target), std::move(headers), std::move(body)});
}

ProgramSocket& Web::ask(WebRequest request) {
  const WebId id{++last_};
  Connection& made = *connections_.emplace(id, std::make_unique<Connection>()).first->second;
  made.socket.url = request.target;
  made.socket.headers = request.headers;
  later(
      [this, id, request = std::move(request)]() mutable { sink_->on_request(id, std::move(request), world_.now()); });
  return made.socket;
}

void Web::send_up(ProgramSocket& socket, std::string bytes, bool binary) {
  for (const auto& [key, connection] : connections_) {
    if (&connection->socket != &socket) continue;
    later([this, id = key, bytes = std::move(bytes), binary]() mutable { arrive(id, std::move(bytes), binary); });
    return;
  }
}

void Web::hang_up(ProgramSocket& socket) {
  for (const auto& [key, connection] : connections_)
    if (&connection->socket == &socket) later([this, id = key] { end(id, {1000, "the program hangs up"}); });
}

void Web::arrive(WebId id, std::string bytes, bool binary) {
  Connection* const to = find(id);
  if (to == nullptr || to->socket.status != 101) return;
  const TimePoint now = world_.now();
  if (bytes.size() > to->message_bytes_max) return end(id, {close_code::too_big, "a message is too long"});
  if (to->servant) {
    binary ? to->servant->on_binary(bytes, now) : to->servant->on_text(bytes, now);
    work(id);
  } else if (to->dialler != nullptr) {
    binary ? to->dialler->on_binary({id.value}, bytes, now) : to->dialler->on_text({id.value}, bytes, now);
  } else {
    binary ? sink_->on_binary(id, std::move(bytes), now) : sink_->on_text(id, std::move(bytes), now);
  }
}

// ---------------------------------------------------------------------------------------------------------- the hub

void Web::respond(WebId id, WebResponse response) {
  Connection* const to = find(id);
  if (to == nullptr) return;
  to->socket.status = response.status;
  to->socket.body = std::move(response.body);
  to->socket.answered_with = std::move(response.headers);
  to->socket.closed = true;
}

void Web::open_web_socket(WebId id, WebSocketTerms terms) {
  Connection* const to = find(id);
  if (to == nullptr) return;
  to->socket.status = 101;
  to->message_bytes_max = terms.message_bytes_max;
}

void Web::open_events(WebId id, std::size_t) {
  if (Connection* const to = find(id)) to->socket.status = 200;
}

void Web::hand_over(WebId id, WebSocketTerms terms, std::unique_ptr<WebServant> servant) {
  Connection* const to = find(id);
  if (to == nullptr) return servant->on_closed({}, world_.now());
  to->socket.status = 101;
  to->message_bytes_max = terms.message_bytes_max;
  to->servant = std::move(servant);
  WebTalker& talker = *this;
  to->servant->on_open(id, talker, world_.now());
  work(id);
}

void Web::send(std::span<const WebId> to, SharedText text) {
  for (const WebId id : to) send_down(id, *text, false);
}

void Web::send_down(WebId id, std::string bytes, bool binary) {
  Connection* const receiver = find(id);
  if (receiver == nullptr) return;
  if (!receiver->socket.reads) {
    receiver->socket.unread += bytes.size();
    return;
  }
  later([this, id, bytes = std::move(bytes), binary]() mutable {
    Connection* const to = find(id);
    if (to != nullptr) (binary ? to->socket.frames : to->socket.texts).push_back({world_.now(), std::move(bytes)});
  });
}

std::size_t Web::unsent(WebId id) const {
  const auto at = connections_.find(id);
  return at == connections_.end() ? 0 : at->second->socket.unread;
}

void Web::rouse(WebId id) {
  world_.after(Duration::zero(), [this, id, alive = alive_] {
    if (*alive) work(id);
  });
}

void Web::work(WebId id) {
  Connection* const here = find(id);
  if (here == nullptr || !here->servant) return;
  world_.cancel(here->work);
  const auto again = here->servant->work(world_.now());
  if (!again) return;
  here->work = world_.at(*again, [this, id, alive = alive_] {
    if (*alive) work(id);
  });
}

void Web::close(WebId id, std::uint16_t code, std::string reason) {
  later([this, id, close = WebClose{code, std::move(reason)}] { end(id, close); });
}

void Web::end(WebId id, const WebClose& close) {
  Connection* const here = find(id);
  if (here == nullptr) return;
  here->socket.closed = true;
  here->socket.close = close;
  world_.cancel(here->work);
  if (const auto servant = std::exchange(here->servant, nullptr)) servant->on_closed(close, world_.now());
  if (WebSocketSink* const dialler = std::exchange(here->dialler, nullptr))
    return dialler->on_closed({id.value}, {0, close.reason}, world_.now());
  sink_->on_closed(id, close, world_.now());
}

// ------------------------------------------------------------------------------------------------ what the hub opens

WebSocketId Web::open(const WebSocketRequest& request, WebSocketSink& sink) {
  const WebId id{++last_};
  Connection& made = *connections_.emplace(id, std::make_unique<Connection>()).first->second;
  made.socket.url = request.url;
  made.socket.headers = request.headers;
  made.dialler = &sink;
  dialled_.push_back(&made.socket);
  later([this, id] {
    Connection* const here = find(id);
    if (here == nullptr || here->dialler == nullptr) return;
    if (!dialled_are_there) {
      here->socket.closed = true;
      return std::exchange(here->dialler, nullptr)->on_closed({id.value}, {0, "Connection refused"}, world_.now());
    }
    here->socket.status = 101;
    here->dialler->on_open({id.value}, world_.now());
  });
  return {id.value};
}

void Web::close(WebSocketId id) {
  if (Connection* const here = find({id.value})) here->dialler = nullptr;
  later([this, id] {
    if (Connection* const here = find({id.value})) here->socket.closed = true;
  });
}

}  // namespace junctor::sim
