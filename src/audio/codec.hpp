#pragma once
// Speech coders behind two interfaces, Encoder and Decoder: payloads of RTP to and from mono 16-bit PCM. After
// construction nothing allocates, locks or logs. G.711 (RFC 3551 §4.5.14), G.722 (§4.5.2), L16 (§4.5.11), Opus (RFC
// 6716, RFC 7587).
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.hpp"

namespace junctor::audio {

enum class Format : std::uint8_t { pcmu, pcma, g722, opus, l16 };

struct CodecSettings {
  Format format = Format::pcmu;
  /// Of the PCM given and taken, not the RTP clock. pcmu and pcma: 8000. g722: 16000, or 8000, which costs half, speaks
  /// the same language on the line and leaves out what is above 4 kHz. opus and l16: 8000, 16000 or 48000, opus 24000
  /// too; for l16 it is the RTP clock rate as well.
  int pcm_rate = 8000;
  /// Channels of an l16 payload, 1 or 2: two are mixed down when decoding, one is written twice when encoding. An opus
  /// payload says by itself how many it has when it is decoded; encoding takes interleaved pairs for 2. To phones mono
  /// is sent whatever the far end's `stereo` says, which is allowed.
  int channels = 1;
  /// Of the packets that are sent: 10 to 60; opus: 10, 20, 40 or 60. What arrives may have any length.
  int ptime_ms = 20;

  // Opus alone.
  int bitrate = 0;              ///< bit/s; 0: what suits pcm_rate (16, 24, 32 kbit/s)
  int max_average_bitrate = 0;  ///< the far end's maxaveragebitrate; 0: none
  bool use_inband_fec = false;  ///< the far end's useinbandfec; see Encoder::expect_loss
  bool use_dtx = false;         ///< the far end's usedtx
  int complexity = 5;           ///< 0 (cheap) to 10
};

/// What arrives in one packet at most.
constexpr int packet_ms_max = 120;
constexpr std::size_t packet_samples_max = 48 * packet_ms_max;
/// An encoder never makes more: fits an Ethernet frame with IPv6, UDP, RTP and SRTP around it.
constexpr std::size_t payload_bytes_max = 1400;
/// A payload of Opus up to this size only says that the silence goes on: it needs no sending (discontinuous
/// transmission).
constexpr std::size_t dtx_bytes_max = 2;

enum class PayloadError : std::uint8_t {
  empty,      ///< no bytes
  malformed,  ///< not of this format
  too_long,   ///< more than packet_ms_max, or than the room for it
};

class Encoder {
 public:
  virtual ~Encoder() = default;

  /// Samples of one packet, of all channels together.
  std::size_t packet_samples() const { return packet_samples_; }
  /// `pcm` is exactly one packet; `payload` has room for payload_bytes_max. Returns the bytes written.
  virtual std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) = 0;
  /// How much the far end says it loses (RTCP): Opus spends more on the copies of earlier frames. Others do not care.
  virtual void expect_loss(int percent) = 0;

 protected:
  explicit Encoder(std::size_t packet_samples) : packet_samples_(packet_samples) {}

 private:
  std::size_t packet_samples_;
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  /// How many samples the payload holds, without decoding it.
  virtual Result<std::size_t, PayloadError> samples(std::span<const std::uint8_t> payload) const = 0;
  /// Returns the samples written to the start of `pcm`; packet_samples_max are enough for any packet. After an error
  /// the decoder is as before, and the packet is to be treated as lost.
  virtual Result<std::size_t, PayloadError> decode(std::span<const std::uint8_t> payload,
                                                   std::span<std::int16_t> pcm) = 0;
  /// Fills `pcm`, a multiple of 2.5 ms and at most packet_ms_max, with a guess at what was lost. G.711, G.722 and L16
  /// fade to silence within Concealer::fade_ms; Opus decides by itself.
  virtual void conceal(std::span<std::int16_t> pcm) = 0;
  /// Fills `pcm` (as in conceal) with what was lost directly before `next`, which is decoded after it as usual. True
  /// when `next` carries a copy of its predecessor (Opus in-band FEC); otherwise the same as conceal().
  virtual bool decode_fec(std::span<const std::uint8_t> next, std::span<std::int16_t> pcm) = 0;
};

/// Null when there is no such encoder: a rate, ptime or number of channels not listed at CodecSettings, or packets
/// (of L16) longer than payload_bytes_max.
std::unique_ptr<Encoder> make_encoder(const CodecSettings& settings);
/// Null when there is no such decoder. ptime_ms and the settings of Opus do not matter.
std::unique_ptr<Decoder> make_decoder(const CodecSettings& settings);

}  // namespace junctor::audio
