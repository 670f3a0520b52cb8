#include "media/leg_encoder.hpp"

#include <algorithm>

namespace junctor::media {

LegEncoder::LegEncoder(Port& port, std::uint32_t rate, bool continues) : port_(port), rate_(rate), waiting_(continues) {
  if (continues) {
    port_.out().continue_source();
  } else {
    port_.out().begin_source();
  }
}

bool LegEncoder::set_formats() {
  for (const Payload& p : port_.payloads().entries()) {
    const auto codec = codec_settings(p, rate_);
    if (!codec) continue;
    if (encoder_ && p.same_format(format_) && port_.encoder() == wishes_) {
      format_ = p;
      return true;
    }
    auto encoder = make_encoder_for(*codec, port_.encoder());
    if (!encoder) continue;
    format_ = p;
    codec_ = *codec;
    wishes_ = port_.encoder();
    encoder_ = std::move(encoder);
    const int rate = static_cast<int>(rate_);
    resampler_ = codec_.pcm_rate == rate ? nullptr : std::make_unique<audio::Resampler>(rate, codec_.pcm_rate);
    // Less than a packet waits when a tick comes.
    gathered_.resize(encoder_->packet_samples() + static_cast<std::size_t>(codec_.pcm_rate) / ticks_per_second);
    gathered_size_ = 0;
    shared_codec_ = find_shared_codec();
    return true;
  }
  encoder_.reset();
  shared_codec_.reset();
  return false;
}

std::optional<std::size_t> LegEncoder::find_shared_codec() const {
  const bool one_a_tick = encoder_->packet_samples() * ticks_per_second == static_cast<std::size_t>(codec_.pcm_rate);
  if (resampler_ || !one_a_tick) return std::nullopt;
  if (codec_.format == audio::Format::pcmu) return 0;
  if (codec_.format == audio::Format::pcma) return 1;
  return std::nullopt;
}

// ----------------------------------------------------------------------------------------------------------- sending

bool LegEncoder::ready(bool silent, DatagramSender& sender, TimePoint tick) {
  if (!encoder_) return false;
  if (port_.send_keys(sender, tick) || !port_.can_send()) {
    gathered_size_ = 0;
    return false;
  }
  if (!waiting_) return true;
  // The next packet of whom it heard until now is on its way; to send silence before it would be a hole.
  const auto newest = port_.out().newest_time();
  if (silent && newest && tick + tick_span - *newest <= gap_max) return false;
  waiting_ = false;
  return true;
}

void LegEncoder::send(std::span<const std::int16_t> samples, DatagramSender& sender, TimePoint tick) {
  std::array<std::int16_t, tick_samples_max> resampled;
  if (resampler_) {
    resampler_->process(samples, resampled);
    samples = std::span(resampled).first(resampler_->samples_out(samples.size()));
  }
  const std::size_t packet = encoder_->packet_samples();
  if (samples.size() == packet) return send_packet(samples, sender, tick);
  std::ranges::copy(samples, gathered_.begin() + static_cast<std::ptrdiff_t>(gathered_size_));
  gathered_size_ += samples.size();
  std::size_t sent = 0;
  for (; gathered_size_ - sent >= packet; sent += packet) {
    send_packet(std::span(gathered_).subspan(sent, packet), sender, tick);
  }
  std::copy(gathered_.begin() + static_cast<std::ptrdiff_t>(sent),
            gathered_.begin() + static_cast<std::ptrdiff_t>(gathered_size_), gathered_.begin());
  gathered_size_ -= sent;
}

void LegEncoder::send_packet(std::span<const std::int16_t> pcm, DatagramSender& sender, TimePoint tick) {
  payload_size_ = encoder_->encode(pcm, payload_);
  if (wishes_.use_dtx && codec_.format == audio::Format::opus && payload_size_ <= audio::dtx_bytes_max) {
    resting_ = true;
    return;
  }
  if (resting_) port_.out().begin_source();
  resting_ = false;
  port_.send_made(format_, payload(), duration(), sender, tick);
}

void LegEncoder::send_same(rtp::Bytes payload, DatagramSender& sender, TimePoint tick) {
  port_.send_made(format_, payload, duration(), sender, tick);
}

void LegEncoder::resume() {
  port_.out().begin_source();
  gathered_size_ = 0;
}

void LegEncoder::expect_loss(float share) {
  if (encoder_) encoder_->expect_loss(static_cast<int>(share * 100));
}

}  // namespace junctor::media
