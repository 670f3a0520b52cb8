#pragma once
// DTMF as sound (ITU-T Q.23, Q.24): finding digits in speech-band audio, and making them.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "audio/tone_plan.hpp"

namespace junctor::audio {

struct DtmfEvent {
  enum class Kind : std::uint8_t { began, ended };

  Kind kind = Kind::began;
  char digit = 0;  ///< 0–9 * # A–D
  /// Of `ended` only: how long the tones were there, within 10 ms.
  std::chrono::milliseconds duration{0};
};

/// Finds digits; each begins once and ends once. Takes tones of −30 to 0 dBm0 each, of 40 ms and more with pauses of
/// 40 ms and more, up to 1.5 % off their frequencies, the upper tone at most 8 dB stronger and 4 dB weaker, over noise
/// 15 dB below. A digit is told 26 to 39 ms after its first sample. A plain value; nothing is allocated.
class DtmfDetector {
 public:
  /// 8000, 16000 or 48000.
  explicit DtmfDetector(int sample_rate);

  /// At most 20 ms of samples, in which at most one thing can happen.
  std::optional<DtmfEvent> process(std::span<const std::int16_t> frame);
  /// The digit that sounds now; 0 if none.
  char digit() const { return digit_; }
  /// A digit sounds, or something that may turn out to be one when it has lasted: 13 to 26 ms after its first sample.
  bool suspects_digit() const { return digit_ != 0 || candidate_ != 0; }

 private:
  static constexpr std::size_t tones = 8;  // four rows, then four columns
  using Powers = std::array<float, tones>;

  std::optional<DtmfEvent> on_block();
  std::optional<DtmfEvent> follow(char heard, const Powers& powers);
  void note(char heard, const Powers& powers);
  double part(float power) const;
  char judge(const Powers& powers, float total) const;
  float pair_power(const Powers& powers, char digit) const;

  std::size_t block_ = 0;  // samples
  std::size_t frame_max_ = 0;
  std::array<float, tones> coefficient_{};
  std::array<float, tones> last_{}, before_{};
  float energy_ = 0;
  std::size_t filled_ = 0;

  Powers powers_before_{};     // of the block before the present one
  char candidate_ = 0;         // heard in the block before, not told yet
  float candidate_power_ = 0;  // of its tones when it was heard first
  float lead_power_ = 0;       // and in the block before that

  // A tone that fills a part of a block has that part, squared, of its power there.
  char digit_ = 0;
  int misses_ = 0;
  float full_power_ = 0;  // of the digit's tones in a block that they fill
  double blocks_ = 0;     // that the digit has lasted, but for the last one of it
  double edge_ = 0;       // of it in that one
  double tail_ = 0;       // of it in the first block without it
};

/// Levels that a telephone sends (ETSI ES 201 235-2): the lower tone −10, the upper one −8 dBm0.
constexpr double dtmf_level_dbm0 = -5.9;

/// One digit (0–9 * # A–D a–d) and the pause after it, for a CadenceGenerator; nothing for another character.
std::optional<Tone> dtmf_tone(char digit, std::chrono::milliseconds duration, std::chrono::milliseconds gap);

}  // namespace junctor::audio
