#pragma once
// Writing Opus in Ogg (RFC 7845). Pages go out once a second, so that a crash costs no more than that; the file needs
// no repair. May block and allocate: background threads only.
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "audio/byte_file.hpp"
#include "base/result.hpp"

namespace junctor::audio {

class SoundFile;

class OggOpusWriter {
 public:
  static constexpr double page_ms = 1000;

  /// `file` is empty and outlives this. 8000, 12000, 16000, 24000 or 48000 Hz, 1 or 2 channels.
  static Result<OggOpusWriter, std::string> create(ByteFile& file, int sample_rate, int channels);
  OggOpusWriter(OggOpusWriter&&) noexcept;
  OggOpusWriter& operator=(OggOpusWriter&&) noexcept;
  /// Without finish(), what is not on a page yet may be lost.
  ~OggOpusWriter();

  /// Interleaved; whole frames.
  Result<void, std::string> write(std::span<const std::int16_t> samples);
  /// Writes the last page. Nothing may be written after it.
  Result<void, std::string> finish();

 private:
  explicit OggOpusWriter(std::unique_ptr<SoundFile> sound, int channels);

  std::unique_ptr<SoundFile> sound_;
  int channels_;
};

}  // namespace junctor::audio
