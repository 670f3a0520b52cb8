#include "net/web_link.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "net/clock.hpp"

namespace junctor::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// A queue that has grown beyond this gives its memory back when it is empty.
constexpr std::size_t kept_pieces = 64;
// The first byte of a close frame, which only Beast's answer to one begins with.
constexpr char close_byte = static_cast<char>(0x88);

}  // namespace

void WebLink::account(std::shared_ptr<WebFlow> flow) {
  flow_ = std::move(flow);
}

void WebLink::put(SharedText piece) {
  if (sealed_ || !open_ || piece->empty()) return;
  put_bytes_ += piece->size();
  if (flow_) flow_->unsent.fetch_add(piece->size(), std::memory_order_relaxed);
  queue_.push_back(std::move(piece));
}

void WebLink::flush() {
  if (waiting_ || !open_ || is_drained()) return;
  std::array<std::string_view, EdgeStream::pieces_per_write> views;
  while (!is_drained()) {
    const std::size_t count = std::min(queue_.size() - first_, views.size());
    for (std::size_t i = 0; i < count; ++i) views[i] = *queue_[first_ + i];
    views[0].remove_prefix(first_sent_);
    const auto progress = stream_.write_now(std::span(views).first(count));
    if (progress.state == EdgeStream::State::want_read || progress.state == EdgeStream::State::want_write)
      return wait(progress.state);
    if (progress.state != EdgeStream::State::done) {
      close();
      if (owner_ != nullptr) owner_->on_broken();
      return;
    }
    take_off(progress.bytes);
  }
  if (finishing_) stream_.finish();
  if (owner_ != nullptr) owner_->on_drained();
}

bool WebLink::send(const SharedText& piece) {
  if (waiting_ || sealed_ || !open_ || !is_drained()) {
    put(piece);
    return waiting_;
  }
  const std::string_view view = *piece;
  const auto progress = stream_.write_now(std::span(&view, 1));
  const std::size_t taken = progress.state == EdgeStream::State::done ? progress.bytes : 0;
  if (taken == view.size()) {  // as nearly always: no queue, no count
    put_bytes_ += taken;
    left_bytes_ += taken;
    return true;
  }
  put(piece);
  if (taken > 0) take_off(taken);
  return false;
}

void WebLink::wait(EdgeStream::State until) {
  waiting_ = true;
  stream_.async_wait(until, [self = shared_from_this()](const error_code& error) {
    self->waiting_ = false;
    if (!error) self->flush();
  });
}

void WebLink::take_off(std::size_t bytes) {
  left_bytes_ += bytes;
  if (flow_) flow_->take_unsent(bytes);
  while (bytes > 0) {
    const std::size_t rest = queue_[first_]->size() - first_sent_;
    if (bytes < rest) {
      first_sent_ += bytes;
      break;
    }
    bytes -= rest;
    queue_[first_++].reset();
    first_sent_ = 0;
  }
  if (is_drained()) {
    queue_.clear();
    first_ = 0;
    if (queue_.capacity() > kept_pieces) queue_.shrink_to_fit();
  } else if (first_ > kept_pieces && first_ > queue_.size() / 2) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(std::exchange(first_, 0)));
  }
  if (write_ && left_bytes_ >= write_end_) complete_write();
}

void WebLink::read(asio::mutable_buffer into, AnyStream::TransferHandler handler) {
  if (!unread_.empty() && into.size() > 0) {
    const std::size_t given = std::min(into.size(), unread_.size());
    unread_.copy(static_cast<char*>(into.data()), given);
    unread_.erase(0, given);
    if (unread_.empty()) unread_ = std::string();
    return asio::post(stream_.get_executor(),
                      [handler = std::move(handler), given]() mutable { std::move(handler)(error_code(), given); });
  }
  stream_.async_read_some(into, [self = shared_from_this(), handler = std::move(handler)](const error_code& error,
                                                                                          std::size_t bytes) mutable {
    if (!error) {
      self->arrived_ = now();
      if (self->first_arrived_ == TimePoint{}) self->first_arrived_ = self->arrived_;
    }
    std::move(handler)(error, bytes);
  });
}

void WebLink::write(std::string piece, AnyStream::TransferHandler handler) {
  const bool closes = piece.front() == close_byte;
  write_.emplace(std::move(handler));  // its assignment does not work in Boost 1.81
  write_bytes_ = piece.size();
  const bool taken = !sealed_ && open_;
  put(std::make_shared<const std::string>(std::move(piece)));
  if (closes) seal();
  write_end_ = taken ? put_bytes_ : left_bytes_;
  if (left_bytes_ >= write_end_) return complete_write();  // it was not taken any more: nobody would read it
  flush();
}

void WebLink::complete_write() {
  asio::post(stream_.get_executor(), [handler = std::move(*write_), bytes = write_bytes_]() mutable {
    std::move(handler)(error_code(), bytes);
  });
  write_.reset();
}

void WebLink::finish() {
  seal();
  if (std::exchange(finishing_, true)) return;
  if (is_drained() && open_) stream_.finish();
}

void WebLink::close() {
  if (!std::exchange(open_, false)) return;
  stream_.close();
  if (!write_) return;
  asio::post(stream_.get_executor(), [handler = std::move(*write_)]() mutable {
    std::move(handler)(error_code(asio::error::operation_aborted), std::size_t{0});
  });
  write_.reset();
}

}  // namespace junctor::net
