#pragma once
// What one far end is to hear, from a mixer's samples to packets: Resampler, Encoder, Port::send_made(). Key presses go
// out between, and instead of, the audio (RFC 4733).
//
// Made when the leg is seated and when its formats change; nothing allocates after that.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/codec.hpp"
#include "audio/resampler.hpp"
#include "media/codec_settings.hpp"
#include "media/media.hpp"
#include "media/port.hpp"

namespace junctor::media {

class LegEncoder {
 public:
  /// No two packets to a leg that goes on from another source are further apart.
  static constexpr Duration gap_max = milliseconds(40);
  /// Of stateless coders: legs that hear the same in the same of them get the same payload.
  static constexpr std::size_t shared_codecs = 2;

  /// The port outlives this. `continues`: it was heard until now.
  LegEncoder(Port& port, std::uint32_t rate, bool continues);

  /// The port's first audio format that we have. False when there is none; then nothing is sent.
  bool set_formats();

  /// Sends what comes instead of audio at this tick. True when audio is wanted; `silent`: there is nothing to be heard.
  bool ready(bool silent, DatagramSender& sender, TimePoint tick);
  /// The samples of one tick at the mixer's rate.
  void send(std::span<const std::int16_t> samples, DatagramSender& sender, TimePoint tick);
  /// Which of shared_codecs it is, if every tick is one packet of that.
  std::optional<std::size_t> shared_codec() const { return shared_codec_; }
  /// After a send(): what it sent.
  rtp::Bytes payload() const { return {payload_.data(), payload_size_}; }
  /// Instead of send(): what another leg with the same shared_codec() sent at this tick.
  void send_same(rtp::Bytes payload, DatagramSender& sender, TimePoint tick);
  /// Ticks were left out.
  void resume();

  void expect_loss(float share);

 private:
  std::optional<std::size_t> find_shared_codec() const;
  void send_packet(std::span<const std::int16_t> pcm, DatagramSender& sender, TimePoint tick);
  std::uint32_t duration() const { return units_of(encoder_->packet_samples(), codec_.pcm_rate, format_.clock_rate); }

  Port& port_;
  std::uint32_t rate_;
  bool waiting_;          // for the first that is to be heard
  bool resting_ = false;  // the codec has nothing to send (discontinuous transmission)
  Payload format_;
  audio::CodecSettings codec_;
  EncoderSettings wishes_;
  std::unique_ptr<audio::Encoder> encoder_;
  std::unique_ptr<audio::Resampler> resampler_;
  std::optional<std::size_t> shared_codec_;

  std::vector<std::int16_t> gathered_;  // for a packet that does not end with the tick
  std::size_t gathered_size_ = 0;
  std::array<std::uint8_t, audio::payload_bytes_max> payload_{};
  std::size_t payload_size_ = 0;
};

}  // namespace junctor::media
