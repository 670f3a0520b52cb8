#include "audio/decode_file.hpp"

#include <algorithm>
#include <array>
#include <speex/speex_resampler.h>

#include "audio/file_decoder.hpp"
#include "base/check.hpp"

namespace junctor::audio {
namespace {

constexpr int quality = 8;
constexpr std::size_t piece_samples = 4096;

using Samples = std::vector<std::int16_t>;

/// Appends pieces at another rate.
class Converter {
 public:
  Converter(int from, int to)
      : from_(static_cast<std::uint64_t>(from)),
        to_(static_cast<std::uint64_t>(to)),
        state_(
            speex_resampler_init(1, static_cast<spx_uint32_t>(from), static_cast<spx_uint32_t>(to), quality, nullptr)) {
    JUNCTOR_CHECK(state_ != nullptr);
    speex_resampler_skip_zeros(state_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() { speex_resampler_destroy(state_); }

  void add(std::span<const std::int16_t> in, Samples& out) {
    taken_ += in.size();
    feed(in, out);
  }
  /// What is still inside the filter.
  void finish(Samples& out) {
    const Samples zeros(static_cast<std::size_t>(speex_resampler_get_input_latency(state_)) + 1);
    feed(zeros, out);
    out.resize(static_cast<std::size_t>(taken_ * to_ / from_));
  }

 private:
  void feed(std::span<const std::int16_t> in, Samples& out) {
    std::array<std::int16_t, piece_samples> piece;
    while (!in.empty()) {
      auto taken = static_cast<spx_uint32_t>(in.size());
      auto given = static_cast<spx_uint32_t>(piece.size());
      speex_resampler_process_int(state_, 0, in.data(), &taken, piece.data(), &given);
      in = in.subspan(taken);
      out.insert(out.end(), piece.begin(), piece.begin() + given);
    }
  }

  std::uint64_t from_, to_, taken_ = 0;
  SpeexResamplerState* state_;
};

std::string too_long(std::size_t samples_max, int rate) {
  return "it is longer than " + std::to_string(samples_max / static_cast<std::size_t>(rate)) +
         " seconds, the most that can be played at " + std::to_string(rate) + " Hz";
}

}  // namespace

Result<Samples, std::string> decode_file(std::unique_ptr<ByteFile> file, int rate, std::size_t samples_max) {
  auto decoder = FileDecoder::open(std::move(file));
  if (!decoder) return fail(decoder.error());
  const int from = decoder->info().sample_rate;
  std::unique_ptr<Converter> converter;
  if (from != rate) converter = std::make_unique<Converter>(from, rate);
  Samples out;
  std::array<std::int16_t, piece_samples> piece;
  for (;;) {
    const auto got = decoder->read(piece);
    if (!got) return fail(got.error());
    if (*got == 0) break;
    const auto samples = std::span(piece).first(*got);
    if (converter) {
      converter->add(samples, out);
    } else {
      out.insert(out.end(), samples.begin(), samples.end());
    }
    if (out.size() > samples_max) return fail(too_long(samples_max, rate));
  }
  if (converter) converter->finish(out);
  if (out.empty()) return fail(std::string("it holds no sound"));
  if (out.size() > samples_max) return fail(too_long(samples_max, rate));
  out.shrink_to_fit();
  return out;
}

}  // namespace junctor::audio
