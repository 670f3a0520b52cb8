#pragma once
// Telephone-events (RFC 4733 §2): the payload, and which packets belong to one key press.
#include <cstdint>
#include <optional>

#include "rtp/packet.hpp"

namespace junctor::rtp {

struct TelephoneEvent {
  std::uint8_t event = 0;  ///< 0–9 digits, 10 '*', 11 '#', 12–15 A–D, others per the registry
  bool end = false;
  std::uint8_t volume = 0;     ///< dBm0 without its sign, 0 … 63
  std::uint16_t duration = 0;  ///< timestamp units so far

  bool operator==(const TelephoneEvent&) const = default;
};

constexpr std::size_t telephone_event_size = 4;

/// The first event of the payload (more than one may be packed for reliability, §2.5.1.5; the first is the newest that
/// starts here). Nothing when shorter than four bytes.
std::optional<TelephoneEvent> parse_telephone_event(Bytes payload);
void write_telephone_event(const TelephoneEvent& event, std::span<std::uint8_t, telephone_event_size> out);

/// '0'–'9' '*' '#' 'A'–'D'; 0 for an event that is not DTMF.
char dtmf_digit(std::uint8_t event);

/// Finds the first packet of each key press: packets of one event share its start as timestamp; one longer than 0xffff
/// units goes on in a new segment whose timestamp is that much later (§2.5.1.3).
class EventTracker {
 public:
  /// True once per event. `timestamp` is the packet's. Reordered packets of earlier events are not news.
  bool is_new(const TelephoneEvent& event, std::uint32_t timestamp);
  /// The stream began anew (other SSRC); its timestamps tell nothing about earlier ones.
  void reset() { started_ = false; }

 private:
  bool started_ = false;
  std::uint8_t event_ = 0;
  bool ended_ = false;
  std::uint16_t duration_ = 0;
  std::uint32_t timestamp_ = 0;
};

}  // namespace junctor::rtp
