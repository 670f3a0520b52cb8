#pragma once
// Between the control thread and the thread of a stream's socket: orders one way, news the other, and the session
// itself both ways.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/mailbox.hpp"
#include "stream/session.hpp"

namespace junctor::stream {

/// The program presses keys (bridge).
struct Keys {
  std::string digits;
};
/// The socket is gone; nobody there uses the session any more.
struct Returned {
  std::unique_ptr<Session> session;
  std::string reason;  ///< one line
};
using News = std::variant<Keys, Returned>;

struct Line {
  Mailbox<std::unique_ptr<Order>> orders{64};
  Mailbox<std::unique_ptr<News>> news{64};
};

/// A session on the thread of its socket.
class Attached {
 public:
  /// `wake`: the control thread has news. Any thread.
  Attached(std::unique_ptr<Session> session, std::shared_ptr<Line> line, std::function<void()> wake)
      : session_(std::move(session)), line_(std::move(line)), wake_(std::move(wake)) {}
  Attached(Attached&&) = default;
  Attached& operator=(Attached&&) = delete;
  ~Attached() {
    if (session_) give_back("there never was a socket");
  }

  Session& session() { return *session_; }
  std::optional<TimePoint> work(TimePoint now) {
    while (auto order = line_->orders.receive()) session_->apply(std::move(**order), now);
    const auto again = session_->work(now);
    bool some = line_->news.flush();
    if (std::string keys = session_->take_keys(); !keys.empty()) some = tell(Keys{std::move(keys)}) || some;
    if (some) wake_();
    return again;
  }
  /// The last.
  void give_back(std::string reason) {
    session_->close();
    tell(Returned{std::move(session_), std::move(reason)});
    wake_();
  }

 private:
  bool tell(News news) { return line_->news.send(std::make_unique<News>(std::move(news))); }

  std::unique_ptr<Session> session_;
  std::shared_ptr<Line> line_;
  std::function<void()> wake_;
};

}  // namespace junctor::stream
