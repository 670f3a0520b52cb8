#include "stream/coders.hpp"

#include <algorithm>
#include <array>

#include "audio/g711.hpp"
#include "base/check.hpp"

namespace junctor::stream {
namespace {

audio::Law law_of(Codec codec) {
  return codec == Codec::pcma ? audio::Law::a : audio::Law::mu;
}

audio::CodecSettings opus_settings(const Format& format) {
  return {.format = audio::Format::opus,
          .pcm_rate = static_cast<int>(format.rate),
          .channels = format.channels,
          .ptime_ms = format.ptime_ms};
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

// ----------------------------------------------------------------------------------------------------------- encode

FrameEncoder::FrameEncoder(const Format& format)
    : format_(format), frame_samples_(format.samples_of(milliseconds(format.ptime_ms)) * format.channels) {
  if (format.codec != Codec::opus) return;
  opus_ = audio::make_encoder(opus_settings(format));
  JUNCTOR_CHECK(opus_ != nullptr && opus_->packet_samples() == frame_samples_);
}

std::string FrameEncoder::encode(std::span<const std::int16_t> samples) {
  JUNCTOR_CHECK(samples.size() == frame_samples_);
  std::string out;
  if (opus_) {
    std::array<std::uint8_t, audio::payload_bytes_max> payload;
    const std::size_t size = opus_->encode(samples, payload);
    out.assign(reinterpret_cast<const char*>(payload.data()), size);
  } else if (format_.codec == Codec::l16) {
    out.reserve(2 * samples.size());
    for (const std::int16_t sample : samples) {
      const auto bits = static_cast<std::uint16_t>(sample);
      out += static_cast<char>(bits & 0xff);
      out += static_cast<char>(bits >> 8);
    }
  } else {
    out.resize(samples.size());
    audio::encode(law_of(format_.codec), samples, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  }
  return out;
}

// ----------------------------------------------------------------------------------------------------------- decode

FrameDecoder::FrameDecoder(const Format& format)
    : format_(format),
      sample_bytes_(format.codec == Codec::l16 ? 2 : 1),
      group_bytes_(sample_bytes_ * format.channels) {
  if (format.codec == Codec::opus) opus_ = audio::make_decoder(opus_settings(format));
}

std::int16_t FrameDecoder::sample(const char* bytes) const {
  const auto low = static_cast<std::uint8_t>(bytes[0]);
  if (format_.codec != Codec::l16) return audio::decode(law_of(format_.codec), low);
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(low | static_cast<std::uint8_t>(bytes[1]) << 8));
}

bool FrameDecoder::decode(std::string_view frame, std::vector<std::int16_t>& out) {
  if (opus_) {
    std::array<std::int16_t, audio::packet_samples_max> samples;
    const auto count = opus_->decode(bytes_of(frame), samples);
    if (count) out.insert(out.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(*count));
    return count.has_value();
  }
  std::string joined;
  if (!rest_.empty()) {
    joined = std::exchange(rest_, {}) += frame;
    frame = joined;
  }
  const std::size_t whole = frame.size() / group_bytes_ * group_bytes_;
  out.reserve(out.size() + whole / group_bytes_);
  for (std::size_t at = 0; at < whole; at += group_bytes_) {
    const char* const group = frame.data() + at;
    const std::int16_t left = sample(group);
    const int both = format_.channels == 1 ? left : (left + sample(group + sample_bytes_)) / 2;
    out.push_back(static_cast<std::int16_t>(both));
  }
  rest_ = frame.substr(whole);
  return true;
}

}  // namespace junctor::stream
