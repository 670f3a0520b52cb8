#include "rtp/event_sender.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace junctor::rtp {

bool can_press(std::string_view digits, Duration duration, Duration gap) {
  return duration >= KeyPress::duration_min && duration <= KeyPress::duration_max && gap >= KeyPress::gap_min &&
         gap <= KeyPress::gap_max &&
         std::ranges::all_of(digits, [](char digit) { return dtmf_event(digit).has_value(); });
}

EventSender::EventSender(std::uint32_t clock_rate, Duration interval) : clock_rate_(clock_rate), interval_(interval) {
  JUNCTOR_CHECK(clock_rate >= 8000 && interval >= milliseconds(10) && interval <= milliseconds(60));
}

std::uint32_t EventSender::units(Duration d) const {
  return static_cast<std::uint32_t>(d.count() * clock_rate_ / Duration(seconds(1)).count());
}

bool EventSender::add(const KeyPress& press) {
  JUNCTOR_CHECK(can_press({}, press.duration, press.gap));
  if (waiting_ == waiting_max) return false;
  presses_[(first_ + waiting_++) % waiting_max] = press;
  return true;
}

void EventSender::stop() {
  waiting_ = 0;
  length_ = told_;
}

std::optional<TimePoint> EventSender::next_wake() const {
  if (sounding_) return next_;
  if (waiting_ != 0) return free_at_;
  return std::nullopt;
}

void EventSender::begin(TimePoint now, std::uint32_t timestamp) {
  press_ = presses_[first_];
  first_ = (first_ + 1) % waiting_max;
  --waiting_;
  sounding_ = true;
  started_ = false;
  start_ = next_ = now;
  timestamp_ = timestamp;
  length_ = units(press_.duration);
  told_ = segment_ = 0;
  segment_finals_ = finals_ = 0;
}

EventPacket EventSender::packet(bool end, std::uint32_t duration) const {
  return {.event = {.event = press_.event,
                    .end = end,
                    .volume = press_.volume,
                    .duration = static_cast<std::uint16_t>(duration)},
          .timestamp = timestamp_ + segment_,
          .marker = !started_};
}

std::optional<EventPacket> EventSender::poll(TimePoint now, std::uint32_t timestamp) {
  if (!sounding_) {
    if (waiting_ == 0 || now < free_at_) return std::nullopt;
    begin(now, timestamp);
  }
  return update(now);
}

std::optional<EventPacket> EventSender::update(TimePoint now) {
  if (now < next_) return std::nullopt;
  // As with audio, a packet sent at the start of an interval stands for the interval.
  const auto step = (now - start_) / interval_;
  const std::uint32_t so_far = std::min(units((step + 1) * interval_), length_);
  EventPacket out;
  if (so_far - segment_ > segment_units_max) {
    // Its last packet, three times as well. All of them before the new segment begins: to receivers that know the
    // newest timestamp only, a return to the old one would be another press.
    out = packet(false, segment_units_max);
    told_ = segment_ + segment_units_max;
    if (++segment_finals_ == final_packets) {
      segment_ += segment_units_max;
      segment_finals_ = 0;
    }
    started_ = true;
    return out;
  }
  const bool end = so_far == length_;
  out = packet(end, so_far - segment_);
  started_ = true;
  told_ = so_far;
  next_ = start_ + (step + 1) * interval_;
  if (end && ++finals_ == final_packets) {
    sounding_ = false;
    const Duration lasted = Duration(seconds(1)) * length_ / clock_rate_;
    free_at_ = std::max(start_ + lasted + press_.gap, next_);
  }
  return out;
}

}  // namespace junctor::rtp
