#pragma once
// A mixer and the legs that sit in it.
//
//   each tick:   every LegDecoder ─▶ Mixer ─▶ every LegEncoder
//
// A tick's samples are coded once for all who hear the same in the same stateless codec.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "media/leg_decoder.hpp"
#include "media/leg_encoder.hpp"
#include "media/mixer.hpp"

namespace junctor::media {

class Room;

/// What a port has while it sits in a mixer; see Room::seat().
class MixedLeg {
 public:
  MixedLeg(Port& port, Room& room, bool continues);

  Port& port() const { return port_; }
  Room& room() const { return room_; }
  Mixer::Member member() const { return member_; }

  /// After the port's formats changed. False when there is none that we can send in.
  bool set_formats();
  void receive(const Arrival& arrival, TimePoint now);
  /// A key press that is over, and how long it was.
  std::optional<rtp::KeyPress> take_press(TimePoint tick);

  LegDecoder decoder;
  LegEncoder encoder;

 private:
  friend class Room;
  /// A telephone-event of which nothing was heard for three packet times is over (RFC 4733 §2.5.2.3).
  static constexpr Duration event_silence = milliseconds(60);

  void note_event(const Arrival& arrival, TimePoint now);
  /// Of what it says, one tick in so many; of codecs that are not measured packet by packet.
  void note_level(std::span<const std::int16_t> samples);

  Port& port_;
  Room& room_;
  Mixer::Member member_ = 0;

  unsigned ticks_heard_ = 0;
  std::optional<rtp::KeyPress> press_;  // being pressed, or over
  bool press_over_ = false;
  TimePoint press_heard_{};
};

class Room {
 public:
  explicit Room(std::uint32_t rate) : mixer_(rate) {}

  std::uint32_t rate() const { return mixer_.sample_rate(); }
  std::size_t size() const { return legs_.size(); }
  bool full() const { return mixer_.members() == Mixer::members_max; }
  Mixer& mixer() { return mixer_; }
  std::span<MixedLeg* const> legs() const { return legs_; }

  /// The leg outlives its seat. `continues`: it was heard until now, so that it is not faded in. False when full.
  bool seat(MixedLeg& leg, bool continues);
  void unseat(MixedLeg& leg);

  void tick(DatagramSender& sender, TimePoint tick);
  /// Ticks were left out.
  void resume();

 private:
  void pass_presses(TimePoint tick);
  void send_to(MixedLeg& leg, DatagramSender& sender, TimePoint tick);

  Mixer mixer_;
  std::vector<MixedLeg*> legs_;
  // By member: whose encoder has coded what the member hears in this tick.
  std::vector<std::array<const LegEncoder*, LegEncoder::shared_codecs>> coded_;
};

}  // namespace junctor::media
