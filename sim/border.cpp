#include "sim/border.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace junctor::sim {

Border::Border(World& world, Net& net, std::vector<transport::Listener> listeners)
    : world_(world), net_(net), listeners_(std::move(listeners)) {}

Border::~Border() {
  *alive_ = false;
  if (!datagram_sink_) return;
  for (const transport::Listener& listener : listeners_) {
    if (listener.protocol == transport::Protocol::udp) {
      net_.unbind(listener.bound);
    } else {
      net_.stop_listening(listener.bound);
    }
  }
}

World::EventId Border::soon(std::function<void()> action) {
  return world_.after({}, [alive = alive_, action = std::move(action)] {
    if (*alive) action();
  });
}

void Border::open(DatagramSink& datagrams, StreamSink& streams) {
  datagram_sink_ = &datagrams;
  stream_sink_ = &streams;
  for (const transport::Listener& listener : listeners_) {
    const ListenerIndex index = listener.index;
    if (listener.protocol == transport::Protocol::udp) {
      net_.bind(listener.bound, [this, index](const Address& from, std::span<const std::uint8_t> bytes) {
        for (BorderWatch* watch : watches_) watch->on_received(from, text_of(bytes));
        datagram_sink_->on_datagram(index, from, bytes, world_.now());
      });
    } else {
      net_.listen(listener.bound, [this, index](std::unique_ptr<Stream> stream) {
        adopt(ConnectionId{next_connection_++}, index, std::move(stream));
      });
    }
  }
}

void Border::out(std::string bytes, const Pass& pass) {
  if (filter_) {
    filter_(std::move(bytes), pass);
  } else {
    pass(std::move(bytes));
  }
}

bool Border::send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) {
  const auto listener = std::ranges::find(listeners_, tag, &transport::Listener::index);
  JUNCTOR_CHECK(listener != listeners_.end());
  out(std::string(text_of(bytes)), [&](const std::string& text) {
    for (BorderWatch* watch : watches_) watch->on_sent(to, text, false);
    net_.send(listener->bound, to, bytes_of(text));
  });
  return true;
}

// ----------------------------------------------------------------------------------------------------------- streams

void Border::adopt(ConnectionId id, ListenerIndex listener, std::unique_ptr<Stream> stream) {
  stream->on_bytes = [this, id](std::string_view bytes) { on_bytes(id, bytes); };
  stream->on_closed = [this, id](std::string_view reason) { end(id, std::string(reason)); };
  const Address local = stream->local(), remote = stream->remote();
  Connection& connection = connections_[id];
  connection.stream = std::move(stream);
  stream_sink_->on_open(id, listener, local, remote, world_.now());
}

const transport::Listener& Border::first_stream_listener() const {
  const auto at = std::ranges::find(listeners_, transport::Protocol::tcp, &transport::Listener::protocol);
  JUNCTOR_CHECK(at != listeners_.end());
  return *at;
}

ConnectionId Border::connect(const Address& to) {
  const ConnectionId id{next_connection_++};
  auto stream = net_.connect(first_stream_listener().bound.ip, to);
  stream->on_bytes = [this, id](std::string_view bytes) { on_bytes(id, bytes); };
  stream->on_closed = [this, id](std::string_view reason) { end(id, std::string(reason)); };
  connections_[id].stream = std::move(stream);
  return id;
}

void Border::on_bytes(ConnectionId id, std::string_view bytes) {
  const auto at = connections_.find(id);
  if (at == connections_.end() || at->second.closing) return;
  const Address from = at->second.stream->remote();
  const char* error = at->second.framer.on_bytes(bytes, [&](std::string&& message) {
    for (BorderWatch* watch : watches_) watch->on_received(from, message);
    stream_sink_->on_message(id, std::move(message), world_.now());
  });
  if (error) end(id, error);
}

bool Border::write(ConnectionId id, std::string&& bytes) {
  const auto at = connections_.find(id);
  if (at == connections_.end() || at->second.closing) return false;
  Stream& stream = *at->second.stream;
  out(std::move(bytes), [&](std::string text) {
    for (BorderWatch* watch : watches_) watch->on_sent(stream.remote(), text, true);
    stream.write(std::move(text));
  });
  return true;
}

void Border::close(ConnectionId id) {
  end(id, "closed by us");
}

void Border::end(ConnectionId id, std::string reason) {
  const auto at = connections_.find(id);
  if (at == connections_.end() || std::exchange(at->second.closing, true)) return;
  soon([this, id, reason = std::move(reason)] {
    connections_.erase(id);
    stream_sink_->on_close(id, reason, world_.now());
  });
}

}  // namespace junctor::sim
