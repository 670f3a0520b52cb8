#include "transcription/stream.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"

namespace junctor::transcription {
namespace {

/// Ticks are 20 ms apart; less than that is the clock's.
constexpr Duration gap_min = milliseconds(10);

/// The answer will not change by asking again soon.
bool is_refusal(int http_status) {
  constexpr int request_timeout = 408, too_many_requests = 429;
  return http_status >= 400 && http_status < 500 && http_status != request_timeout && http_status != too_many_requests;
}

bool is_apart(TimePoint a, TimePoint b) {
  return a - b > gap_min || b - a > gap_min;
}

}  // namespace

Stream::Stream(const Parts& parts, TranscriptionId id, Speaker speaker, std::uint32_t rate, TimePoint origin)
    : parts_(parts), id_(id), speaker_(std::move(speaker)), rate_(rate), origin_(origin) {}

Stream::~Stream() {
  parts_.sockets.close(socket_);
}

// ------------------------------------------------------------------------------------------------------------ sound

void Stream::hear(TimePoint at, std::span<const std::int16_t> samples) {
  if (finish_until_ || state_ == State::done) return;
  kept_.push_back({at, {samples.begin(), samples.end()}});
  while (end_of(kept_.back()) - kept_.front().at > kept_max && kept_.size() > 1) forget_oldest();
}

void Stream::forget_oldest() {
  if (sent_ > 0) {
    --sent_;
  } else {
    miss(kept_.front().at, end_of(kept_.front()));
  }
  kept_.pop_front();
}

/// What has a final result is not needed for another connection.
void Stream::forget_until(TimePoint time) {
  while (sent_ > 0 && end_of(kept_.front()) <= time) {
    kept_.pop_front();
    --sent_;
  }
}

void Stream::miss(TimePoint from, TimePoint to) {
  if (!lost_) lost_ = Gap{from, to};
  lost_->to = to;
  lost_->length += to - from;
  parts_.counters.lost_ms.add(static_cast<std::uint64_t>((to - from) / milliseconds(1)));
}

void Stream::tell_lost() {
  if (!lost_) return;
  events_.push_back(Lost{id_, speaker_.leg, speaker_.side, since_origin(lost_->from), since_origin(lost_->to),
                         std::chrono::round<milliseconds>(lost_->length)});
  lost_.reset();
}

void Stream::finish(TimePoint now) {
  if (!finish_until_) finish_until_ = now + last_results_max;
}

// ------------------------------------------------------------------------------------------------------- connection

void Stream::work(TimePoint now, std::vector<Event>& events) {
  const bool over = finish_until_ && (now >= *finish_until_ || state_ == State::waiting);
  if (over && state_ != State::done) become_done();
  if (state_ == State::waiting && now >= retry_at_) connect();
  if (state_ == State::open) send(now);
  std::ranges::move(events_, std::back_inserter(events));
  events_.clear();
}

void Stream::connect() {
  if (retry_at_ != TimePoint()) parts_.counters.reconnects.add();
  state_ = State::opening;
  socket_ = parts_.sockets.open(parts_.engine.request(static_cast<std::uint32_t>(rate_)), *this);
}

void Stream::on_open(WebSocketId, TimePoint now) {
  state_ = State::open;
  was_open_ = true;
  in_trouble_ = false;
  sent_ = 0;
  anchors_.clear();
  samples_sent_ = 0;
  settled_ = {};
  last_sent_ = now;
  stalled_since_.reset();
  if (std::string first = parts_.engine.opening(static_cast<std::uint32_t>(rate_)); !first.empty())
    parts_.sockets.send_text(socket_, std::move(first));
  send(now);
}

void Stream::send(TimePoint now) {
  while (sent_ < kept_.size() && parts_.sockets.unsent(socket_) < unsent_max) send_message(now);
  const bool stalled = parts_.sockets.unsent(socket_) >= unsent_max;
  if (!stalled) {
    stalled_since_.reset();
    if (sent_ == kept_.size()) tell_lost();
  } else if (!stalled_since_) {
    stalled_since_ = now;
  } else if (now - *stalled_since_ >= stalled_max) {
    return drop("the engine takes no sound", now);
  }
  if (finish_until_) return end_sound();
  if (now - last_sent_ < quiet_max) return;
  if (std::string sign = parts_.engine.keep_alive(); !sign.empty()) parts_.sockets.send_text(socket_, std::move(sign));
  last_sent_ = now;
}

/// Some blocks make a message. Between two of them there may be a gap.
void Stream::send_message(TimePoint now) {
  std::vector<std::int16_t> samples;
  while (sent_ < kept_.size() && length_of(samples.size()) < message_length) {
    const Block& block = kept_[sent_];
    if (anchors_.empty() || is_apart(time_of(samples_sent_), block.at)) anchors_.push_back({samples_sent_, block.at});
    if (anchors_.size() > anchors_max) anchors_.pop_front();
    samples.insert(samples.end(), block.samples.begin(), block.samples.end());
    samples_sent_ += block.samples.size();
    ++sent_;
  }
  parts_.sockets.send_binary(socket_, linear16(samples));
  last_sent_ = now;
}

void Stream::end_sound() {
  if (ended_sound_ || sent_ < kept_.size()) return;
  ended_sound_ = true;
  parts_.sockets.send_text(socket_, parts_.engine.ending());
}

void Stream::drop(const std::string& why, TimePoint now) {
  parts_.sockets.close(socket_);
  on_closed(socket_, {0, why}, now);
}

void Stream::on_closed(WebSocketId, const WebSocketEnd& end, TimePoint now) {
  socket_ = {};
  if (is_refusal(end.http_status)) {
    refusal_ = end.reason;
    return become_done();
  }
  if (finish_until_) return become_done();
  state_ = State::waiting;
  sent_ = 0;
  retry_at_ = now + retry_;
  retry_ = std::min(2 * retry_, retry_max);
  if (std::exchange(in_trouble_, true)) return;
  events_.push_back(Trouble{id_, speaker_.leg, speaker_.side, end.reason});
}

void Stream::become_done() {
  for (std::size_t i = sent_; i < kept_.size(); ++i) miss(kept_[i].at, end_of(kept_[i]));
  kept_.clear();
  sent_ = 0;
  tell_lost();
  parts_.sockets.close(std::exchange(socket_, {}));
  state_ = State::done;
}

// ----------------------------------------------------------------------------------------------------------- results

TimePoint Stream::time_of(std::uint64_t sample) const {
  auto at = std::ranges::upper_bound(anchors_, sample, {}, &Anchor::sample);
  if (at != anchors_.begin()) --at;
  const std::uint64_t behind = sample > at->sample ? sample - at->sample : 0;
  return at->at + length_of(behind);
}

/// Engines round, and may say anything.
std::uint64_t Stream::sample_of(double secs) const {
  const double sample = std::round(secs * static_cast<double>(rate_));
  return static_cast<std::uint64_t>(std::clamp(sample, 0.0, static_cast<double>(samples_sent_)));
}

milliseconds Stream::since_origin(TimePoint time) const {
  return std::max(std::chrono::round<milliseconds>(time - origin_), milliseconds(0));
}

void Stream::on_text(WebSocketId, std::string_view message, TimePoint) {
  const auto parsed = parts_.engine.parse(message);
  if (!parsed) return parts_.counters.bad_messages.add();
  if (const auto* complaint = std::get_if<EngineComplaint>(&*parsed)) {
    if (std::exchange(in_trouble_, true)) return;
    events_.push_back(Trouble{id_, speaker_.leg, speaker_.side, complaint->text});
  } else if (const auto* result = std::get_if<EngineResult>(&*parsed)) {
    take(*result);
  }
}

void Stream::take(const EngineResult& result) {
  if (samples_sent_ == 0) return;  // about nothing
  const std::uint64_t end = result.end_secs ? sample_of(*result.end_secs) : samples_sent_;
  const TimePoint until = end == 0 ? time_of(0) : time_of(end - 1) + length_of(1);
  TimePoint from = settled_ != TimePoint() ? settled_ : time_of(0);
  if (result.start_secs) from = time_of(std::min(sample_of(*result.start_secs), end));
  from = std::min(from, until);
  if (!result.text.empty()) {
    events_.push_back(Segment{id_, speaker_.leg, speaker_.side, result.text, result.final, since_origin(from),
                              since_origin(until), result.confidence});
  }
  if (!result.final) return;
  retry_ = retry_min;
  in_trouble_ = false;
  settled_ = std::max(settled_, until);
  forget_until(settled_);
  if (!result.text.empty()) parts_.counters.segments.add();
}

}  // namespace junctor::transcription
