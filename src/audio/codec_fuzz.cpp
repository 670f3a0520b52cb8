// Any bytes at any decoder, also as the successor of a lost packet, mixed with losses: it never reads or writes beyond
// its spans, and gives as many samples as it said. The first byte chooses the decoder; each further piece has a byte of
// length and one for what happens to it. What parses as comfort noise is written back the same.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "audio/codec.hpp"
#include "audio/comfort_noise.hpp"

namespace {

using namespace junctor::audio;
using Bytes = std::span<const std::uint8_t>;

constexpr std::array<CodecSettings, 9> decoders{{
    {.format = Format::opus, .pcm_rate = 8000},
    {.format = Format::opus, .pcm_rate = 16'000},
    {.format = Format::opus, .pcm_rate = 48'000},
    {.format = Format::pcmu},
    {.format = Format::pcma},
    {.format = Format::g722, .pcm_rate = 8000},
    {.format = Format::g722, .pcm_rate = 16'000},
    {.format = Format::l16, .pcm_rate = 16'000},
    {.format = Format::l16, .pcm_rate = 48'000, .channels = 2},
}};

void require(bool condition) {
  if (!condition) std::abort();
}

void comfort_noise(Bytes payload) {
  const auto noise = parse_comfort_noise(payload);
  if (!noise) return;
  std::array<std::uint8_t, 1 + ComfortNoise::reflections_max> out{};
  const std::size_t written = write_comfort_noise(*noise, out);
  require(written == std::min(payload.size(), out.size()));
  require(std::ranges::equal(payload.first(written), Bytes(out).first(written)));
}

void decode(Decoder& decoder, Bytes payload) {
  // Just as large as needed, so that the sanitizer sees one sample more.
  const auto said = decoder.samples(payload);
  std::vector<std::int16_t> pcm(said ? *said : packet_samples_max);
  const auto got = decoder.decode(payload, pcm);
  require(!got || (said && *got == *said && *got <= packet_samples_max));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const CodecSettings& settings = decoders[data[0] % decoders.size()];
  const auto decoder = make_decoder(settings);
  require(decoder != nullptr);
  std::vector<std::int16_t> lost(static_cast<std::size_t>(settings.pcm_rate / 50));
  constexpr int pieces_max = 16;
  Bytes rest(data + 1, size - 1);
  for (int i = 0; i < pieces_max && rest.size() > 2; ++i) {
    const std::size_t length = std::min<std::size_t>(rest[0], rest.size() - 2);
    const std::uint8_t what = rest[1];
    // A copy, so that reading beyond its end is seen.
    const std::vector<std::uint8_t> payload(rest.begin() + 2, rest.begin() + 2 + static_cast<std::ptrdiff_t>(length));
    rest = rest.subspan(2 + length);
    comfort_noise(payload);
    if (what % 4 == 1) decoder->conceal(lost);
    if (what % 4 == 2) decoder->decode_fec(payload, lost);
    decode(*decoder, payload);
  }
  return 0;
}
