#include "sim/wire.hpp"

#include <algorithm>
#include <charconv>

namespace junctor::sim {
namespace {

/// The length of the first whole message in `text`, 0 while it is incomplete.
std::size_t message_length(std::string_view text) {
  constexpr std::string_view length_header = "\r\nContent-Length:";
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  std::size_t body = 0;
  const std::size_t at = text.substr(0, end).find(length_header);
  if (at != std::string_view::npos) {
    std::size_t digits = at + length_header.size();
    while (digits < end && text[digits] == ' ') ++digits;
    std::from_chars(text.data() + digits, text.data() + end, body);
  }
  const std::size_t whole = end + 4 + body;
  return text.size() < whole ? 0 : whole;
}

}  // namespace

Wire::Wire(World& world, Net& net, Kind kind, const Address& local)
    : world_(world), net_(net), kind_(kind), local_(local) {
  if (kind_ == Kind::udp) {
    net_.bind(local_, [this](const Address& from, std::span<const std::uint8_t> bytes) {
      take(std::string(text_of(bytes)), from);
    });
  } else {
    net_.listen(local_, [this](std::unique_ptr<Stream> stream) { adopt(std::move(stream)); });
  }
}

Wire::~Wire() {
  *alive_ = false;
  if (kind_ == Kind::udp) {
    net_.unbind(local_);
  } else {
    net_.stop_listening(local_);
  }
}

void Wire::adopt(std::unique_ptr<Stream> stream) {
  const Address peer = stream->remote();
  stream->on_bytes = [this, peer](std::string_view bytes) { on_bytes(peer, bytes); };
  stream->on_closed = [this, peer](std::string_view) { forget(peer); };
  connections_.insert_or_assign(peer, Connection{std::move(stream), {}});
}

void Wire::forget(const Address& peer) {
  // The stream that tells us must outlive its telling.
  world_.after({}, [this, peer, alive = alive_] {
    if (*alive) connections_.erase(peer);
  });
}

void Wire::drop_streams() {
  connections_.clear();
}

void Wire::on_bytes(const Address& peer, std::string_view bytes) {
  const auto at = connections_.find(peer);
  if (at == connections_.end()) return;
  std::string& unread = at->second.unread;
  unread += bytes;
  for (;;) {
    while (unread.starts_with("\r\n")) unread.erase(0, 2);
    const std::size_t length = message_length(unread);
    if (length == 0) return;
    std::string message = unread.substr(0, length);
    unread.erase(0, length);
    take(std::move(message), peer);
  }
}

void Wire::take(std::string bytes, const Address& from) {
  auto message = sip::Message::parse(std::move(bytes));
  if (!message) {
    ++garbage_;
    return;
  }
  if (on_message_) on_message_(std::move(*message), from);
}

void Wire::send(const Address& to, std::string bytes) {
  if (kind_ == Kind::udp) return net_.send(local_, to, bytes_of(bytes));
  if (!connections_.contains(to)) adopt(net_.connect(local_.ip, to));
  connections_.at(to).stream->write(std::move(bytes));
}

}  // namespace junctor::sim
