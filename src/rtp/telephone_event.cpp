#include "rtp/telephone_event.hpp"

#include <algorithm>
#include <string_view>

#include "rtp/bytes.hpp"
#include "rtp/sequence.hpp"

namespace junctor::rtp {
namespace {

constexpr std::string_view digits = "0123456789*#ABCD";

}  // namespace

std::optional<TelephoneEvent> parse_telephone_event(Bytes payload) {
  if (payload.size() < telephone_event_size) return std::nullopt;
  return TelephoneEvent{.event = payload[0],
                        .end = (payload[1] & 0x80) != 0,
                        .volume = static_cast<std::uint8_t>(payload[1] & 0x3f),
                        .duration = read_u16(payload.data() + 2)};
}

void write_telephone_event(const TelephoneEvent& event, std::span<std::uint8_t, telephone_event_size> out) {
  out[0] = event.event;
  out[1] = static_cast<std::uint8_t>((event.end ? 0x80 : 0) | (event.volume & 0x3f));
  write_u16(out.data() + 2, event.duration);
}

char dtmf_digit(std::uint8_t event) {
  return event < digits.size() ? digits[event] : '\0';
}

std::optional<std::uint8_t> dtmf_event(char digit) {
  const std::size_t event = digits.find(digit);
  if (event == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(event);
}

bool EventTracker::continues(const TelephoneEvent& event, std::uint32_t timestamp) const {
  const std::uint32_t later = timestamp - timestamp_;
  return event.event == event_ && !ended_ && later % segment_units_max == 0 &&
         later / segment_units_max <= segments_lost_max + 1;
}

bool EventTracker::is_new(const TelephoneEvent& event, std::uint32_t timestamp) {
  if (started_ && timestamp == timestamp_) {
    ended_ = ended_ || event.end;
    duration_ = std::max(duration_, event.duration);
    return false;
  }
  if (started_ && !timestamp_after(timestamp, timestamp_)) return false;
  const bool fresh = !started_ || !continues(event, timestamp);
  if (fresh) start_ = timestamp;
  started_ = true;
  event_ = event.event;
  ended_ = event.end;
  duration_ = event.duration;
  timestamp_ = timestamp;
  return fresh;
}

}  // namespace junctor::rtp
