#pragma once
// Reading audio files: WAV (PCM 8, 16, 24 bit, A-law, µ-law), MP3, Ogg with Opus; 8 to 48 kHz, mono or
// stereo. Opening and reading may block and allocate: background threads only.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/byte_file.hpp"
#include "base/result.hpp"

namespace junctor::audio {

enum class FileKind : std::uint8_t { wav, mp3, ogg };

struct FileInfo {
  FileKind kind = FileKind::wav;
  int sample_rate = 8000;  ///< of what read() gives: the file's own, which for Opus is the rate it was made from
  int channels = 1;        ///< in the file
};

class SoundFile;

/// One file, read from its beginning. It ends where the file ended when it was opened, if not before: what is added
/// later is left out, and what is cut off meanwhile is missing.
class FileDecoder {
 public:
  static constexpr std::uint64_t file_bytes_max = std::uint64_t{1} << 30;

  /// The error says what is wrong with the file, in one line without its name.
  static Result<FileDecoder, std::string> open(std::unique_ptr<ByteFile> file);
  FileDecoder(FileDecoder&&) noexcept;
  FileDecoder& operator=(FileDecoder&&) noexcept;
  ~FileDecoder();

  const FileInfo& info() const { return info_; }

  /// Mono samples, the channels mixed equally; fewer than asked for only at the end, then 0. An error only if the disk
  /// has one: a damaged file ends where it can no longer be decoded.
  Result<std::size_t, std::string> read(std::span<std::int16_t> out);
  /// Back to the beginning.
  Result<void, std::string> rewind();

 private:
  FileDecoder(std::unique_ptr<ByteFile> file, std::unique_ptr<SoundFile> sound, const FileInfo& info);

  std::unique_ptr<ByteFile> file_;
  std::unique_ptr<SoundFile> sound_;  // above file_, and gone before it
  FileInfo info_;
  std::vector<float> buffer_;
};

}  // namespace junctor::audio
