#include "audio/voice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

#include "base/check.hpp"

namespace junctor::audio {
namespace {

constexpr int gain_target_db = 15;  // below full scale
constexpr int gain_max_db = 15;
constexpr std::size_t samples_max = 960;  // 20 ms at 48 kHz

bool any(const VoiceSettings& settings) {
  return settings.noise_suppression != NoiseSuppression::off || settings.automatic_gain;
}

webrtc::NoiseSuppression::Level level_of(NoiseSuppression level) {
  switch (level) {
    case NoiseSuppression::off:
    case NoiseSuppression::low:
      return webrtc::NoiseSuppression::kLow;
    case NoiseSuppression::moderate:
      return webrtc::NoiseSuppression::kModerate;
    case NoiseSuppression::high:
      return webrtc::NoiseSuppression::kHigh;
  }
  return webrtc::NoiseSuppression::kLow;
}

}  // namespace

struct VoiceProcessor::Impl {
  enum class Fade : std::uint8_t { none, in, out };

  explicit Impl(int rate) : sample_rate(rate) {
    // Its newer gain control sets levels of its own, meant for a microphone that it can turn down.
    webrtc::Config config;
    config.Set<webrtc::ExperimentalAgc>(new webrtc::ExperimentalAgc(false));  // config owns it
    library.reset(webrtc::AudioProcessing::Create(config));
    JUNCTOR_CHECK(library != nullptr);
    chunk.sample_rate_hz_ = rate;
    chunk.samples_per_channel_ = static_cast<std::size_t>(rate / 100);
    chunk.num_channels_ = 1;
    webrtc::GainControl& gain = *library->gain_control();
    JUNCTOR_CHECK(gain.set_mode(webrtc::GainControl::kAdaptiveDigital) == 0 &&
                  gain.set_target_level_dbfs(gain_target_db) == 0 && gain.set_compression_gain_db(gain_max_db) == 0 &&
                  gain.enable_limiter(true) == 0);
    const webrtc::StreamConfig mono(rate, 1, false);
    JUNCTOR_CHECK(library->Initialize(webrtc::ProcessingConfig{{mono, mono, mono, mono}}) == 0);
  }

  void apply() {
    webrtc::NoiseSuppression& noise = *library->noise_suppression();
    const bool suppress = settings.noise_suppression != NoiseSuppression::off;
    JUNCTOR_CHECK(noise.set_level(level_of(settings.noise_suppression)) == 0 && noise.Enable(suppress) == 0);
    JUNCTOR_CHECK(library->gain_control()->Enable(settings.automatic_gain) == 0);
  }

  /// The library works on 10 ms.
  void run(std::span<std::int16_t> samples) {
    const std::size_t size = chunk.samples_per_channel_;
    for (; !samples.empty(); samples = samples.subspan(size)) {
      std::copy_n(samples.begin(), size, std::begin(chunk.data_));
      JUNCTOR_CHECK(library->ProcessStream(&chunk) == webrtc::AudioProcessing::kNoError);
      std::copy_n(std::begin(chunk.data_), size, samples.begin());
    }
  }

  void run_with_fade(std::span<std::int16_t> samples) {
    std::array<std::int16_t, samples_max> raw;
    std::ranges::copy(samples, raw.begin());
    run(samples);
    const auto size = static_cast<double>(samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const double along = (static_cast<double>(i) + 0.5) / size;
      const double processed = fade == Fade::in ? along : 1 - along;
      samples[i] = static_cast<std::int16_t>(std::lround(samples[i] * processed + raw[i] * (1 - processed)));
    }
  }

  int sample_rate;
  VoiceSettings settings;
  std::unique_ptr<webrtc::AudioProcessing> library;
  webrtc::AudioFrame chunk;
  Fade fade = Fade::none;
};

VoiceProcessor::VoiceProcessor(int sample_rate, const VoiceSettings& settings)
    : impl_(std::make_unique<Impl>(sample_rate)) {
  JUNCTOR_CHECK(sample_rate == 8000 || sample_rate == 16000 || sample_rate == 48000);
  set(settings);
}
VoiceProcessor::~VoiceProcessor() = default;
VoiceProcessor::VoiceProcessor(VoiceProcessor&&) noexcept = default;
VoiceProcessor& VoiceProcessor::operator=(VoiceProcessor&&) noexcept = default;

const VoiceSettings& VoiceProcessor::settings() const {
  return impl_->settings;
}

void VoiceProcessor::set(const VoiceSettings& settings) {
  const bool was_on = any(impl_->settings), is_on = any(settings);
  impl_->settings = settings;
  if (!was_on && is_on) impl_->fade = Impl::Fade::in;
  if (was_on && !is_on) impl_->fade = Impl::Fade::out;
  // What fades out is still processed; the components go with the next change.
  if (is_on) impl_->apply();
}

void VoiceProcessor::process(std::span<std::int16_t> frame) {
  JUNCTOR_CHECK(frame.size() == static_cast<std::size_t>(impl_->sample_rate / 50));
  if (impl_->fade != Impl::Fade::none) {
    impl_->run_with_fade(frame);
    impl_->fade = Impl::Fade::none;
  } else if (any(impl_->settings)) {
    impl_->run(frame);
  }
}

}  // namespace junctor::audio
