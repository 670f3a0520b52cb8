#pragma once
// Voice processing of one leg: noise suppression and automatic gain. Not for music, nor for DTMF in the sound: who
// calls this lets them pass.
#include <cstdint>
#include <memory>
#include <span>

namespace junctor::audio {

enum class NoiseSuppression : std::uint8_t { off, low, moderate, high };

struct VoiceSettings {
  NoiseSuppression noise_suppression = NoiseSuppression::off;
  /// Brings speech toward −15 dBm0, quiet speech by some 8 dB at most.
  bool automatic_gain = false;

  bool any() const { return noise_suppression != NoiseSuppression::off || automatic_gain; }
  bool operator==(const VoiceSettings&) const = default;
};

/// Adds some 6 ms of delay while anything is on, none and no work while all is off. Allocates when it is made and when
/// settings change, not per frame. May be made on another thread than the one that uses it.
class VoiceProcessor {
 public:
  /// 8000, 16000 or 48000.
  VoiceProcessor(int sample_rate, const VoiceSettings& settings);
  ~VoiceProcessor();
  VoiceProcessor(VoiceProcessor&&) noexcept;
  VoiceProcessor& operator=(VoiceProcessor&&) noexcept;

  /// From the next frame on; the change between processed and unprocessed sound is a fade over that frame.
  void set(const VoiceSettings& settings);
  const VoiceSettings& settings() const;
  int sample_rate() const;

  /// 20 ms of samples, in place.
  void process(std::span<std::int16_t> frame);
  /// 20 ms that keep their sound: they are as late as process() would make them, and nothing is learned from them. The
  /// change between the two is a short fade, and no jump in time.
  void pass(std::span<std::int16_t> frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::audio
