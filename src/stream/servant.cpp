#include "stream/servant.hpp"

#include <utility>

namespace junctor::stream {

void Servant::on_open(WebId id, WebTalker& talker, TimePoint now) {
  id_ = id;
  talker_ = &talker;
  attached_.session().open(*this, now);
}

void Servant::on_text(std::string_view message, TimePoint now) {
  attached_.session().on_text(message, now);
}

void Servant::on_binary(std::string_view message, TimePoint now) {
  attached_.session().on_binary(message, now);
}

std::optional<TimePoint> Servant::work(TimePoint now) {
  if (talker_ == nullptr) return std::nullopt;
  const auto again = attached_.work(now);
  if (!attached_.session().over()) return again;
  talker_->close(id_, close_code::normal, "stopped");
  return std::nullopt;
}

void Servant::on_closed(const WebClose& close, TimePoint) {
  attached_.give_back(close.reason.empty() ? "the media socket is closed" : close.reason);
}

}  // namespace junctor::stream
