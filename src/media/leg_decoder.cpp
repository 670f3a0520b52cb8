#include "media/leg_decoder.hpp"

#include <algorithm>

#include "audio/time_stretch.hpp"
#include "base/check.hpp"
#include "media/codec_settings.hpp"

namespace junctor::media {
namespace {

constexpr std::uint32_t noise_seed = 0x2545F491;
/// Bytes of a packet that is taken: 60 ms of G.711 or G.722, any of Opus, any datagram of L16.
constexpr std::size_t waveform_bytes_max = 480;
constexpr std::size_t opus_bytes_max = 1275;
constexpr std::size_t l16_bytes_max = packet_size_max - rtp::fixed_header_size;
/// What decoders invent comes in such pieces.
constexpr int pieces_per_second = 400;
constexpr std::size_t stretch_ms_min = 10;

std::size_t bytes_max(audio::Format format) {
  switch (format) {
    case audio::Format::opus:
      return opus_bytes_max;
    case audio::Format::l16:
      return l16_bytes_max;
    default:
      return waveform_bytes_max;
  }
}

constexpr std::size_t in_pieces(std::size_t samples, std::size_t piece) {
  return (samples + piece - 1) / piece * piece;
}

}  // namespace

LegDecoder::LegDecoder(std::uint32_t rate)
    : rate_(rate),
      frame_(rate / ticks_per_second),
      noise_(noise_seed),
      // One packet may follow when all but a sample of the tick is there.
      fifo_(frame_ + std::size_t{rate} * audio::packet_ms_max / 1000 + audio::period_max_samples(rate) +
            rate / pieces_per_second) {}

// ---------------------------------------------------------------------------------------------------------- formats

void LegDecoder::set_formats(const PayloadMap& payloads) {
  const std::optional<Payload> heard = current_ == nullptr ? std::nullopt : std::optional(current_->payload);
  std::vector<Receiver> before = std::move(receivers_);
  receivers_.clear();
  receivers_.reserve(payloads.entries().size());
  payloads_ = payloads;
  current_ = nullptr;
  for (const Payload& p : payloads.entries()) add_receiver(p, before);
  for (Receiver& r : receivers_) {
    if (heard && r.payload.same_format(*heard)) current_ = &r;
  }
  make_buffer();
}

void LegDecoder::add_receiver(const Payload& payload, std::vector<Receiver>& before) {
  for (Receiver& known : before) {
    if (!known.decoder || !known.payload.same_format(payload)) continue;
    receivers_.push_back(std::move(known));
    receivers_.back().payload = payload;
    return;
  }
  const auto codec = codec_settings(payload, rate_);
  auto decoder = codec ? audio::make_decoder(*codec) : nullptr;
  if (!decoder) return;
  std::unique_ptr<audio::Resampler> resampler;
  const int rate = static_cast<int>(rate_);
  if (codec->pcm_rate != rate) resampler = std::make_unique<audio::Resampler>(codec->pcm_rate, rate);
  receivers_.push_back({payload, *codec, std::move(decoder), std::move(resampler)});
}

void LegDecoder::make_buffer() {
  std::uint32_t clock_rate = 0;
  std::size_t payload_max = 0;
  bool forward_correction = false;
  for (const Receiver& r : receivers_) {
    clock_rate = std::max(clock_rate, r.payload.clock_rate);
    payload_max = std::max(payload_max, bytes_max(r.codec.format));
    forward_correction = forward_correction || r.codec.format == audio::Format::opus;
  }
  if (buffer_ && clock_rate == clock_rate_ && payload_max == payload_max_) return;
  if (buffer_) concealed_before_ms_ += buffer_->stats({}).concealed_ms;
  buffer_.reset();
  clock_rate_ = clock_rate;
  payload_max_ = payload_max;
  if (receivers_.empty()) return;
  buffer_.emplace(JitterBuffer::Options{.clock_rate = clock_rate,
                                        .tick_units = clock_rate / ticks_per_second,
                                        .payload_max = payload_max,
                                        .forward_correction = forward_correction});
}

LegDecoder::Receiver* LegDecoder::find(std::uint8_t payload_type) {
  for (Receiver& r : receivers_) {
    if (r.payload.receive_type == payload_type) return &r;
  }
  return nullptr;
}

// --------------------------------------------------------------------------------------------------------- arriving

/// In the buffer's units; nothing for what cannot be decoded.
std::optional<std::uint32_t> LegDecoder::duration_of(const Receiver& receiver, rtp::Bytes payload) const {
  const auto samples = receiver.decoder->samples(payload);
  if (!samples) return std::nullopt;
  const auto pcm_rate = static_cast<std::size_t>(receiver.codec.pcm_rate);
  if (receiver.resampler && *samples * rate_ % pcm_rate != 0) return std::nullopt;
  return units_of(*samples, receiver.codec.pcm_rate, clock_rate_);
}

std::optional<Drop> LegDecoder::put(const Arrival& arrival, TimePoint now) {
  const Payload& payload = payloads_.entries()[arrival.format];
  if (!buffer_ || clock_rate_ % payload.clock_rate != 0) return Drop::no_common_format;
  if (arrival.new_source) {
    buffer_->restart();
    noisy_ = false;
  }
  auto content = JitterBuffer::Content::comfort_noise;
  std::uint32_t duration = 0;
  if (rtp::is_audio(payload.codec)) {
    const Receiver* const receiver = find(payload.receive_type);
    if (receiver == nullptr) return Drop::no_common_format;
    const auto lasts = duration_of(*receiver, arrival.packet.payload);
    if (!lasts) return Drop::malformed;
    content = JitterBuffer::Content::speech;
    duration = *lasts;
  }
  rtp::Packet packet = arrival.packet;
  packet.timestamp *= clock_rate_ / payload.clock_rate;
  using Put = JitterBuffer::Put;
  switch (buffer_->put(packet, duration, content, now)) {
    case Put::stored:
      break;
    case Put::duplicate:
      return Drop::duplicate;
    case Put::late:
    case Put::overflow:
      return Drop::late;
    case Put::refused:
      return Drop::malformed;
  }
  origins_[packet.sequence % origins] = {.extended_sequence = arrival.extended_sequence,
                                         .timestamp = arrival.packet.timestamp,
                                         .marker = packet.marker,
                                         .format = static_cast<std::uint8_t>(arrival.format)};
  return std::nullopt;
}

std::optional<Arrival> LegDecoder::release() {
  if (!buffer_) return std::nullopt;
  const auto kept = buffer_->release();
  if (!kept) return std::nullopt;
  const auto sequence = static_cast<std::uint16_t>(kept->sequence);
  const Origin& origin = origins_[sequence % origins];
  return Arrival{.packet = {.marker = origin.marker,
                            .payload_type = kept->payload_type,
                            .sequence = sequence,
                            .timestamp = origin.timestamp,
                            .ssrc = kept->ssrc,
                            .payload = kept->payload},
                 .format = origin.format,
                 .clock_rate = payloads_.entries()[origin.format].clock_rate,
                 .extended_sequence = origin.extended_sequence};
}

// ---------------------------------------------------------------------------------------------------------- playing

std::span<const std::int16_t> LegDecoder::next(TimePoint tick) {
  std::copy(fifo_.begin() + static_cast<std::ptrdiff_t>(given_), fifo_.begin() + static_cast<std::ptrdiff_t>(filled_),
            fifo_.begin());
  filled_ -= given_;
  given_ = 0;
  if (!buffer_) return {};
  bool sounds = filled_ != 0;
  while (filled_ < frame_) {
    const std::size_t missing = (frame_ - filled_) * clock_rate_;
    const auto need = static_cast<std::uint32_t>((missing + rate_ - 1) / rate_);
    if (play(buffer_->next(tick, need))) sounds = true;
  }
  given_ = frame_;
  if (!sounds) return {};
  return {fifo_.data(), frame_};
}

std::size_t LegDecoder::samples_of(std::uint32_t units) const {
  return (std::size_t{units} * rate_ + clock_rate_ - 1) / clock_rate_;
}

bool LegDecoder::play(const JitterBuffer::Playout& playout) {
  using Kind = JitterBuffer::Kind;
  switch (playout.kind) {
    case Kind::packet:
      return decode(playout);
    case Kind::restore:
      restore(playout);
      return true;
    case Kind::conceal:
      conceal(playout.units);
      return true;
    case Kind::comfort_noise:
      take_noise(playout);
      return false;
    case Kind::nothing:
    case Kind::pause:
      break;
  }
  return pause(playout.units);
}

bool LegDecoder::decode(const JitterBuffer::Playout& playout) {
  noisy_ = false;
  Receiver* const receiver = find(playout.payload_type);
  if (receiver == nullptr) {
    conceal(playout.units);
    return true;
  }
  current_ = receiver;
  using Stretch = JitterBuffer::Stretch;
  if (!receiver->resampler && playout.stretch == Stretch::none) {
    const auto count = receiver->decoder->decode(playout.payload, room());
    if (!count) conceal(playout.units);
    filled_ += count.value_or(0);
    return true;
  }
  std::array<std::int16_t, audio::packet_samples_max> decoded;
  std::array<std::int16_t, audio::packet_samples_max> resampled;
  const auto count = receiver->decoder->decode(playout.payload, decoded);
  if (!count) {
    conceal(playout.units);
    return true;
  }
  std::span<const std::int16_t> samples(decoded.data(), *count);
  if (receiver->resampler) {
    receiver->resampler->process(samples, resampled);
    samples = {resampled.data(), receiver->resampler->samples_out(*count)};
  }
  if (samples.size() * 1000 < stretch_ms_min * rate_ || playout.stretch == Stretch::none) {
    std::ranges::copy(samples, room().begin());
    filled_ += samples.size();
  } else if (playout.stretch == Stretch::shorten) {
    filled_ += audio::shorten_by_period(samples, rate_, samples_of(playout.shorten_most), room());
  } else {
    filled_ += audio::lengthen_by_period(samples, rate_, room());
  }
  return true;
}

/// `fill` makes samples at the rate of the current decoder.
template <class Fill>
void LegDecoder::invent(std::uint32_t units, Fill&& fill) {
  const auto pcm_rate = static_cast<std::size_t>(current_->codec.pcm_rate);
  const std::size_t wanted = (std::size_t{units} * pcm_rate + clock_rate_ - 1) / clock_rate_;
  const std::size_t count = in_pieces(wanted, pcm_rate / pieces_per_second);
  if (!current_->resampler) {
    fill(room().first(count));
    filled_ += count;
    return;
  }
  std::array<std::int16_t, audio::packet_samples_max> made;
  const auto samples = std::span(made).first(count);
  fill(samples);
  current_->resampler->process(samples, room());
  filled_ += current_->resampler->samples_out(count);
}

void LegDecoder::conceal(std::uint32_t units) {
  if (current_ == nullptr) {
    pause(units);
    return;
  }
  invent(units, [this](std::span<std::int16_t> pcm) { current_->decoder->conceal(pcm); });
}

void LegDecoder::restore(const JitterBuffer::Playout& playout) {
  if (current_ == nullptr || find(playout.payload_type) != current_) return conceal(playout.units);
  invent(playout.units, [&](std::span<std::int16_t> pcm) { current_->decoder->decode_fec(playout.payload, pcm); });
}

bool LegDecoder::pause(std::uint32_t units) {
  const auto out = room().first(samples_of(units));
  filled_ += out.size();
  if (noisy_) {
    noise_.generate(out);
  } else {
    std::ranges::fill(out, std::int16_t{0});
  }
  return noisy_;
}

/// A description of the noise, or the beginning of a telephone-event, during which there is silence.
void LegDecoder::take_noise(const JitterBuffer::Playout& playout) {
  const Payload* const payload = payloads_.find(playout.payload_type);
  noisy_ = false;
  if (payload == nullptr || payload->codec != rtp::Codec::comfort_noise) return;
  const auto noise = audio::parse_comfort_noise(playout.payload);
  if (!noise) return;
  noisy_ = true;
  noise_.set_level(noise->level_dbov);
}

// ------------------------------------------------------------------------------------------------------- statistics

double LegDecoder::concealed_ms() const {
  return concealed_before_ms_ + (buffer_ ? buffer_->stats({}).concealed_ms : 0);
}

double LegDecoder::jitter_target_ms(TimePoint now) const {
  return buffer_ ? buffer_->stats(now).target_ms : 0;
}

}  // namespace junctor::media
