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

/// How late the library's sound is: measured, and held to by a test.
std::size_t delay_of(const VoiceSettings& settings, int rate) {
  const std::size_t of_its_bands = rate == 48'000 ? 46 : 0;
  const bool suppresses = settings.noise_suppression != NoiseSuppression::off;
  return of_its_bands + (suppresses ? static_cast<std::size_t>(rate) * 6 / 1000 : 0);
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
  enum class Way : std::uint8_t { untouched, processed, delayed };

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

  /// What the frame is on its way, in `out`; `raw` is as it came.
  void make(Way which, std::span<const std::int16_t> raw, std::span<std::int16_t> out) {
    if (which != Way::delayed) std::ranges::copy(raw, out.begin());
    if (which == Way::processed) run(out);
    if (which != Way::delayed) return;
    const std::size_t late = delay_of(settings, sample_rate);
    std::copy_n(before.end() - static_cast<std::ptrdiff_t>(late), late, out.begin());
    std::copy(raw.begin(), raw.end() - static_cast<std::ptrdiff_t>(late),
              out.begin() + static_cast<std::ptrdiff_t>(late));
  }

  void go(Way next, std::span<std::int16_t> frame) {
    if (way == Way::untouched && next == way) return;
    std::array<std::int16_t, samples_max> raw, other;
    const auto came = std::span(raw).first(frame.size()), left = std::span(other).first(frame.size());
    std::ranges::copy(frame, raw.begin());
    make(next, came, frame);
    if (way != next) {
      make(way, came, left);
      // Sound that is as late as that which it takes the place of needs less time for it.
      const bool aligned = way != Way::untouched && next != Way::untouched;
      fade(left, aligned ? frame.first(frame.size() / 4) : frame);
    }
    std::copy(came.begin(), came.end(), before.end() - static_cast<std::ptrdiff_t>(came.size()));
    way = next;
  }

  /// From the beginning of `left` to what is in `frame`.
  static void fade(std::span<const std::int16_t> left, std::span<std::int16_t> frame) {
    const auto size = static_cast<double>(frame.size());
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const double along = (static_cast<double>(i) + 0.5) / size;
      frame[i] = static_cast<std::int16_t>(std::lround(frame[i] * along + left[i] * (1 - along)));
    }
  }

  int sample_rate;
  VoiceSettings settings;
  std::unique_ptr<webrtc::AudioProcessing> library;
  webrtc::AudioFrame chunk;
  Way way = Way::untouched;                        // of the last frame
  std::array<std::int16_t, samples_max> before{};  // the end of it is the last frame as it came
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

int VoiceProcessor::sample_rate() const {
  return impl_->sample_rate;
}

void VoiceProcessor::set(const VoiceSettings& settings) {
  if (settings == impl_->settings) return;
  impl_->settings = settings;
  // What fades out is still processed; the components go with the next change.
  if (settings.any()) impl_->apply();
}

void VoiceProcessor::process(std::span<std::int16_t> frame) {
  JUNCTOR_CHECK(frame.size() == static_cast<std::size_t>(impl_->sample_rate / 50));
  impl_->go(impl_->settings.any() ? Impl::Way::processed : Impl::Way::untouched, frame);
}

void VoiceProcessor::pass(std::span<std::int16_t> frame) {
  JUNCTOR_CHECK(frame.size() == static_cast<std::size_t>(impl_->sample_rate / 50));
  impl_->go(impl_->settings.any() ? Impl::Way::delayed : Impl::Way::untouched, frame);
}

}  // namespace junctor::audio
