#pragma once
// What happens to what a leg says, between its decoder and the mix:
//
//   LegDecoder ─▶ keys in the sound? ─▶ voice activity ─▶ noise suppression, gain (never of keys) ─▶ Mixer
//
// Nothing of it unless it is asked for, or the leg has no other way to tell of keys. Allocates by commands only.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "audio/dtmf.hpp"
#include "audio/voice.hpp"
#include "audio/voice_activity.hpp"
#include "media/codec_settings.hpp"
#include "media/media.hpp"

namespace junctor::media {

class LegVoice {
 public:
  LegVoice(PortId port, std::uint32_t rate) : port_(port), rate_(rate) {}

  /// Whether the leg tells of keys by telephone-event, so that its tones are no news.
  void set_has_events(bool has_events);
  /// False, and unchanged, when there is no processor for this rate and one is needed.
  bool set(const Process& command);

  /// `said` is a tick of samples, or empty: silence. What others are to hear of it, valid until the next call.
  /// `audio_due`: somebody speaks there or is silent; else, on hold or before the answer, there may be music or tones,
  /// which pass as they are. KeyDown, Dtmf and VoiceHeard go to `events`.
  std::span<const std::int16_t> hear(std::span<const std::int16_t> said, bool audio_due, TimePoint tick,
                                     EventSink& events);

 private:
  std::span<const std::int16_t> frame_of(std::span<const std::int16_t> said) const;
  void update_detector();
  void find_keys(std::span<const std::int16_t> frame, EventSink& events);
  void judge(std::span<const std::int16_t> frame, TimePoint tick, EventSink& events);
  std::span<const std::int16_t> work_on(std::span<const std::int16_t> said, bool is_voice);

  PortId port_;
  std::uint32_t rate_;
  bool has_events_ = false;
  VoiceProcessing wanted_;
  std::optional<audio::DtmfDetector> detector_;
  std::optional<audio::VoiceActivity> activity_;
  std::shared_ptr<audio::VoiceProcessor> processor_;
  bool sounded_ = false;  // the tick before had samples
  std::array<std::int16_t, tick_samples_max> worked_{};
};

}  // namespace junctor::media
