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
/// What the duration can tell; a longer event goes on in another segment (§2.5.1.3).
constexpr std::uint16_t segment_units_max = 0xffff;

/// The first event of the payload (more than one may be packed for reliability, §2.5.1.5; the first is the newest that
/// starts here). Nothing when shorter than four bytes.
std::optional<TelephoneEvent> parse_telephone_event(Bytes payload);
void write_telephone_event(const TelephoneEvent& event, std::span<std::uint8_t, telephone_event_size> out);

/// '0'–'9' '*' '#' 'A'–'D'; 0 for an event that is not DTMF.
char dtmf_digit(std::uint8_t event);
/// The other way round; nothing for another character.
std::optional<std::uint8_t> dtmf_event(char digit);

/// Finds the first packet of each key press: packets of one event share its start as timestamp; one longer than 0xffff
/// units goes on in a new segment whose timestamp is that much later (§2.5.1.3). The marker is not needed for it, nor
/// is any other single packet.
class EventTracker {
 public:
  /// So many segments in a row may be lost before what follows is taken for another press of the same key.
  static constexpr std::uint32_t segments_lost_max = 3;

  /// True once per event. `timestamp` is the packet's. Reordered packets of earlier events are not news.
  bool is_new(const TelephoneEvent& event, std::uint32_t timestamp);
  /// The stream began anew (other SSRC); its timestamps tell nothing about earlier ones.
  void reset() { *this = {}; }

  /// Has a packet said that the newest event is over? All of them may be lost: an event of which nothing was heard for
  /// three packet times is over as well (§2.5.2.3), which the caller sees on its clock.
  bool ended() const { return ended_; }
  /// How long the newest event has lasted, its earlier segments included, in timestamp units.
  std::uint32_t duration() const { return timestamp_ - start_ + duration_; }

  bool operator==(const EventTracker&) const = default;
  /// For save and load of the port that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.started_, self.event_, self.ended_, self.duration_, self.timestamp_, self.start_);
  }

 private:
  bool continues(const TelephoneEvent& event, std::uint32_t timestamp) const;

  bool started_ = false;
  std::uint8_t event_ = 0;
  bool ended_ = false;
  std::uint16_t duration_ = 0;   // in the newest segment
  std::uint32_t timestamp_ = 0;  // of the newest segment
  std::uint32_t start_ = 0;      // of the event
};

}  // namespace junctor::rtp
