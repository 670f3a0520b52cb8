#include "audio/resampler.hpp"

#include <speex/speex_resampler.h>

#include "base/check.hpp"

namespace junctor::audio {
namespace {

constexpr unsigned channels = 1;

bool is_known(int rate) {
  return rate == 8000 || rate == 16'000 || rate == 24'000 || rate == 48'000;
}

}  // namespace

Resampler::Resampler(int rate_in, int rate_out)
    : rate_in_(static_cast<std::size_t>(rate_in)), rate_out_(static_cast<std::size_t>(rate_out)) {
  JUNCTOR_CHECK(is_known(rate_in) && is_known(rate_out) && rate_in != rate_out);
  state_.reset(speex_resampler_init(channels, static_cast<spx_uint32_t>(rate_in), static_cast<spx_uint32_t>(rate_out),
                                    SPEEX_RESAMPLER_QUALITY_VOIP, nullptr));
  JUNCTOR_CHECK(state_ != nullptr);
}

void Resampler::process(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
  const std::size_t wanted = samples_out(in.size());
  JUNCTOR_CHECK(out.size() >= wanted && wanted * rate_in_ == in.size() * rate_out_);
  auto taken = static_cast<spx_uint32_t>(in.size());
  auto given = static_cast<spx_uint32_t>(wanted);
  speex_resampler_process_int(state_.get(), 0, in.data(), &taken, out.data(), &given);
  JUNCTOR_CHECK(taken == in.size() && given == wanted);
}

Duration Resampler::delay() const {
  return Duration(seconds(speex_resampler_get_input_latency(state_.get()))) / static_cast<int>(rate_in_);
}

void Resampler::Destroy::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

}  // namespace junctor::audio
