#pragma once
// One leg's media on a worker.
//
//   from the far end                                                                     to the far end
//
//   datagram ─ SRTP ─ parse ─ SourceLock ─ hold? ─ type ─ InStream ─ (digit) ─┐    ┌─ hold? ─ OutStream ─ SRTP ─
//   datagram
//                                                                             │    │
//                                                            partner's port ◄─┴────┤ relay: payload type mapped
//                                                            this very port ◄──────┤ echo
//                                                    mixer ◄─ LegDecoder ◄─┘       ├ mixer: LegEncoder
//                                                                                  └ key presses, instead of any of
//                                                                                    these while they sound
//
// unprotect() and receive() are the left half; forward(), send_made() and send_keys() are the right one.
// RTCP runs beside both, in RtcpLink.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/timer_wheel.hpp"
#include "media/in_stream.hpp"
#include "media/leg_health.hpp"
#include "media/media.hpp"
#include "media/out_stream.hpp"
#include "media/rtcp_link.hpp"
#include "media/source_lock.hpp"
#include "media/srtp_link.hpp"
#include "rtp/event_sender.hpp"
#include "rtp/packet.hpp"
#include "rtp/telephone_event.hpp"

namespace junctor::media {

/// The largest datagram that is taken, and the largest packet that is sent; SRTP adds to that.
constexpr std::size_t packet_size_max = 2048;
/// Digits faster than this are not a finger's work (RFC 4733 tones last 40 ms and more).
constexpr Duration digit_gap_min = std::chrono::milliseconds(40);
/// A telephone-event of which nothing was heard for three packet times is over (RFC 4733 §2.5.2.3).
constexpr Duration event_silence = std::chrono::milliseconds(60);

/// One per Drop, shared by all ports.
using DropCounters = std::array<Counter*, drop_reasons>;

/// What makes the audio toward the leg.
enum class Feed : std::uint8_t { none, relay, echo, mixer };

/// What went to a far end. A plain value.
struct SentCounts {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;    ///< UDP payload, without what SRTP adds
  std::uint64_t octets = 0;   ///< RTP payload, as sender reports have it
  std::uint64_t reports = 0;  ///< RTCP

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.packets, self.bytes, self.octets, self.reports);
  }
};

/// A packet that passed every check of the receiving side.
struct Arrival {
  rtp::Packet packet;
  std::size_t format = 0;  ///< index into the leg's PayloadMap
  std::uint32_t clock_rate = 0;
  std::int64_t extended_sequence = 0;
  bool new_source = false;
  bool begins_event = false;  ///< the first packet of a telephone-event
};

/// A movable value; the worker owns it, gives it its timers and joins it with others.
class Port {
 public:
  /// `ciphers` are those of the thread it is on.
  Port(PortId id, Random& random, srtp::Ciphers& ciphers);

  PortId id() const { return id_; }
  /// On another worker.
  void rename(PortId id, srtp::Ciphers& ciphers) {
    id_ = id;
    ciphers_ = &ciphers;
  }

  /// True when the formats changed, so that whoever is joined must be mapped anew.
  bool set_remote(const SetRemote& remote, TimePoint now);
  const PayloadMap& payloads() const { return payloads_; }
  const EncoderSettings& encoder() const { return encoder_; }

  /// What SRTP needs for a packet that comes, and for one that goes.
  void prefetch_receive_keys() const { srtp_.prefetch_receive(); }
  void prefetch_send_keys() const { srtp_.prefetch_send(); }

  // ------------------------------------------------------------------------------------------------------ receiving

  /// What a datagram of the far end says in clear: itself with plain RTP, else the beginning of `room`. Nothing if it
  /// was dropped (and counted). Before anything else looks at it.
  std::optional<std::span<const std::uint8_t>> unprotect(Channel channel, std::span<const std::uint8_t> datagram,
                                                         std::span<std::uint8_t, packet_size_max> room);
  /// One packet of the RTP socket; nothing if it was dropped (and counted). Locked, KeyDown and Dtmf go to `events`.
  std::optional<Arrival> receive(std::span<const std::uint8_t> datagram, const Address& from, TimePoint now,
                                 EventSink& events);
  void receive_rtcp(std::span<const std::uint8_t> datagram, const Address& from, TimePoint now);
  bool rtcp_mux() const { return rtcp_mux_; }
  /// The newest telephone-event that arrived.
  const rtp::EventTracker& events_seen() const { return events_seen_; }
  /// A key whose end was lost, with what followed it: it is up.
  void release_lost_key(TimePoint now, EventSink& events);
  void drop(Drop reason) { ++drops_[static_cast<std::size_t>(reason)]; }

  /// What was sent to `to` was refused (ICMP).
  void on_unreachable(const Address& to, TimePoint now);
  /// What a mixer heard from the leg, of codecs that are not measured in receive().
  void note_power(double power) { health_.on_power(power); }
  bool measures_level() const { return codec_ == rtp::Codec::pcmu || codec_ == rtp::Codec::pcma; }
  /// Once in LegHealth::interval. True when the verdict is another than before.
  bool check(TimePoint now);
  Verdict verdict() const { return health_.verdict(); }

  /// The call is answered, and nobody is on hold.
  bool audio_is_due() const { return audio_due_ && send_ && receive_; }
  /// When silence becomes a Timeout; nothing when none is wanted.
  std::optional<TimePoint> timeout_at() const;

  // -------------------------------------------------------------------------------------------------------- sending

  /// A packet that arrived at `from` (this port itself: echo) goes to this leg. `from` has been mapped to this port.
  void forward(const Arrival& arrival, Port& from, DatagramSender& sender, TimePoint now);
  /// For `from`'s packets that go to this port: payload types by format.
  void map_formats_to(const Port& to);
  /// Audio of this leg was dropped because the other one has no such format; true once after each map_formats_to().
  bool take_unmapped_audio();

  /// The far end's address is known and it is not on hold.
  bool can_send() const { return send_ && lock_.target(); }
  /// A packet of audio that was made here, `duration` units of `format`'s clock long.
  void send_made(const Payload& format, rtp::Bytes payload, std::uint32_t duration, DatagramSender& sender,
                 TimePoint now);

  /// Makes room for key presses, which nothing after that allocates for. False when the leg has no telephone-event.
  bool prepare_keys();
  /// So many more may be pressed; 0 before prepare_keys().
  std::size_t keys_room() const { return keys_ ? keys_->room() : 0; }
  /// False when there is no room (counted), or the leg has no telephone-event.
  bool press(const rtp::KeyPress& key);
  /// Sends what is due. True while a key takes the place of audio.
  bool send_keys(DatagramSender& sender, TimePoint now);
  /// When send_keys() may have something; nothing while no key waits.
  std::optional<TimePoint> keys_wake() const;

  OutStream& out() { return out_; }
  const OutStream& out() const { return out_; }
  /// Sends a report, with BYE at the end of the leg: nothing then where nothing was sent before (RFC 3550 §6.3.7).
  /// `source` is whose packets are relayed to this leg, or null.
  void send_report(const Port* source, const WallClock& wall, bool bye, DatagramSender& sender, TimePoint now);

  PortStats stats() const;
  /// How much the far end last said that it loses, 0 … 1.
  float remote_loss() const { return rtcp_.remote().loss; }
  /// What a mixer had to invent while the port sat there.
  void add_concealed(double ms) { concealed_ms_ += ms; }
  /// Adds what was dropped since the last call to the worker's counters.
  void count_drops(DropCounters& counters);

  /// A self-contained byte string, and back, keys and rollover counters of SRTP included: all but the id, the timers,
  /// the partner and the seat in a mixer, which are the worker's to give again (timeout_at(), map_formats_to(),
  /// Room::seat()), and keys that wait to be pressed, which nobody expects any more. Times are kept
  /// relative to `now`.
  std::string save(TimePoint now) const;
  static std::optional<Port> load(PortId id, std::string_view saved, TimePoint now, srtp::Ciphers& ciphers);
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.feed, self.timeout_raised, self.send_, self.receive_, self.audio_due_, self.rtcp_mux_, self.codec_,
            self.in_clock_rate_, self.payloads_, self.encoder_, self.lock_, self.rtcp_signalled_, self.rtcp_learned_,
            self.timeout_, self.heard_, self.digit_time_, self.key_down_, self.key_lasted_, self.key_heard_, self.in_,
            self.out_, self.rtcp_, self.events_seen_, self.bytes_in_, self.sent_, self.concealed_ms_, self.drops_,
            self.drops_counted_, self.health_, self.out_type_, self.mos_now_, self.received_before_, self.lost_before_,
            self.srtp_);
  }

  // What the worker arranges.
  Feed feed = Feed::none;
  PortId partner;  ///< with Feed::relay
  TimerId report_timer, timeout_timer, key_timer;
  bool timeout_raised = false;
  /// While it sits in a mixer: what its jitter buffer does there, as of the last look.
  struct Playout {
    double concealed_ms = 0;
    double target_ms = 0;
  };
  std::optional<Playout> playout;

 private:
  static constexpr std::uint8_t no_format = 0xff;

  void index_payloads();
  bool note_event(const rtp::Packet& packet, std::uint32_t clock_rate, TimePoint now, EventSink& events);
  void press_key(char digit, TimePoint now, EventSink& events);
  void release_key(EventSink& events);
  void send(const OutHeader& header, std::uint8_t payload_type, rtp::Bytes payload, DatagramSender& sender);
  Address rtcp_target() const;
  SenderClock sender_clock(const Port* source, const WallClock& wall, TimePoint now) const;
  const Payload* event_format() const;
  void send_event(const Payload& format, const rtp::EventPacket& event, DatagramSender& sender, TimePoint now);
  bool sounds_key(TimePoint now) const { return now < keys_until_ || (keys_ && keys_->sounding()); }
  void note_level(const rtp::Packet& packet);
  double delay_ms() const;
  double loss() const;
  rtp::Codec codec_out() const;
  rtp::VoipMetrics metrics(TimePoint now) const;

  PortId id_;
  bool send_ = false;
  bool receive_ = false;
  bool rtcp_mux_ = false;
  rtp::Codec codec_ = rtp::Codec::none;
  std::uint32_t in_clock_rate_ = 0;
  PayloadMap payloads_;
  EncoderSettings encoder_;
  std::array<std::uint8_t, 128> format_of_type_{};                 // receive type → index, or no_format
  std::array<std::uint8_t, PayloadMap::capacity> forward_type_{};  // index → type at the port that gets it
  enum class Unmapped : std::uint8_t { none, seen, told } unmapped_ = Unmapped::none;
  SrtpLink srtp_;
  srtp::Ciphers* ciphers_;
  SourceLock lock_;
  Address rtcp_signalled_;
  Address rtcp_learned_;
  Duration timeout_{};
  TimePoint heard_{};
  TimePoint digit_time_{};
  char key_down_ = 0;  // by telephone-event; 0: none
  Duration key_lasted_{};
  TimePoint key_heard_{};

  InStream in_;
  OutStream out_;
  RtcpLink rtcp_;
  rtp::EventTracker events_seen_;
  std::unique_ptr<rtp::EventSender> keys_;
  TimePoint keys_until_{};  // the last packet of a key lasts so long

  std::uint64_t bytes_in_ = 0;
  SentCounts sent_;
  double concealed_ms_ = 0;
  LegHealth health_;
  std::uint8_t out_type_ = 0;  // of the last packet sent
  bool audio_due_ = false;
  float mos_now_ = 0;
  std::uint64_t received_before_ = 0, lost_before_ = 0;  // a second ago
  std::array<std::uint32_t, drop_reasons> drops_{};
  std::array<std::uint32_t, drop_reasons> drops_counted_{};
};

// A call with media has two of these; its budget for everything is 30 kB.
static_assert(sizeof(Port) <= 2048);

}  // namespace junctor::media
