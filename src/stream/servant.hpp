#pragma once
// A stream's media socket, on the web server's thread.
#include <memory>
#include <string>

#include "base/web.hpp"
#include "stream/line.hpp"

namespace junctor::stream {

class Servant final : public WebServant, private FrameSink {
 public:
  explicit Servant(Attached attached) : attached_(std::move(attached)) {}

  void on_open(WebId id, WebTalker& talker, TimePoint now) override;
  void on_text(std::string_view message, TimePoint now) override;
  void on_binary(std::string_view message, TimePoint now) override;
  std::optional<TimePoint> work(TimePoint now) override;
  void on_closed(const WebClose& close, TimePoint now) override;

 private:
  void send_text(std::string frame) override { talker_->send_text(id_, std::move(frame)); }
  void send_binary(std::string frame) override { talker_->send_binary(id_, std::move(frame)); }
  std::size_t unsent() const override { return talker_->unsent(id_); }

  Attached attached_;
  WebTalker* talker_ = nullptr;
  WebId id_;
};

}  // namespace junctor::stream
