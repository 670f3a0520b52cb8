#include "rtp/telephone_event.hpp"

#include <string_view>

#include "rtp/bytes.hpp"
#include "rtp/sequence.hpp"

namespace junctor::rtp {
namespace {

constexpr std::uint16_t longest_segment = 0xffff;

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
  constexpr std::string_view digits = "0123456789*#ABCD";
  return event < digits.size() ? digits[event] : '\0';
}

bool EventTracker::is_new(const TelephoneEvent& event, std::uint32_t timestamp) {
  bool fresh = !started_;
  if (started_) {
    if (timestamp == timestamp_) {
      ended_ = ended_ || event.end;
      if (event.duration > duration_) duration_ = event.duration;
      return false;
    }
    if (!timestamp_after(timestamp, timestamp_)) return false;
    const bool next_segment =
        event.event == event_ && !ended_ && duration_ == longest_segment && timestamp == timestamp_ + longest_segment;
    fresh = !next_segment;
  }
  started_ = true;
  event_ = event.event;
  ended_ = event.end;
  duration_ = event.duration;
  timestamp_ = timestamp;
  return fresh;
}

}  // namespace junctor::rtp
