#include "stream/stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace junctor::stream {
namespace {

constexpr std::array<std::pair<std::string_view, Codec>, 5> codec_names = {{{"pcmu", Codec::pcmu},
                                                                            {"pcma", Codec::pcma},
                                                                            {"l16", Codec::l16},
                                                                            {"pcm_s16le", Codec::l16},
                                                                            {"opus", Codec::opus}}};

bool is_same_name(std::string_view a, std::string_view lower_b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, lower_b, {}, lower);
}

}  // namespace

const char* to_string(Codec codec) {
  switch (codec) {
    case Codec::pcmu:
      return "PCMU";
    case Codec::pcma:
      return "PCMA";
    case Codec::l16:
      return "L16";
    case Codec::opus:
      return "opus";
  }
  return "";
}

const char* to_string(Direction direction) {
  switch (direction) {
    case Direction::send:
      return "send";
    case Direction::recv:
      return "recv";
    case Direction::sendrecv:
      return "sendrecv";
  }
  return "";
}

Result<Format, std::string> make_format(std::string_view codec, std::int64_t rate, std::int64_t channels,
                                        std::int64_t ptime_ms) {
  const auto named =
      std::ranges::find_if(codec_names, [&](const auto& each) { return is_same_name(codec, each.first); });
  if (named == codec_names.end()) return fail(std::string("codec is one of PCMU, PCMA, L16, pcm_s16le, opus"));
  if (rate != 8000 && rate != 16'000 && rate != 24'000 && rate != 48'000)
    return fail(std::string("sample_rate is one of 8000, 16000, 24000, 48000"));
  if (channels != 1 && channels != 2) return fail(std::string("channels is 1 or 2"));
  if (ptime_ms != 10 && ptime_ms != 20 && ptime_ms != 40 && ptime_ms != 60)
    return fail(std::string("ptime_ms is one of 10, 20, 40, 60"));
  return Format{named->second, static_cast<std::uint32_t>(rate), static_cast<std::uint8_t>(channels),
                static_cast<std::uint8_t>(ptime_ms)};
}

std::size_t frame_bytes(const Format& format) {
  if (format.codec == Codec::opus) return 0;
  const std::size_t samples = format.samples_of(milliseconds(format.ptime_ms)) * format.channels;
  return format.codec == Codec::l16 ? 2 * samples : samples;
}

}  // namespace junctor::stream
