#include "stream/dialled_programs.hpp"

#include <algorithm>
#include <utility>

namespace junctor::stream {

class DialledPrograms::Program final : private WebSocketSink, private FrameSink {
 public:
  Program(WebSockets& sockets, Beginning beginning, TimePoint now)
      : sockets_(sockets), timeout_(beginning.timeout), attached_(std::move(beginning.attached)), last_frame_(now) {
    WebSocketSink& sink = *this;
    id_ = sockets_.open(beginning.request, sink);
  }
  ~Program() override { sockets_.close(id_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bool over() const { return over_; }

  std::optional<TimePoint> work(TimePoint now) {
    if (over_) return std::nullopt;
    auto again = attached_.work(now);
    if (attached_.session().over()) return end("stopped");
    if (timeout_ == Duration::zero()) return again;
    const TimePoint late = last_frame_ + timeout_;
    if (late <= now) return end("nothing came from the program for too long");
    return again ? std::min(*again, late) : late;
  }

 private:
  std::optional<TimePoint> end(std::string reason) {
    if (std::exchange(over_, true)) return std::nullopt;
    attached_.give_back(std::move(reason));
    sockets_.close(id_);
    return std::nullopt;
  }

  void on_open(WebSocketId, TimePoint now) override {
    last_frame_ = now;
    attached_.session().open(*this, now);
  }
  void on_text(WebSocketId, std::string_view message, TimePoint now) override {
    last_frame_ = now;
    attached_.session().on_text(message, now);
    work(now);
  }
  void on_binary(WebSocketId, std::string_view message, TimePoint now) override {
    last_frame_ = now;
    attached_.session().on_binary(message, now);
    work(now);
  }
  void on_closed(WebSocketId, const WebSocketEnd& how, TimePoint) override { end(how.reason); }

  void send_text(std::string frame) override { sockets_.send_text(id_, std::move(frame)); }
  void send_binary(std::string frame) override { sockets_.send_binary(id_, std::move(frame)); }
  std::size_t unsent() const override { return sockets_.unsent(id_); }

  WebSockets& sockets_;
  const Duration timeout_;
  Attached attached_;
  WebSocketId id_;
  TimePoint last_frame_;
  bool over_ = false;
};

DialledPrograms::DialledPrograms(WebSockets& sockets, std::function<void()> rouse)
    : sockets_(sockets), rouse_(std::move(rouse)) {}
DialledPrograms::~DialledPrograms() = default;

void DialledPrograms::finish() {
  programs_.clear();
}

void DialledPrograms::begin(Beginning beginning) {
  beginnings_.send(std::make_unique<Beginning>(std::move(beginning)));
  rouse_();
}

void DialledPrograms::rouse() {
  beginnings_.flush();
  rouse_();
}

std::optional<TimePoint> DialledPrograms::run_once(TimePoint now) {
  while (auto beginning = beginnings_.receive())
    programs_.push_back(std::make_unique<Program>(sockets_, std::move(**beginning), now));
  std::optional<TimePoint> wake;
  for (const auto& program : programs_) {
    const auto again = program->work(now);
    if (again) wake = wake ? std::min(*wake, *again) : again;
  }
  std::erase_if(programs_, [](const auto& program) { return program->over(); });
  // A connection that opens meanwhile has ticks to be sent soon.
  if (!programs_.empty()) wake = std::min(wake.value_or(now + Capture::tick_length), now + Capture::tick_length);
  return wake;
}

}  // namespace junctor::stream
