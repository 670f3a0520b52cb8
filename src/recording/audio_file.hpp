#pragma once
// One file of a recording while it is written: WAV or Opus in Ogg.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/disk.hpp"
#include "audio/ogg_opus_writer.hpp"
#include "audio/wav.hpp"
#include "recording/recording.hpp"

namespace junctor::recording {

/// ".wav", ".opus".
const char* ending_of(Format format);

class AudioFile {
 public:
  static Result<std::unique_ptr<AudioFile>, std::string> create(audio::Disk& disk, const std::string& path,
                                                                Format format, std::uint32_t rate,
                                                                std::uint8_t channels);

  const std::string& path() const { return path_; }
  std::uint8_t channels() const { return channels_; }
  std::uint64_t frames() const { return frames_; }

  /// Interleaved. What is written comes to the disk by and by, with flush() at the latest.
  Result<void, std::string> write(std::span<const std::int16_t> samples);
  Result<void, std::string> flush();
  Result<void, std::string> write_silence(std::uint64_t frames);
  /// Silence in the place of what was written between these frames. Opus: what is not on a page yet is left to
  /// another call, after finish().
  Result<void, std::string> erase(std::uint64_t from, std::uint64_t to);
  /// Nothing may be written after this.
  Result<void, std::string> finish();

 private:
  static constexpr std::size_t buffer_samples = 4096;

  AudioFile() = default;

  std::string path_;
  std::uint32_t rate_ = 8000;
  std::uint8_t channels_ = 1;
  std::uint64_t frames_ = 0;
  std::unique_ptr<audio::ByteFile> file_;
  std::vector<std::int16_t> buffer_;
  std::optional<audio::WavWriter> wav_;
  std::optional<audio::OggOpusWriter> opus_;
};

/// For a file that nobody writes any more, too. Positions in ms of what is heard.
Result<void, std::string> erase(audio::ByteFile& file, Format format, std::uint32_t rate, std::uint8_t channels,
                                std::uint64_t from_ms, std::uint64_t to_ms);

}  // namespace junctor::recording
