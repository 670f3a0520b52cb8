#pragma once
// Fills in what was lost from what was heard before, for codecs that cannot do it themselves, after the idea of ITU-T
// G.711 Appendix I: the last pitch period goes on, fades, and is blended into what comes after. Unlike there, nothing
// is held back for it: a clean stream passes without delay and unchanged.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace junctor::audio {

class Concealer {
 public:
  static constexpr int fade_begins_ms = 10;
  static constexpr int fade_ms = 60;   ///< after this much loss in one piece there is silence
  static constexpr int blend_ms = 10;  ///< at most; of what is heard after a loss

  /// `rate` in Hz, a multiple of 4000.
  explicit Concealer(int rate);

  /// What was decoded, of any length, in order. Its beginning is changed when it follows a loss.
  void heard(std::span<std::int16_t> pcm);
  /// Fills `out`; losses in a row continue each other.
  void conceal(std::span<std::int16_t> out);

 private:
  void begin_loss();
  std::size_t pitch() const;
  void keep_period(std::size_t lag);
  float continued();
  void remember(std::span<const std::int16_t> pcm);
  std::size_t samples(double ms) const;

  int rate_;
  std::size_t lag_min_, lag_max_;
  std::vector<std::int16_t> history_;  // the newest last
  std::vector<float> period_;          // goes round without a step
  std::size_t period_size_ = 0, position_ = 0;
  float seam_ = 0;             // from where the period would have begun to where the sound really was
  std::size_t concealed_ = 0;  // samples since the loss began
  bool losing_ = false;
};

}  // namespace junctor::audio
