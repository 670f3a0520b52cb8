#pragma once
// A connected socket, plain or TLS, client's or server's side, as the composed operations of Asio and Beast want it:
// one type for all, so that what is built of them (HTTP, WebSocket) is compiled once, and TLS is EdgeStream's as
// everywhere. Inside net only: it brings Asio.
#include <algorithm>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/edge_stream.hpp"

namespace junctor::net {

/// At most one read and one write at a time. Every operation completes, by post, also after close() or the end of this.
class AnyStream {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  using ErrorCode = boost::system::error_code;
  using Handler = boost::asio::any_completion_handler<void(ErrorCode)>;
  using TransferHandler = boost::asio::any_completion_handler<void(ErrorCode, std::size_t)>;

  /// `socket` is connected, and of an io_context without a strand. With `ssl`, async_handshake() comes first; without,
  /// it has nothing to do.
  AnyStream(boost::asio::ip::tcp::socket socket, Ssl ssl);
  AnyStream(AnyStream&&) noexcept = default;
  AnyStream& operator=(AnyStream&&) = delete;
  ~AnyStream();

  executor_type get_executor();
  void async_handshake(Handler handler);
  /// A line about the last operation that failed for another reason than the far end's end.
  const std::string& failure() const;
  /// Nothing more will be written; reading goes on.
  void finish();
  void close();

  /// For those who queue what they write by themselves, and have no async_write_some() under way: what can be taken at
  /// once; where that is nothing, async_wait() completes when it is worth another try.
  EdgeStream::Progress write_now(std::span<const std::string_view> pieces);
  void async_wait(EdgeStream::State until, Handler handler);

  /// That it is about to be written to.
  void prefetch() const { __builtin_prefetch(state_.get()); }

  /// Null: plain.
  const ssl_st* ssl() const;

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [state = state_](auto handler, const Buffers& into) {
          boost::asio::mutable_buffer first;
          for (auto at = boost::asio::buffer_sequence_begin(into); at != boost::asio::buffer_sequence_end(into); ++at) {
            first = *at;
            if (first.size() > 0) break;
          }
          read(state, first, TransferHandler(std::move(handler)));
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [state = state_](auto handler, const Buffers& from) {
          // What stands in several buffers leaves in one piece.
          std::string piece(std::min(boost::asio::buffer_size(from), EdgeStream::record_bytes), '\0');
          boost::asio::buffer_copy(boost::asio::buffer(piece), from);
          write(state, std::move(piece), TransferHandler(std::move(handler)));
        },
        token, buffers);
  }

 private:
  struct State;
  static void read(const std::shared_ptr<State>& state, boost::asio::mutable_buffer into, TransferHandler handler);
  static void read_plain(const std::shared_ptr<State>& state, boost::asio::mutable_buffer into,
                         TransferHandler handler);
  static void write(const std::shared_ptr<State>& state, std::string piece, TransferHandler handler);

  std::shared_ptr<State> state_;  // shared with what is under way
};

// Beast asks for these by name.

template <class Handler>
void async_teardown(boost::beast::role_type, AnyStream& stream, Handler&& handler) {
  const auto executor = stream.get_executor();
  stream.close();
  boost::asio::post(executor, boost::asio::append(std::forward<Handler>(handler), AnyStream::ErrorCode()));
}

inline void beast_close_socket(AnyStream& stream) {
  stream.close();
}

}  // namespace junctor::net
