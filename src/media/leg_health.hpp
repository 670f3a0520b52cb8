#pragma once
// Whether a leg's audio is good, both ways, and if not, why: judged once a second from what the port counts, what the
// far end's RTCP says, and what the network says.
//
// Audio is due while the call is answered and both sides may send and receive: not while it rings, and not on hold,
// whoever holds and by whichever attribute (who holds often sends nothing). It has `patience` to come, and again after
// each hold. What is no fault:
//   - a pause that was announced: comfort noise (RFC 3389), a codec's own silence frame, a sender that has been seen to
//     talk in spurts (marker bit after a gap, RFC 3551 §4.1), or one whose sender reports say that it has sent nothing
//     since; all of that only while its RTCP, if there was any, goes on;
//   - silence of somebody who has been heard before: mute. Who was silent from the first packet on is told apart from a
//     dead microphone by nobody, and is `silence` until a sound, a key press or comfort noise comes.
// The far end hears us, unless its RTCP says otherwise while we send.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "media/media.hpp"
#include "rtp/codec.hpp"

namespace junctor::media {

/// What a compound RTCP packet of the far end says about its own sending and receiving.
struct RtcpNews {
  bool report = false;                          ///< there was a sender or receiver report in it
  bool hears_us = false;                        ///< one that tells of packets of ours that it had not told of before
  std::optional<std::uint32_t> sender_packets;  ///< how many it has sent, by its sender report
};

/// A plain value, part of a Port.
class LegHealth {
 public:
  /// How long audio that is due may not come. With `interval` that makes 4 to 5 s from the fault to the verdict.
  static constexpr Duration patience = seconds(4);
  /// Time between two calls of check().
  static constexpr Duration interval = seconds(1);
  /// Below this there is silence: a codec's smallest steps, and no room is as quiet.
  static constexpr double silence_dbm0 = -65;
  /// One packet in so many has its level measured.
  static constexpr unsigned level_one_in = 16;

  /// `anew`: the call was just answered, or the far end is another than before.
  void set_due(bool due, bool anew, TimePoint now);

  // Per packet.

  /// A usable packet of speech. `marker`: it has the marker bit and is not the first of its source.
  void on_audio(rtp::Codec codec, std::size_t payload_size, bool marker, TimePoint now) {
    if (marker && now - good_at_ >= spurt_gap) in_spurts_ = true;
    good_at_ = now;
    idle_ = false;
    pausing_ = is_silence_frame(codec, payload_size);
    sounded_ |= pausing_;
  }
  /// A key press.
  void on_event(TimePoint now) {
    good_at_ = now;
    sounded_ = true;
  }
  void on_comfort_noise(TimePoint now) {
    good_at_ = now;
    sounded_ = pausing_ = true;
  }
  /// Of a packet that was measured; 1 is 0 dBm0.
  void on_power(double power);

  // Now and then.

  /// `come`: how many packets of the far end were received or are known to be lost.
  void on_rtcp(const RtcpNews& news, std::uint64_t come, TimePoint now);
  /// What was sent to the leg's address was refused.
  void on_unreachable(TimePoint now);

  /// What the port has counted since it was opened.
  struct Counted {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    const std::array<std::uint32_t, drop_reasons>& drops;
  };
  /// Once in `interval`. True when the verdict is another than before.
  bool check(const Counted& counted, TimePoint now);

  Verdict verdict() const { return verdict_; }
  Verdict past_verdict() const { return past_; }
  /// Mean level of what was measured, silence left out unless there was nothing else.
  std::optional<double> level_dbm0() const;
  /// Since when audio is due; nothing while it is not.
  std::optional<TimePoint> due_since() const { return due_ ? std::optional(due_since_) : std::nullopt; }

  bool operator==(const LegHealth&) const = default;
  /// For save and load of the port that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.verdict_, self.past_, self.due_, self.due_since_, self.good_at_, self.received_before_,
            self.sent_before_, self.drops_before_, self.send_failed_before_, self.fresh_, self.in_spurts_,
            self.pausing_, self.idle_, self.rtcp_at_, self.reports_, self.sender_packets_, self.come_,
            self.sending_since_, self.checked_at_, self.deaf_, self.refused_, self.refused_since_, self.refused_at_,
            self.sounded_, self.quiet_, self.measured_, self.active_, self.active_power_);
  }

 private:
  static constexpr Duration spurt_gap = milliseconds(100);
  /// A far end that reported and does not any more is gone, whatever it announced.
  static constexpr Duration rtcp_silence_max = seconds(20);
  /// Its sender report may overtake so many of its packets.
  static constexpr std::int64_t packets_on_the_way = 5;
  static constexpr Duration idle_after = milliseconds(500);
  /// So many packets in a second, or more, are a stream; a far end that does not report it when it has lasted that long
  /// does not hear it. Phones that begin to listen late have begun by then.
  static constexpr std::uint64_t stream_min = 10;
  static constexpr Duration heard_within = seconds(2);
  /// Refusals count when they go on that long, with no more than the gap between two: hosts limit their rate.
  static constexpr Duration refused_min = milliseconds(1500);
  static constexpr Duration refused_gap = milliseconds(2500);
  /// Fewer packets of one kind are strays.
  static constexpr std::uint32_t blamed_min = 10;
  static constexpr std::uint32_t quiet_min = 4;

  /// How G.729 Annex B and Opus say that there is nothing to say.
  static bool is_silence_frame(rtp::Codec codec, std::size_t size) {
    return (size <= 2 && codec == rtp::Codec::opus) || (codec == rtp::Codec::g729 && size % 10 == 2);
  }

  void note_sending(std::uint64_t sent);
  void note_refusals(bool receives, std::uint64_t sent, TimePoint now);
  Verdict judge(const Counted& counted, bool streaming, TimePoint now) const;
  Verdict blame(const Counted& counted) const;
  bool pause_excused(TimePoint now) const;

  Verdict verdict_ = Verdict::good, past_ = Verdict::good;
  bool due_ = false;
  TimePoint due_since_{};
  TimePoint good_at_{};  // the newest usable packet
  // At the last check; drops_before_ at the last one that found something usable.
  std::uint64_t received_before_ = 0, sent_before_ = 0;
  std::array<std::uint32_t, drop_reasons> drops_before_{};
  std::uint32_t send_failed_before_ = 0;
  bool fresh_ = true;  // drops_before_ is to be taken anew
  // Pauses.
  bool in_spurts_ = false, pausing_ = false, idle_ = false;
  TimePoint rtcp_at_{};
  bool reports_ = false;              // a sender report came, with …
  std::uint32_t sender_packets_ = 0;  // … so many sent, when …
  std::uint64_t come_ = 0;            // … so many had come
  // Toward the far end.
  TimePoint sending_since_{};  // not set: not sending a stream
  TimePoint checked_at_{};
  bool deaf_ = false;
  bool refused_ = false;
  TimePoint refused_since_{}, refused_at_{};
  // Sound.
  bool sounded_ = false;
  std::uint32_t quiet_ = 0;  // packets measured as silent, while none sounded
  bool measured_ = false;
  std::uint32_t active_ = 0;
  double active_power_ = 0;
};

}  // namespace junctor::media
