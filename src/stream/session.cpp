#include "stream/session.hpp"

#include <algorithm>
#include <utility>

namespace junctor::stream {
namespace {

/// A tick that is not there so long after its time will not come soon: nobody sits in the mixer.
constexpr Duration tick_late_max = milliseconds(20);

}  // namespace

Session::Session(SessionSettings settings, StreamCounters& counters)
    : settings_(std::move(settings)),
      counters_(counters),
      capture_(settings_.format),
      decoder_(settings_.format),
      playout_(settings_.format.rate, settings_.playout) {}

void Session::open(FrameSink& sink, TimePoint now) {
  sink_ = &sink;
  held_.clear();
  say(started_text(settings_.dialect, settings_.format, settings_.direction, settings_.facts));
  capture_.skip();
  work(now);
}

void Session::apply(Order order, TimePoint now) {
  if (auto* follow = std::get_if<Follow>(&order)) {
    capture_.set_caller(follow->caller);
    if (follow->tap) capture_.attach(std::move(follow->tap));
    if (follow->feed) playout_.attach(std::move(follow->feed), now);
  } else if (const auto* pressed = std::get_if<Pressed>(&order)) {
    say(dtmf_text(settings_.dialect, pressed->digit));
  } else {
    stop(std::get<Stop>(order).reason);
  }
}

void Session::stop(std::string_view reason) {
  if (over_) return;
  say(stopped_text(settings_.dialect, reason));
  over_ = true;
}

void Session::say(std::string text) {
  if (sink_ != nullptr && !over_ && !text.empty()) sink_->send_text(std::move(text));
}

// ------------------------------------------------------------------------------------------------- from the program

void Session::on_text(std::string_view frame, TimePoint) {
  const auto command = parse_command(settings_.dialect, frame);
  if (command) return take(*command);
  counters_.bad_frames.add();
  say(error_text(settings_.dialect, command.error()));
}

void Session::take(const ProgramCommand& command) {
  if (const auto* mark = std::get_if<MarkCommand>(&command)) {
    if (!playout_.mark(mark->name)) say(error_text(settings_.dialect, "too many marks wait to be played"));
  } else if (std::holds_alternative<ClearCommand>(command)) {
    playout_.clear();
  } else if (std::holds_alternative<PauseCommand>(command)) {
    playout_.pause(true);
  } else if (std::holds_alternative<ResumeCommand>(command)) {
    playout_.pause(false);
  } else if (const auto* keys = std::get_if<KeysCommand>(&command)) {
    if (keys_.size() + keys->digits.size() <= keys_max) keys_ += keys->digits;
  } else {
    stop("stopped by the program");
  }
}

void Session::on_binary(std::string_view frame, TimePoint now) {
  if (!speaks(settings_.direction)) return counters_.unwanted_frames.add();
  samples_.clear();
  if (!decoder_.decode(frame, samples_)) return counters_.bad_frames.add();
  playout_.hear(samples_, now);
}

// --------------------------------------------------------------------------------------------------------- what is due

std::optional<TimePoint> Session::work(TimePoint now) {
  auto wake = playout_.work(now, receipts_);
  for (const Receipt& receipt : receipts_) say(receipt_text(settings_.dialect, receipt));
  receipts_.clear();
  const auto whole_ms = [&](std::uint64_t count) { return count / (settings_.format.rate / 1000); };
  counters_.overflow_ms.add(whole_ms(playout_.overflowed()) -
                            whole_ms(std::exchange(overflowed_, playout_.overflowed())));
  counters_.shortened_ms.add(whole_ms(playout_.shortened()) -
                             whole_ms(std::exchange(shortened_, playout_.shortened())));
  if (sink_ == nullptr || over_ || !hears(settings_.direction)) return wake;
  send_frames();
  const TimePoint tick = next_tick(now);
  return wake ? std::min(*wake, tick) : tick;
}

void Session::send_frames() {
  capture_.drain(frames_);
  for (std::string& frame : frames_) held_.push_back(std::move(frame));
  frames_.clear();
  const auto frames_in = [&](Duration time) {
    return static_cast<std::size_t>(time / milliseconds(settings_.format.ptime_ms));
  };
  for (; held_.size() > frames_in(held_max); held_.pop_front()) counters_.lost_frames.add();
  while (!held_.empty() && sink_->unsent() <= held_.front().size() * frames_in(unsent_max)) {
    sink_->send_binary(std::move(held_.front()));
    held_.pop_front();
  }
}

TimePoint Session::next_tick(TimePoint now) const {
  const auto last = capture_.last_tick();
  if (!last) return now + Capture::tick_length / 2;
  const TimePoint due = *last + Capture::tick_length + tick_slack;
  if (due > now) return due;
  return now - due < tick_late_max ? now + tick_slack : now + Capture::tick_length;
}

}  // namespace junctor::stream
