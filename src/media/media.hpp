#pragma once
// What passes between the control thread and a media worker: commands down, events up, all plain values. The control
// side sees a Plane; hub (over net's sockets and queues) and sim (simulated ones) implement it around media::Worker.
//
// Ports, slots and tags
//   A worker has numbered slots, 0 … slots-1. net binds one pair of UDP sockets per slot (RTP on an even port, RTCP on
//   the next one) and keeps it as long as it likes; the slot is the pair's place in the worker's table. A lease names a
//   slot and a generation, both packed into the PortId, so that a late command or event for an earlier lease of the
//   same pair is a normal miss. A datagram's tag is slot * 2, plus 1 for the RTCP socket: fixed for the life of the
//   pair, used for receiving (DatagramSink::on_datagram) and sending (DatagramSender::send) alike, and never
//   re-registered.
//
// Life of a port
//   take_port() → lease → OpenPort → SetRemote … → Close → Closed. Every lease ends with exactly one Close, also when
//   OpenPort was never sent, and is answered by exactly one Closed; on Closed, and not before, the pair goes back to
//   the pool (the control side does this, before it hands the event on). Datagrams that reach a slot without an open
//   port are dropped and counted by the worker, so net may leave idle pairs in its poll set.
//
// Change of worker
//   Ports that are to be joined or seated together are on one worker. A port that is on another one moves there (see
//   Plane::move_port): the same streams, keys and local ports under another PortId, whose slot is one of the guests'
//   above the worker's own. What arrives meanwhile waits in its sockets; what is commanded meanwhile, with all that the
//   new worker is told after it, waits for the port. Its own slot stays taken until it is closed.
//
// Order
//   Commands for one worker take effect in the order given. A command with a token is answered by one Done when its
//   effect is real; Done comes after the events that the command itself caused (Closed before the Done of its Close).
//   An id of another worker, or beyond its slots, is our own mistake and stops the process.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "audio/tone_plan.hpp"
#include "audio/voice.hpp"
#include "audio/voice_activity.hpp"
#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "rtp/codec.hpp"
#include "srtp/suite.hpp"

namespace junctor::media {

struct Sound;    // media/sound.hpp
class TapRing;   // media/tap_ring.hpp
class FeedRing;  // media/feed_ring.hpp

// ---------------------------------------------------------------------------------------------------- ids and tags

/// PortId = worker (8 bits) | generation (32 bits, from 1) | slot (24 bits).
constexpr std::uint32_t workers_max = 1u << 8;
constexpr std::uint32_t slots_max = 1u << 24;
/// Slots for ports that came from other workers, above a worker's own: as many as there are pairs of UDP ports in both
/// families, so that a port can always move.
constexpr std::uint32_t guest_slots = 1u << 16;

constexpr PortId make_port_id(std::uint32_t worker, std::uint32_t slot, std::uint32_t generation) {
  return {std::uint64_t{worker} << 56 | std::uint64_t{generation} << 24 | slot};
}
constexpr std::uint32_t worker_of(PortId id) {
  return static_cast<std::uint32_t>(id.value >> 56);
}
constexpr std::uint32_t generation_of(PortId id) {
  return static_cast<std::uint32_t>(id.value >> 24);
}
constexpr std::uint32_t slot_of(PortId id) {
  return static_cast<std::uint32_t>(id.value) & (slots_max - 1);
}

/// MixerId = worker (8 bits) | number (56 bits), which the control side chooses and does not use again.
using MixerId = Id<struct MixerTag>;

constexpr MixerId make_mixer_id(std::uint32_t worker, std::uint64_t number) {
  return {std::uint64_t{worker} << 56 | (number & ((std::uint64_t{1} << 56) - 1))};
}
constexpr std::uint32_t worker_of(MixerId id) {
  return static_cast<std::uint32_t>(id.value >> 56);
}

/// Chosen by the control side, which does not use one again.
using PlayId = Id<struct PlayTag>;
using TapId = Id<struct TapTag>;

enum class Channel : std::uint8_t { rtp = 0, rtcp = 1 };

constexpr std::uint64_t make_tag(std::uint32_t slot, Channel channel) {
  return std::uint64_t{slot} << 1 | static_cast<std::uint64_t>(channel);
}
constexpr std::uint32_t slot_of_tag(std::uint64_t tag) {
  return static_cast<std::uint32_t>(tag >> 1);
}
constexpr Channel channel_of_tag(std::uint64_t tag) {
  return (tag & 1) != 0 ? Channel::rtcp : Channel::rtp;
}

/// Names a command in its Done; chosen by the sender. 0: no answer wanted.
using Token = std::uint64_t;

// ------------------------------------------------------------------------------------------------------ payload map

/// One negotiated format of one leg. Two legs understand each other in a format when everything but the numbers is
/// equal.
struct Payload {
  std::uint8_t receive_type = 0;         ///< payload type in packets that come from the far end (what our SDP says)
  std::uint8_t send_type = 0;            ///< payload type in packets to the far end (what its SDP says)
  rtp::Codec codec = rtp::Codec::other;  ///< telephone-event and CN are entries like any other
  std::uint8_t channels = 1;
  std::uint32_t clock_rate = 8000;  ///< of RTP timestamps, Hz (G.722: 8000, RFC 3551 §4.5.2)
  /// Tells apart what codec, clock and channels do not: a hash of the encoding name for Codec::other and of those fmtp
  /// parameters that change the bits (AMR octet-align, iLBC mode …); 0 for the rest.
  std::uint32_t variant = 0;

  bool operator==(const Payload&) const = default;
  bool same_format(const Payload& o) const {
    return codec == o.codec && channels == o.channels && clock_rate == o.clock_rate && variant == o.variant;
  }
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.receive_type, self.send_type, self.codec, self.channels, self.clock_rate, self.variant);
  }
};

/// The formats of a leg, preferred first. The first audio format whose encoder we have is what is sent to it.
class PayloadMap {
 public:
  static constexpr std::size_t capacity = 16;

  /// False, and unchanged, when full, when a type is above 127, or when receive_type is already there.
  bool add(const Payload& payload) {
    if (count_ == capacity || payload.receive_type > 127 || payload.send_type > 127 || payload.clock_rate == 0 ||
        find(payload.receive_type) != nullptr) {
      return false;
    }
    entries_[count_++] = payload;
    return true;
  }
  std::span<const Payload> entries() const { return {entries_.data(), count_}; }
  const Payload* find(std::uint8_t receive_type) const {
    for (const Payload& p : entries()) {
      if (p.receive_type == receive_type) return &p;
    }
    return nullptr;
  }
  bool operator==(const PayloadMap&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.entries_, self.count_);
  }

 private:
  std::array<Payload, capacity> entries_{};
  std::uint8_t count_ = 0;
};

/// How audio that is made here (mixer) is packed and coded for the far end, by its SDP; relayed packets stay as they
/// are. Opus alone looks at more than the packet time (RFC 7587 §6.1).
struct EncoderSettings {
  std::uint8_t ptime_ms = 20;  ///< 10 … 60; 20 where the codec cannot
  bool use_inband_fec = false;
  bool use_dtx = false;
  std::uint32_t max_average_bitrate = 0;  ///< bit/s; 0: none given

  bool operator==(const EncoderSettings&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.ptime_ms, self.use_inband_fec, self.use_dtx, self.max_average_bitrate);
  }
};

// --------------------------------------------------------------------------------------------------------- commands

/// The port comes alive on its sockets: it receives (and learns) nothing useful before SetRemote, sends nothing.
struct OpenPort {
  PortId id;
  Token token = 0;
};

/// SRTP with the far end, RTP and RTCP alike: the master key that protects what we send, and the one of what we take.
/// They are of this leg alone.
struct SrtpKeys {
  srtp::MasterKey send, receive;

  bool operator==(const SrtpKeys&) const = default;
};

/// What offer/answer settled, given whole each time: first answer, re-INVITE, UPDATE, hold, codec change. What did not
/// change does not disturb the stream, so it may be repeated freely.
struct SetRemote {
  PortId id;
  /// From the far end's SDP. Port 0 or an unspecified IP: not known (yet); nothing is sent until a source has locked.
  /// A change from the last SetRemote releases the lock of symmetric RTP (see Locked).
  Address rtp;
  /// a=rtcp (RFC 3605); port 0: the RTP address with the next port. Ignored with rtcp_mux.
  Address rtcp;
  bool rtcp_mux = false;  ///< RFC 5761, agreed by both sides
  /// Our side's view of a=sendrecv …: may we send RTP to the far end, do we take RTP from it. RTCP runs regardless.
  bool send = true;
  bool receive = true;
  PayloadMap payloads;
  EncoderSettings encoder;
  /// The call is answered, so that audio from the far end is due and its absence a Verdict; early media owes nobody
  /// anything. Where one side may only send, there is no such debt either (see LegHealth).
  bool audio_due = true;
  /// Nothing: plain RTP. The same keys again change nothing; other keys take over where the last ones were, so that
  /// rollover counters go on (RFC 3711 §3.3.1). What does not fit the keys is dropped, plain packets too.
  std::optional<SrtpKeys> srtp;
  /// Timeout is raised after this long without a packet while `receive` holds; zero: never.
  Duration timeout{};
  Token token = 0;
};

/// Relay both ways between two open ports of the same worker; payload types are mapped by format, formats that the
/// other side lacks are dropped and counted. Ends whatever either port was doing before (relay, echo, mixer). Two
/// ports of one mixer go on without a gap: what waited in it to be heard is passed on first.
struct Join {
  PortId a, b;
  Token token = 0;
};

/// Ends the port's relay, for its partner too. Both stay open and silent. See Unseat for mixers.
struct Leave {
  PortId id;
  Token token = 0;
};

/// Everything received is sent back (telephone-events too). Ends a relay or a seat.
struct Echo {
  PortId id;
  Token token = 0;
};

/// Ends an echo; the port stays open and silent. A relay is ended by Leave.
struct StopEcho {
  PortId id;
  Token token = 0;
};

/// A mixer without members, which they are seated at. Bad: a rate other than 8000, 16000 or 48000, an id in use.
struct OpenMixer {
  MixerId id;
  std::uint32_t rate = 8000;  ///< Hz; no more than its legs can use
  Token token = 0;
};

/// Whoever sits in it is unseated.
struct CloseMixer {
  MixerId id;
  Token token = 0;
};

/// The port speaks into bus 0 of the mixer and hears bus 0 without itself, whatever the other legs' codecs; Hearing
/// changes that. Ends whatever the port was doing before; with a relay its partner is silent until it is seated too.
/// A leg that was heard until now goes on without a fade and without a gap of more than 40 ms. In a mixer of two,
/// telephone-events pass as events when both have them. no_format: no audio format of the leg is one that we code;
/// bad_parameter: no such mixer, or it is full.
struct Seat {
  PortId port;
  MixerId mixer;
  Token token = 0;
  // As Hearing would change them, but from the first tick on: nothing is heard of it before.
  bool speaks = true;  ///< false: Speak{0, 0}
  float input_gain = 1, output_gain = 1;
};

/// The port leaves its mixer, if it sits in one, and stays open and silent.
struct Unseat {
  PortId port;
  Token token = 0;
};

/// One change of who hears whom (see mixer.hpp, where examples are); takes effect with the next tick. Mute is
/// InputGain 0, deaf OutputGain 0, an observer Speak 0. A seat's first state is Speak{0, 1}, Hear{0}, gains of 1.
/// bad_parameter: the port (or speaker) does not sit in a (that) mixer; no such bus; too many buses or exceptions.
struct Hearing {
  /// The port speaks into the bus; gain 0: not any more. Four buses at most.
  struct Speak {
    std::uint8_t bus = 0;
    float gain = 1;
  };
  /// The one bus that it hears; nothing: its exceptions only.
  struct Hear {
    std::optional<std::uint8_t> bus;
  };
  struct InputGain {
    float gain = 1;
  };
  struct OutputGain {
    float gain = 1;
  };
  /// The port hears `speaker` at this gain, whatever the buses say; nothing: as they say. Sixteen at most.
  struct Exception {
    PortId speaker;
    std::optional<float> gain;
  };

  PortId port;
  std::variant<Speak, Hear, InputGain, OutputGain, Exception> change;
  Token token = 0;
};

/// Plays sounds, a cadence, keys or a feed into a mixer; several may play at a time, and each is faded in and out. What
/// is played to one leg only follows nobody: it ends when that leg leaves the mixer. Time goes on while nobody sits
/// there. bad_parameter: no such mixer; the port does not sit in it; no such bus; no sound, an empty one, or one (or a
/// feed) of another rate than the mixer's; a cadence without segments; keys that SendDigits would refuse; an id that is
/// playing; more than Room::players_max players, a full mixer or (to one port) too many exceptions.
struct Play {
  using Sounds = std::vector<std::shared_ptr<const Sound>>;
  /// Keys as the tones of Q.23, one after the other, at the level of a telephone: for a leg without telephone-event.
  struct Keys {
    std::string digits;
    Duration duration = std::chrono::milliseconds(100);
    Duration gap = std::chrono::milliseconds(60);  ///< after each
  };
  /// What somebody on another thread says while it plays; until stopped. It is this Play's alone.
  using Feed = std::shared_ptr<FeedRing>;

  PlayId id;  ///< none: nobody will stop it, and no PlayEnded comes
  MixerId mixer;
  PortId to;             ///< who alone hears it; none: all who hear the bus
  std::uint8_t bus = 0;  ///< 0 … 7
  /// Sounds one after the other, or a cadence: a country's tone (audio::find_tone_plan), a beep; or keys; or a feed.
  std::variant<Sounds, audio::Tone, Keys, Feed> what;
  std::uint32_t times = 1;  ///< how often all sounds; 0: until stopped. A cadence goes on until stopped, unless `once`
  float gain = 1;           ///< 0 … Mixer::gain_max
  Token token = 0;
};

/// Answered by PlayEnded at once. bad_parameter: it is not playing (any more): a normal miss.
struct StopPlay {
  PlayId id;
  Token token = 0;
};

/// From the next tick on everything that is said in the mixer is put into the ring, which tells what is wanted; see
/// tap_ring.hpp. Nobody hears of a tap. bad_parameter: no such mixer; a ring of another rate; an id in use; more than
/// Room::taps_max taps, or no place in the mixer.
struct OpenTap {
  TapId id;
  MixerId mixer;
  std::shared_ptr<TapRing> ring;
  Token token = 0;
};

/// Nothing is put into the ring after this. CloseMixer does the same for its taps. bad_parameter: no such tap.
struct CloseTap {
  TapId id;
  Token token = 0;
};

/// Keys pressed for the leg, one after the other, as telephone-events (RFC 4733); after those that wait already,
/// whatever the port is connected with and through every change of that. While a key sounds the leg gets nothing else:
/// what is relayed to it meanwhile is left out, telephone-events too. no_format: the leg has no telephone-event;
/// bad_parameter, and nothing is sent: another character than 0-9 * # A-D, a time that is not within rtp::KeyPress's
/// bounds, or more than rtp::EventSender::waiting_max would wait.
struct SendDigits {
  PortId id;
  std::string digits;
  Duration duration = std::chrono::milliseconds(100);
  Duration gap = std::chrono::milliseconds(60);  ///< after each
  Token token = 0;
};

/// What is done with what a leg says. As it is made, nothing.
struct VoiceProcessing {
  audio::VoiceSettings sound;
  bool events = false;                  ///< VoiceHeard is told
  audio::VoiceActivitySettings limits;  ///< of these

  /// For which samples are needed.
  bool wanted() const { return sound.any() || events; }
  bool operator==(const VoiceProcessing&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.sound.noise_suppression, self.sound.automatic_gain, self.events, self.limits.silence_after,
            self.limits.dead_air_after);
  }
};

/// From the next tick on this is done with what a leg in a mixer says, before anybody there hears it; as often as
/// wanted, while it talks, and as long as it sits there. Keys pass as they are, as events and as tones, and so does
/// what is played. bad_parameter: the port does not sit in a mixer; a processor is missing, or is for another rate.
struct Process {
  PortId port;
  VoiceProcessing what;
  /// For the mixer's rate, set to what.sound. Making one takes longer than a worker should be away from its packets, so
  /// it comes ready made with the first command after Seat that changes the sound; the leg keeps it from then on, and
  /// later ones only set it. Null: there is one already, or none is needed.
  std::shared_ptr<audio::VoiceProcessor> processor;
  Token token = 0;
};

/// One Stats event now. (Each port also sends one with each RTCP report, about every five seconds.)
struct Snapshot {
  PortId id;
  Token token = 0;
};

/// RTCP BYE goes out, a relay or mixer is left, the port is gone; see "Life of a port".
struct Close {
  PortId id;
  Token token = 0;
};

using Command = std::variant<OpenPort, SetRemote, Join, Leave, Echo, StopEcho, OpenMixer, CloseMixer, Seat, Unseat,
                             Hearing, Snapshot, Close, Play, StopPlay, OpenTap, CloseTap, SendDigits, Process>;

inline Token token_of(const Command& command) {
  return std::visit([](const auto& c) { return c.token; }, command);
}

// ------------------------------------------------------------------------------------------------------- statistics

/// Why a packet was not used, counted per port.
enum class Drop : std::uint8_t {
  malformed,        ///< not valid RTP (RFC 3550 §A.1), or above 2 kB
  malformed_rtcp,   ///< not a valid RTCP compound (§A.2)
  stranger,         ///< not from the locked source, or from a source still on probation
  not_receiving,    ///< the leg is on hold (`receive` is false)
  unknown_type,     ///< payload type not in the map
  duplicate,        ///< sequence number already seen
  late,             ///< older than the window that tells duplicates, or than the present relay; mixer: its time is over
  out_of_sequence,  ///< a jump that the next packet did not confirm (RFC 3550 §A.1)
  no_common_format,  ///< relay: the other leg has no such format; mixer: we do not
  cannot_send,      ///< relay, echo, key presses: this leg is on hold, or its address is not known, so that nothing was
                    ///< sent to it
  send_failed,      ///< the socket did not take it
  digit_flood,      ///< telephone-event digits faster than any finger; relayed all the same, or too many for a mixer
  auth_failed,      ///< SRTP: another key, not protected at all, or changed on the way
  replayed,         ///< SRTP: seen before, or too old to know
  ssrc_table_full,  ///< SRTP: a sender beside srtp::ssrcs_max others
  key_exhausted,    ///< SRTP: the lifetime of a key has ended; nothing is sent or taken with it
};
constexpr std::size_t drop_reasons = 16;

/// "malformed", "stranger" …, as shown and counted.
const char* to_string(Drop reason);

/// What the leg is connected with: nobody (nor by echo), another leg packet by packet, or a mixer.
enum class Path : std::uint8_t { none, relay, mixer };
const char* to_string(Path path);

/// What is wrong with a leg's audio; judged once a second (see LegHealth, where the rules are). In the order in which
/// one that explains more goes before another.
enum class Verdict : std::uint8_t {
  good,                ///< or nothing is due: on hold, ringing
  unreachable,         ///< what we send is refused: ICMP, or the kernel has no way there
  no_packets,          ///< nothing arrives
  other_address,       ///< packets arrive, but from elsewhere, and from no source that could be locked on to
  wrong_payload_type,  ///< packets arrive with a payload type that was not agreed
  srtp_failed,         ///< packets arrive, but are not protected by the key that was agreed
  unusable,            ///< packets arrive, but malformed or without order
  one_way,             ///< its RTCP says that it receives nothing of what we send
  silence,             ///< packets arrive, and there was never a sound in them
};
constexpr std::size_t verdicts = 9;

/// "good", "no_packets" …, as shown and recorded.
const char* to_string(Verdict verdict);

/// One leg's media, since OpenPort. Received figures are our own reception; remote_* is what the far end reports.
struct PortStats {
  std::uint64_t packets_in = 0;  ///< valid RTP packets of the leg, duplicates not included
  std::uint64_t bytes_in = 0;    ///< their UDP payload bytes, without what SRTP adds; so is bytes_out
  std::uint64_t packets_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t lost = 0;  ///< never came; all source SSRCs together
  std::uint64_t duplicates = 0;
  std::uint64_t out_of_order = 0;  ///< came later than a packet sent after them
  float jitter_ms = 0;             ///< RFC 3550 §6.4.1, present estimate
  float jitter_ms_max = 0;
  /// E-model from our own reception, 1 … 4.5; 0 while nothing was received.
  float mos = 0;
  float mos_now = 0;                    ///< of the last second alone; 0 when nothing was received in it
  rtp::Codec codec = rtp::Codec::none;  ///< of the last audio packet received
  float remote_loss = 0;                ///< last reported fraction lost, 0 … 1
  std::uint32_t remote_lost = 0;        ///< cumulative, as last reported (never below zero)
  float remote_jitter_ms = 0;
  float rtt_ms = -1;  ///< from LSR/DLSR; negative: not known
  Address locked;     ///< where RTP comes from; port 0 before the first lock
  std::uint32_t ssrc_in = 0;
  std::uint32_t ssrc_out = 0;
  Path path = Path::none;
  float concealed_ms = 0;      ///< mixer: invented for audio that was lost or too late
  float jitter_target_ms = 0;  ///< mixer: how long packets are kept for the jitter's sake, at present
  /// From there to here, one way: half the round trip and our jitter buffer; negative: not known.
  float delay_ms = -1;
  /// From here to there: half the round trip and the far end's own delay, as its RTCP XR has it; negative: not known.
  float remote_delay_ms = -1;
  /// Mean level of what it sends, pauses left out; of G.711 always, of other codecs where a mixer decodes them.
  std::optional<float> level_dbm0;
  std::optional<float> remote_level_dbm0;   ///< of what it hears, by its RTCP XR
  float remote_mos = 0;                     ///< what it hears, by its RTCP XR or, without, the E-model; 0: not known
  rtp::Codec codec_out = rtp::Codec::none;  ///< of the last packet sent
  Verdict verdict = Verdict::good;          ///< at present
  Verdict past_verdict = Verdict::good;     ///< the last that ended; silence is forgotten when a sound comes
  std::array<std::uint32_t, drop_reasons> drops{};

  std::uint32_t drop(Drop reason) const { return drops[static_cast<std::size_t>(reason)]; }
};

// ----------------------------------------------------------------------------------------------------------- events

/// Symmetric RTP: enough packets in sequence came from this address; the leg now listens to it alone and sends to it.
/// The lock is released by a SetRemote with another address and by two seconds of silence.
struct Locked {
  PortId id;
  Address remote;
};

/// No packet for SetRemote::timeout although one was expected. Once; armed again by a SetRemote that turns `receive` or
/// `timeout` from off to on, or by the next packet.
struct Timeout {
  PortId id;
};

/// The leg's audio stopped being good, is so for another reason, or is good again.
struct Judged {
  PortId id;
  Verdict verdict = Verdict::good;
};

/// Audio arrives in a format that the leg it is relayed to has not; it is dropped, and only a mixer could help. Once
/// for each pair of legs and their formats.
struct CannotRelay {
  PortId id;
};

/// A key went down: the first packet of a telephone-event (RFC 4733) was seen. Packets pass the relay regardless.
struct KeyDown {
  PortId id;
  char digit = 0;  ///< 0-9 * # A-D
  /// Heard as tones in the audio instead: of a leg in a mixer that has no telephone-event. They stay in the audio.
  bool in_band = false;
};
/// It is up again: one key press. After each KeyDown, unless the leg leaves its mixer while a tone sounds.
struct Dtmf {
  PortId id;
  char digit = 0;
  bool in_band = false;
  Duration duration{};  ///< as the far end says; of tones within 10 ms
};

struct Stats {
  PortId id;
  PortStats stats;
};

/// The port is gone; `stats` are final (all zero if it was never opened).
struct Closed {
  PortId id;
  PortStats stats;
};

enum class PlayEnd : std::uint8_t {
  finished,
  stopped,        ///< by StopPlay
  listener_left,  ///< the one port that heard it is not in the mixer any more
  mixer_closed
};

/// The last of a Play that was done and has an id.
struct PlayEnded {
  PlayId id;
  PlayEnd reason = PlayEnd::finished;
  std::uint32_t played_ms = 0;
};

enum class Outcome : std::uint8_t {
  done,
  no_such_port,   ///< closed meanwhile, or never opened: a normal miss
  no_format,      ///< Seat, SendDigits: the leg has no format that we can encode
  bad_parameter,  ///< Join: a port with itself; OpenPort: slot in use or too high; for mixers see each command
};

struct Done {
  Token token = 0;
  Outcome outcome = Outcome::done;
};

/// What somebody's voice does; see audio::VoiceEvents.
enum class VoiceEvent : std::uint8_t {
  speech_started,
  speech_ended,
  silence,   ///< nobody has spoken for VoiceActivitySettings::silence_after
  dead_air,  ///< there was no sound at all for VoiceActivitySettings::dead_air_after
  clipping_started,
  clipping_ended,
};
constexpr std::size_t voice_events = 6;

/// "speech_started" …
const char* to_string(VoiceEvent event);

/// Of a leg in a mixer whose Process wants events; while its audio is due, and not of tones that are keys.
struct VoiceHeard {
  PortId id;
  VoiceEvent what = VoiceEvent::silence;
  /// When it was: speech is told as started some 60 ms, and as ended some 400 ms, after that.
  TimePoint at{};
};

using Event =
    std::variant<Locked, Timeout, KeyDown, Dtmf, Stats, Closed, Done, PlayEnded, Judged, CannotRelay, VoiceHeard>;

/// Takes a worker's events, on the worker's thread. Must not call back into the worker.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;
};

// ------------------------------------------------------------------------------------------------------ control side

struct PortLease {
  PortId id;
  std::uint32_t worker = 0;
  Family family = Family::v4;
  std::uint16_t rtp_port = 0;
  std::uint16_t rtcp_port = 0;
};

/// The media plane as the control thread sees it.
class Plane {
 public:
  virtual ~Plane() = default;
  /// A bound pair from the pool, without a round trip; on `worker` if given, else where net thinks best. Nothing when
  /// the pool is empty (answer 503).
  virtual std::optional<PortLease> take_port(Family family, std::optional<std::uint32_t> worker) = 0;
  /// Never dropped and never blocks.
  virtual void command(std::uint32_t worker, Command command) = 0;
  /// The open port goes to `worker`, another one, with its sockets and all that it knows; what it was relayed with or
  /// seated in before is left, echo and tone go on. It is commanded under the new lease from now on, and closed once,
  /// under that; events that were on their way come under the old one.
  virtual PortLease move_port(const PortLease& lease, std::uint32_t worker) = 0;
  /// Commands pile up because a worker does not keep up: no new calls for now.
  virtual bool congested() const { return false; }

  MixerId new_mixer_id(std::uint32_t worker) { return make_mixer_id(worker, ++mixers_); }
  TapId new_tap_id() { return {++taps_}; }

 private:
  std::uint64_t mixers_ = 0;
  std::uint64_t taps_ = 0;
};

}  // namespace junctor::media
