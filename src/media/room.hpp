#pragma once
// A mixer and the legs that sit in it, with what is played to them and those who write down what they say.
//
//   each tick:   every LegDecoder ─▶ LegVoice ─▶ Mixer ─▶ every LegEncoder
//                every Player                 ─▶       ─▶ every TapRing
//
// A tick's samples are coded once for all who hear the same in the same stateless codec.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "media/leg_decoder.hpp"
#include "media/leg_encoder.hpp"
#include "media/leg_voice.hpp"
#include "media/mixer.hpp"
#include "media/player.hpp"
#include "media/tap_ring.hpp"

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
  /// What the leg says in a tick, as others are to hear it; empty while there is silence.
  std::span<const std::int16_t> say(TimePoint tick, EventSink& events);

  LegDecoder decoder;
  LegVoice voice;
  LegEncoder encoder;
  bool is_party = true;  ///< it speaks to all; else it only listens, or speaks to some

 private:
  friend class Room;
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
  static constexpr std::size_t players_max = 32;
  static constexpr std::size_t taps_max = 8;

  explicit Room(std::uint32_t rate);

  std::uint32_t rate() const { return mixer_.sample_rate(); }
  std::size_t size() const { return legs_.size(); }
  bool full() const { return mixer_.members() == Mixer::members_max; }
  Mixer& mixer() { return mixer_; }
  std::span<MixedLeg* const> legs() const { return legs_; }

  /// The leg outlives its seat. `continues`: it was heard until now, so that it is not faded in. False when full.
  bool seat(MixedLeg& leg, bool continues, const Seat& how = {});
  void unseat(MixedLeg& leg);

  /// `listener`: who alone hears it, or null. False when it cannot be played here (see Play).
  bool play(const Play& play, const MixedLeg* listener);
  /// False when it does not play here.
  bool stop_play(PlayId id);
  void stop_all_plays();
  std::size_t players() const { return players_.size(); }
  /// Players that ended since the last call, those without an id too; valid until the next change.
  std::span<const PlayEnded> take_ended();

  bool open_tap(const OpenTap& command);
  void close_tap(TapId id);

  /// Dtmf and VoiceHeard go to `events`.
  void tick(DatagramSender& sender, EventSink& events, TimePoint tick);
  /// Ticks were left out.
  void resume();

 private:
  struct Tap {
    TapId id;
    std::shared_ptr<TapRing> ring;
    std::optional<Mixer::Member> observer;  // who hears the mix
  };

  void end(std::vector<Player>::iterator player, PlayEnd reason);
  void settle_when_empty();
  void write_taps(TimePoint tick);
  void pass_presses(TimePoint tick);
  void send_to(MixedLeg& leg, DatagramSender& sender, TimePoint tick);

  Mixer mixer_;
  std::vector<MixedLeg*> legs_;
  std::vector<Player> players_;
  std::vector<PlayEnded> ended_, told_;  // of all players together, players_max at most between two calls
  std::vector<Tap> taps_;
  // By member: whose encoder has coded what the member hears in this tick.
  std::vector<std::array<const LegEncoder*, LegEncoder::shared_codecs>> coded_;
};

}  // namespace junctor::media
