#pragma once
// What one far end says, as samples for a mixer: whatever its packets are coded in, however they arrive.
//
//   put(packet) ─▶ JitterBuffer ─▶ Decoder ─▶ Resampler ─▶ time stretch ─▶ next(): the tick's samples
//
// Made when the leg is seated and when its formats change; nothing allocates after that.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/codec.hpp"
#include "audio/comfort_noise.hpp"
#include "audio/resampler.hpp"
#include "media/jitter_buffer.hpp"
#include "media/media.hpp"
#include "media/port.hpp"

namespace junctor::media {

class LegDecoder {
 public:
  /// For a mixer at `rate`.
  explicit LegDecoder(std::uint32_t rate);

  /// Decoders of formats that stay keep their state. Without any that we have, next() is silent.
  void set_formats(const PayloadMap& payloads);

  /// Audio, comfort noise, or the first packet of a telephone-event, which ends the speech before it. Why it is not
  /// used, if it is not.
  std::optional<Drop> put(const Arrival& arrival, TimePoint now);

  /// The samples of one tick, valid until the next call; empty while there is silence.
  std::span<const std::int16_t> next(TimePoint tick);

  /// Gives up packets that were not heard yet, oldest first; valid until the next put().
  std::optional<Arrival> release();

  double concealed_ms() const;
  double jitter_target_ms(TimePoint now) const;

 private:
  struct Receiver {
    Payload payload;
    audio::CodecSettings codec;
    std::unique_ptr<audio::Decoder> decoder;
    std::unique_ptr<audio::Resampler> resampler;  // to the mixer's rate, if that is another
  };
  /// What a packet was besides what the buffer keeps of it, by its sequence number.
  struct Origin {
    std::int64_t extended_sequence = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
    std::uint8_t format = 0;
  };
  static constexpr std::size_t origins = JitterBuffer::packets_limit;

  void add_receiver(const Payload& payload, std::vector<Receiver>& before);
  void make_buffer();
  Receiver* find(std::uint8_t payload_type);
  std::optional<std::uint32_t> duration_of(const Receiver& receiver, rtp::Bytes payload) const;

  std::size_t samples_of(std::uint32_t units) const;
  std::span<std::int16_t> room() { return std::span(fifo_).subspan(filled_); }
  /// True when it made anything but silence.
  bool play(const JitterBuffer::Playout& playout);
  bool decode(const JitterBuffer::Playout& playout);
  void conceal(std::uint32_t units);
  void restore(const JitterBuffer::Playout& playout);
  bool pause(std::uint32_t units);
  void take_noise(const JitterBuffer::Playout& playout);
  template <class Fill>
  void invent(std::uint32_t units, Fill&& fill);

  std::uint32_t rate_;
  std::size_t frame_;
  PayloadMap payloads_;
  std::vector<Receiver> receivers_;
  Receiver* current_ = nullptr;  // of what was heard last
  // One for all formats: RTP clocks are multiples of each other, and timestamps of slower ones are multiplied.
  std::optional<JitterBuffer> buffer_;
  std::uint32_t clock_rate_ = 0;  // of the buffer
  std::size_t payload_max_ = 0;
  double concealed_before_ms_ = 0;  // by earlier buffers
  std::array<Origin, origins> origins_{};
  audio::NoiseGenerator noise_;
  bool noisy_ = false;  // comfort noise was described for the present pause

  std::vector<std::int16_t> fifo_;
  std::size_t filled_ = 0, given_ = 0;
};

}  // namespace junctor::media
