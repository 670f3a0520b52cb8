#include "audio/file_decoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "audio/sound_file.hpp"

namespace junctor::audio {
namespace {

constexpr int rate_min = 8000, rate_max = 48000;
constexpr std::size_t buffer_frames = 4096;
constexpr std::string_view playable = "only WAV (PCM of 8, 16 or 24 bit, A-law, µ-law), MP3 and Ogg/Opus can be played";

/// What the first bytes say. The library knows thirty formats; only the parsers of those that we play are to see bytes
/// from outside, and its Ogg/Vorbis one loses memory over a damaged file.
std::optional<FileKind> kind_of(std::span<const std::uint8_t> start) {
  const auto holds = [&](std::size_t at, std::string_view mark) {
    return start.size() >= at + mark.size() && std::ranges::equal(start.subspan(at, mark.size()), mark, {}, {},
                                                                  [](char c) { return static_cast<std::uint8_t>(c); });
  };
  if (holds(0, "RIFF") && holds(8, "WAVE")) return FileKind::wav;
  // RFC 3533 section 6: the first page has one segment, so its packet starts 28 bytes in; RFC 7845 section 5.1.
  if (holds(0, "OggS")) return holds(28, "OpusHead") ? std::optional(FileKind::ogg) : std::nullopt;
  const bool frame = start.size() >= 2 && start[0] == 0xFF && (start[1] & 0xE0) == 0xE0;
  if (holds(0, "ID3") || frame) return FileKind::mp3;
  return std::nullopt;
}

std::optional<FileKind> kind_of(int format) {
  const int coding = format & SF_FORMAT_SUBMASK;
  switch (format & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_WAV:
    case SF_FORMAT_WAVEX:
      switch (coding) {
        case SF_FORMAT_PCM_U8:
        case SF_FORMAT_PCM_16:
        case SF_FORMAT_PCM_24:
        case SF_FORMAT_ULAW:
        case SF_FORMAT_ALAW:
          return FileKind::wav;
        default:
          return std::nullopt;
      }
    case SF_FORMAT_MPEG:
      return FileKind::mp3;
    case SF_FORMAT_OGG:
      return coding == SF_FORMAT_OPUS ? std::optional(FileKind::ogg) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

FileDecoder::FileDecoder(std::unique_ptr<ByteFile> file, std::unique_ptr<SoundFile> sound, const FileInfo& info)
    : file_(std::move(file)), sound_(std::move(sound)), info_(info) {
  buffer_.resize(buffer_frames * static_cast<std::size_t>(info.channels));
}
FileDecoder::FileDecoder(FileDecoder&&) noexcept = default;
FileDecoder::~FileDecoder() = default;
FileDecoder& FileDecoder::operator=(FileDecoder&& other) noexcept {
  sound_ = std::move(other.sound_);  // the old one uses the old file to the last
  file_ = std::move(other.file_);
  info_ = other.info_;
  buffer_ = std::move(other.buffer_);
  return *this;
}

Result<FileDecoder, std::string> FileDecoder::open(std::unique_ptr<ByteFile> file) {
  const auto size = file->size();
  if (!size) return fail(size.error());
  if (*size == 0) return fail(std::string("the file is empty"));
  if (*size > file_bytes_max) return fail(std::string("the file is larger than 1 GiB"));
  std::array<std::uint8_t, 36> start{};
  const auto got = file->read_at(0, start);
  if (!got) return fail(got.error());
  if (!kind_of(std::span(start).first(*got))) return fail(std::string(playable));
  auto sound = std::make_unique<SoundFile>(*file, *size);
  SF_INFO raw{};
  if (!sound->open(SFM_READ, raw)) return fail("not an audio file that can be played: " + sound->error());
  const auto kind = kind_of(raw.format);
  if (!kind) return fail(std::string(playable));
  if (raw.channels < 1 || raw.channels > 2) {
    return fail("it has " + std::to_string(raw.channels) + " channels; one or two can be played");
  }
  if (raw.samplerate < rate_min || raw.samplerate > rate_max) {
    return fail("it has " + std::to_string(raw.samplerate) + " samples per second; 8000 to 48000 can be played");
  }
  return FileDecoder(std::move(file), std::move(sound),
                     {.kind = *kind, .sample_rate = raw.samplerate, .channels = raw.channels});
}

Result<std::size_t, std::string> FileDecoder::read(std::span<std::int16_t> out) {
  const auto channels = static_cast<std::size_t>(info_.channels);
  std::size_t made = 0;
  while (made < out.size()) {
    const std::size_t wanted = std::min(buffer_frames, out.size() - made);
    const sf_count_t count = sf_readf_float(sound_->get(), buffer_.data(), static_cast<sf_count_t>(wanted));
    if (sound_->file_failed()) return fail(sound_->error());
    const auto got = std::min(static_cast<std::size_t>(std::max<sf_count_t>(count, 0)), wanted);
    for (std::size_t i = 0; i < got; ++i) {
      const float* frame = &buffer_[i * channels];
      const float mono = channels == 2 ? (frame[0] + frame[1]) / 2 : frame[0];
      // Written so that what is not a number becomes a number.
      const float scaled = mono * 32768.0f;
      const float held = scaled > -32768.0f ? std::min(scaled, 32767.0f) : -32768.0f;
      out[made + i] = static_cast<std::int16_t>(std::lround(held));
    }
    made += got;
    if (got < wanted) break;
  }
  return made;
}

Result<void, std::string> FileDecoder::rewind() {
  if (sf_seek(sound_->get(), 0, SEEK_SET) != 0) return fail(sound_->error());
  return {};
}

}  // namespace junctor::audio
