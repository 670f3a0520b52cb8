#pragma once
// The audio of one call of a scripted phone: speaks a tone over RTP and measures what it hears, in any codec that there
// is a coder for. Keeps the books that tell whether the far end's stream is one stream: one SSRC, continuous sequence
// numbers and timestamps.
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/codec.hpp"
#include "audio/dtmf.hpp"
#include "audio/tone.hpp"
#include "audio/tone_plan.hpp"
#include "base/address.hpp"
#include "base/time.hpp"
#include "media/media.hpp"
#include "sim/net.hpp"
#include "sim/world.hpp"
#include "srtp/srtp.hpp"

namespace junctor::sim {

class Speaker {
 public:
  static constexpr std::uint8_t pcmu = 0, pcma = 8;

  Speaker(World& world, Net& net, const Address& rtp);
  ~Speaker();
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  struct Codec {
    std::uint8_t payload_type = pcma;
    audio::Format format = audio::Format::pcma;
  };
  /// After each offer/answer: where to, whether at all, as what, and what may arrive: that, what could before, and
  /// always G.711. `event_type` 255: no telephone-event.
  void configure(std::optional<Address> remote, bool send, Codec voice, std::span<const Codec> heard,
                 std::uint8_t event_type);
  /// What we offered: it may arrive before the answer does (RFC 3264 §5.1). `event_type` as above.
  void prepare(std::span<const Codec> offered, std::uint8_t event_type);
  /// SRTP from now on, or plain RTP. The same keys go on as they were.
  void use_keys(const std::optional<media::SrtpKeys>& wanted);
  const std::optional<media::SrtpKeys>& srtp_keys() const { return srtp_keys_; }
  /// The line is over.
  void stop();

  /// A tone from now on, every 20 ms; 0 is silence that is sent all the same.
  void speak(double hz);
  /// These samples at 8 kHz instead of the tone, once; then the tone again, or silence if there was none.
  void say(std::vector<std::int16_t> samples);
  bool is_saying() const { return said_ < words_.size(); }
  /// Sends nothing any more.
  void be_quiet();
  /// One key as telephone-event (RFC 4733), 100 ms long.
  void press(char digit);
  /// One key as the tones in the audio, 100 ms long, instead of what it says.
  void sound(char digit);
  /// Tells of comfort noise (RFC 3389, payload type 13) and then sends nothing.
  void pause();
  /// Bytes of anybody's making, from our socket.
  void send_raw(const Address& to, std::span<const std::uint8_t> bytes);

  // Faults.

  /// Sends with this payload type, whatever was agreed; lasts to the next offer/answer.
  void use_payload_type(std::uint8_t type) { voice_.payload_type = type; }
  /// Speaks in another codec from now on; to the next offer/answer.
  void use_codec(const Codec& codec);
  /// Nothing that is sent to it arrives any more; what it sends does.
  void be_deaf() { deaf_ = true; }
  /// The RTP socket is closed, the phone is still there.
  void close_socket();

  /// RTCP from now on: sender or receiver reports of what was really sent and heard.
  void report_every(Duration interval);

  /// The last 100 ms were that tone and little else.
  bool hears(double hz) const;
  bool hears_nothing() const;
  /// Of the last 100 ms; −90 when nothing came.
  double level_dbm0() const;

  /// Keeps what is heard from now on, at 8 kHz, and forgets what was kept.
  void record();
  const std::vector<std::int16_t>& recorded() const { return recorded_; }
  /// Keys that sounded as tones since record(), each when it was over.
  struct HeardKey {
    char digit = 0;
    std::chrono::milliseconds duration{0};
    std::chrono::milliseconds ended{0};  ///< of the recorded sound, some 30 ms after the tone's end
  };
  const std::vector<HeardKey>& heard_keys() const { return heard_keys_; }

  const Address& rtp() const { return rtp_; }
  const std::optional<Address>& remote() const { return remote_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  std::uint64_t rtcp_received() const { return rtcp_received_; }
  std::uint64_t sender_reports() const { return sender_reports_; }
  /// Packets whose SSRC was another than before. A source that moves to another address begins anew (RFC 3550 §8.2),
  /// here and below.
  std::uint64_t ssrc_changes() const { return ssrc_changes_; }
  /// Packets whose sequence number did not follow the one before; 0 on a perfect line.
  std::uint64_t sequence_jumps() const { return sequence_jumps_; }
  /// Packets whose timestamp went backward in a stream whose sequence went forward.
  std::uint64_t timestamp_faults() const { return timestamp_faults_; }
  /// Packets with a payload type that is in none of our descriptions.
  std::uint64_t wrong_payload() const { return wrong_payload_; }
  /// Packets, RTCP included, that our key does not open.
  std::uint64_t unreadable() const { return unreadable_; }
  /// Keys heard, each once.
  const std::string& digits() const { return digits_; }
  std::optional<TimePoint> last_heard() const { return last_heard_; }
  /// The longest time between two packets that were heard since watch_gaps().
  Duration longest_gap() const { return longest_gap_; }
  void watch_gaps() { longest_gap_ = {}; }

 private:
  void tick();
  void send_packet(std::uint8_t payload_type, bool marker, std::uint32_t timestamp,
                   std::span<const std::uint8_t> payload);
  void on_rtp(const Address& from, std::span<const std::uint8_t> bytes);
  void on_rtcp(std::span<const std::uint8_t> bytes);
  void report(Duration interval);
  void hear(const Address& from, std::span<const std::uint8_t> packet);
  void keep(std::span<const std::int16_t> pcm);
  bool recent() const;
  void expect(const Codec& codec);

  static constexpr std::size_t window = 800;  // samples: 100 ms

  World& world_;
  Net& net_;
  Address rtp_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::optional<Address> remote_;
  bool may_send_ = false, talking_ = false, ticking_ = false;
  Codec voice_;
  std::unique_ptr<audio::Encoder> encoder_;
  std::map<std::uint8_t, std::unique_ptr<audio::Decoder>> decoders_;  // by payload type
  std::uint8_t event_type_ = 255, offered_event_type_ = 255;
  audio::ToneGenerator tone_;
  std::uint32_t ssrc_, timestamp_;
  std::uint16_t sequence_;
  bool marker_ = true;
  bool deaf_ = false;
  std::uint64_t sent_when_reported_ = 0, received_when_reported_ = 0;
  std::optional<audio::CadenceGenerator> key_tones_;
  std::vector<std::int16_t> words_;
  std::size_t said_ = 0;  // of words_
  char digit_ = 0;
  std::uint16_t digit_duration_ = 0;
  std::uint32_t digit_timestamp_ = 0;

  std::optional<media::SrtpKeys> srtp_keys_;  // as we see them: what we send with, what we receive with
  std::optional<srtp::Ciphers> ciphers_;      // as long as there are contexts
  std::optional<srtp::Context> protect_, unprotect_;

  std::uint64_t unreadable_ = 0;
  std::uint64_t sent_ = 0, received_ = 0, rtcp_received_ = 0, sender_reports_ = 0;
  std::uint64_t ssrc_changes_ = 0, sequence_jumps_ = 0, timestamp_faults_ = 0, wrong_payload_ = 0;
  Address heard_from_;
  std::uint32_t heard_ssrc_ = 0, heard_timestamp_ = 0, heard_event_timestamp_ = 0;
  std::uint16_t heard_sequence_ = 0;
  std::array<std::int16_t, window> samples_{};  // the last ones, in order from next_sample_
  std::size_t filled_ = 0, next_sample_ = 0;
  std::optional<TimePoint> last_heard_;
  Duration longest_gap_{};
  std::string digits_;
  bool recording_ = false;
  std::vector<std::int16_t> recorded_;
  audio::DtmfDetector detector_{8000};
  std::vector<HeardKey> heard_keys_;
};

}  // namespace junctor::sim
