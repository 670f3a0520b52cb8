#pragma once
// The bytes of one client of the HTTP server: read as Beast asks for them, written from a queue.
//
// Into the queue go whole things only: a response, a frame, a chunk that is shared with other clients, and what Beast
// writes by itself, which it always gives in one piece (a handshake, a pong, the answer to a close). So they never
// interleave, and one event costs each receiver a send() and little else. Inside net only: it brings Asio.
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "base/web.hpp"
#include "net/any_stream.hpp"
#include "net/web_flow.hpp"

namespace junctor::net {

class WebLinkOwner {
 public:
  /// Everything that was put has left.
  virtual void on_drained() = 0;
  /// Writing has failed; the socket is closed.
  virtual void on_broken() = 0;

 protected:
  ~WebLinkOwner() = default;
};

class WebLink : public std::enable_shared_from_this<WebLink> {
 public:
  /// `owner` is told until leave().
  WebLink(boost::asio::ip::tcp::socket socket, Ssl ssl, WebLinkOwner& owner)
      : stream_(std::move(socket), std::move(ssl)), owner_(&owner) {}

  AnyStream& stream() { return stream_; }
  void fetch_stream() const { stream_.prefetch(); }
  void leave() { owner_ = nullptr; }

  /// Leaves with flush(). After seal() nothing is taken.
  void put(SharedText piece);
  void flush();
  /// put(), and straight to the kernel where nothing waits before it; false: flush() is needed.
  bool send(const SharedText& piece);
  /// What is queued still leaves.
  void seal() { sealed_ = true; }
  bool is_sealed() const { return sealed_; }
  bool is_drained() const { return first_ == queue_.size(); }
  std::size_t unsent() const { return put_bytes_ - left_bytes_; }
  /// Bytes that the kernel has taken so far.
  std::uint64_t left() const { return left_bytes_; }
  /// From now on what is put and has not left is counted there, too. Nothing is queued.
  void account(std::shared_ptr<WebFlow> flow);

  /// Seals; the far end sees an end after what is queued.
  void finish();
  void close();
  bool is_open() const { return open_; }

  /// When bytes came last.
  TimePoint arrived() const { return arrived_; }
  /// When the first ones came after expect(); {}: none yet.
  TimePoint first_arrived() const { return first_arrived_; }
  void expect() { first_arrived_ = {}; }
  /// Read before, and to be read again before anything else.
  void unread(std::string bytes) { unread_ += bytes; }

  void read(boost::asio::mutable_buffer into, AnyStream::TransferHandler handler);
  void write(std::string piece, AnyStream::TransferHandler handler);

 private:
  void wait(EdgeStream::State until);
  void take_off(std::size_t bytes);
  void complete_write();

  AnyStream stream_;
  WebLinkOwner* owner_;
  std::vector<SharedText> queue_;  // from first_ on
  std::size_t first_ = 0;
  std::size_t first_sent_ = 0;  // of the first of them
  std::uint64_t put_bytes_ = 0, left_bytes_ = 0;
  std::shared_ptr<WebFlow> flow_;
  std::optional<AnyStream::TransferHandler> write_;  // of Beast, until its piece has left
  std::size_t write_bytes_ = 0;
  std::uint64_t write_end_ = 0;  // in left_bytes_
  std::string unread_;
  TimePoint arrived_{}, first_arrived_{};
  bool waiting_ = false, sealed_ = false, finishing_ = false, open_ = true;
};

/// A WebLink as the layer below Beast's streams. Lives no longer than it.
class WebLayer {
 public:
  using executor_type = AnyStream::executor_type;

  explicit WebLayer(WebLink& link) : link_(&link) {}

  executor_type get_executor() { return link_->stream().get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(AnyStream::ErrorCode, std::size_t)>(
        [link = link_](auto handler, const Buffers& into) {
          boost::asio::mutable_buffer first;
          for (auto at = boost::asio::buffer_sequence_begin(into); at != boost::asio::buffer_sequence_end(into); ++at) {
            first = *at;
            if (first.size() > 0) break;
          }
          link->read(first, AnyStream::TransferHandler(std::move(handler)));
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(AnyStream::ErrorCode, std::size_t)>(
        [link = link_](auto handler, const Buffers& from) {
          std::string piece(boost::asio::buffer_size(from), '\0');
          boost::asio::buffer_copy(boost::asio::buffer(piece), from);
          link->write(std::move(piece), AnyStream::TransferHandler(std::move(handler)));
        },
        token, buffers);
  }

  WebLink& link() { return *link_; }

 private:
  WebLink* link_;
};

// Beast asks for these by name.

/// What is queued still leaves; the owner waits for the far end's end.
template <class Handler>
void async_teardown(boost::beast::role_type, WebLayer& layer, Handler&& handler) {
  layer.link().finish();
  boost::asio::post(layer.get_executor(), boost::asio::append(std::forward<Handler>(handler), AnyStream::ErrorCode()));
}

inline void beast_close_socket(WebLayer& layer) {
  layer.link().close();
}

}  // namespace junctor::net
