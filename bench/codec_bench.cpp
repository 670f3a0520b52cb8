// What the codecs cost per packet of 20 ms, alone and as pairs: decoded, resampled where the rates differ, encoded.
#include <array>
#include <memory>
#include <string>

#include "audio/codec.hpp"
#include "audio/concealer.hpp"
#include "audio/resampler.hpp"
#include "audio/sound_fixture.hpp"
#include "base/check.hpp"
#include "bench/measure.hpp"

namespace junctor::bench {
namespace {

using audio::CodecSettings;
using audio::Format;
using Payload = std::array<std::uint8_t, audio::payload_bytes_max>;
using Pcm = std::array<std::int16_t, audio::packet_samples_max>;

constexpr std::size_t packets = 100;  // of speech: two seconds, again and again
constexpr int rounds = 15;

/// One direction of a codec with its input, which goes round.
class Decoding {
 public:
  explicit Decoding(const CodecSettings& settings) : decoder_(audio::make_decoder(settings)) {
    const auto encoder = audio::make_encoder(settings);
    JUNCTOR_CHECK(decoder_ != nullptr && encoder != nullptr);
    const audio::Sound sound = audio::speech(settings.pcm_rate, 2);
    const std::size_t size = encoder->packet_samples();
    for (std::size_t i = 0; i < packets; ++i) {
      sizes_[i] = encoder->encode(std::span(sound).subspan(i * size, size), payloads_[i]);
    }
  }
  std::span<const std::int16_t> next() {
    const auto got = decoder_->decode(std::span(payloads_[at_]).first(sizes_[at_]), pcm_);
    JUNCTOR_CHECK(got.has_value());
    if (++at_ == packets) at_ = 0;
    return std::span(pcm_).first(*got);
  }

 private:
  std::unique_ptr<audio::Decoder> decoder_;
  std::array<Payload, packets> payloads_;
  std::array<std::size_t, packets> sizes_{};
  std::size_t at_ = 0;
  Pcm pcm_{};
};

class Encoding {
 public:
  explicit Encoding(const CodecSettings& settings)
      : encoder_(audio::make_encoder(settings)), sound_(audio::speech(settings.pcm_rate, 2)) {}
  void take(std::span<const std::int16_t> pcm) {
    keep(encoder_->encode(pcm, payload_));
    keep(payload_);
  }
  void next() {
    const std::size_t size = encoder_->packet_samples();
    take(std::span(sound_).subspan(at_ * size, size));
    if (++at_ == packets) at_ = 0;
  }

 private:
  std::unique_ptr<audio::Encoder> encoder_;
  audio::Sound sound_;
  std::size_t at_ = 0;
  Payload payload_{};
};

double median_us(auto&& work) {
  Rounds all;
  for (int i = 0; i < rounds; ++i) all.add(ns_each(2 * packets, work) / 1000);
  return all.median();
}

void codec(const char* name, const CodecSettings& settings) {
  const auto decoding = std::make_unique<Decoding>(settings);
  Encoding encoding(settings);
  const double encode = median_us([&] { encoding.next(); });
  const double decode = median_us([&] { keep(decoding->next()); });
  std::printf("  %-24s %7.1f %7.1f\n", name, encode, decode);
}

void pair(const char* name, const CodecSettings& from, const CodecSettings& to) {
  const auto decoding = std::make_unique<Decoding>(from);
  Encoding encoding(to);
  std::unique_ptr<audio::Resampler> resampler;
  if (from.pcm_rate != to.pcm_rate) resampler = std::make_unique<audio::Resampler>(from.pcm_rate, to.pcm_rate);
  const auto pcm = std::make_unique<Pcm>();
  const double all = median_us([&] {
    const auto decoded = decoding->next();
    if (resampler == nullptr) return encoding.take(decoded);
    const auto out = std::span(*pcm).first(resampler->samples_out(decoded.size()));
    resampler->process(decoded, out);
    encoding.take(out);
  });
  std::printf("  %-24s %7.1f\n", name, all);
}

void concealment(int rate) {
  audio::Concealer concealer(rate);
  audio::Sound frame = audio::speech(rate, 0.02);
  const double us = median_us([&] {
    concealer.heard(frame);
    concealer.conceal(frame);
  });
  std::printf("  one lost after one heard at %2d kHz %7.1f\n", rate / 1000, us);
}

int run() {
  constexpr CodecSettings pcmu{.format = Format::pcmu}, pcma{.format = Format::pcma};
  constexpr CodecSettings g722{.format = Format::g722, .pcm_rate = 16'000}, g722_8{.format = Format::g722};
  constexpr CodecSettings opus_8{.format = Format::opus}, opus_16{.format = Format::opus, .pcm_rate = 16'000};
  constexpr CodecSettings opus_48{.format = Format::opus, .pcm_rate = 48'000};
  constexpr CodecSettings l16{.format = Format::l16, .pcm_rate = 16'000};
  std::printf("us per packet of 20 ms          encode  decode\n");
  codec("PCMU", pcmu);
  codec("PCMA", pcma);
  codec("G.722 at 16 kHz", g722);
  codec("G.722 at 8 kHz", g722_8);
  codec("Opus at 8 kHz", opus_8);
  codec("Opus at 16 kHz", opus_16);
  codec("Opus at 48 kHz", opus_48);
  codec("L16 at 16 kHz", l16);
  std::printf("decoded, resampled and encoded\n");
  pair("PCMU to PCMA", pcmu, pcma);
  pair("PCMU to G.722, at 8", pcmu, g722_8);
  pair("G.722 to PCMU, at 8", g722_8, pcmu);
  pair("PCMU to G.722, by 16", pcmu, g722);
  pair("G.722 to PCMU, by 16", g722, pcmu);
  pair("PCMU to Opus, at 8", pcmu, opus_8);
  pair("Opus to PCMU, at 8", opus_8, pcmu);
  pair("G.722 to Opus, at 16", g722, opus_16);
  pair("Opus to G.722, at 16", opus_16, g722);
  pair("PCMU to Opus, by 48", pcmu, opus_48);
  pair("Opus to PCMU, by 48", opus_48, pcmu);
  std::printf("concealment\n");
  for (const int rate : {8000, 16'000, 48'000}) concealment(rate);
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main() {
  return junctor::bench::run();
}
