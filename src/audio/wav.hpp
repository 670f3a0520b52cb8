#pragma once
// Writing WAV (16-bit PCM) so that a crash leaves a file that can be read, and mending the header of one that a crash
// did leave. Reading is FileDecoder's.
#include <cstdint>
#include <span>
#include <string>

#include "audio/byte_file.hpp"
#include "base/result.hpp"

namespace junctor::audio {

constexpr std::size_t wav_header_size = 44;

/// The header always tells of no more than is in the file: sizes are written after the samples, once in some
/// `checkpoint_seconds` of sound and at the end.
class WavWriter {
 public:
  static constexpr int checkpoint_seconds = 2;
  /// What the sizes of the format can tell; 6 hours of 48 kHz stereo.
  static constexpr std::uint64_t data_bytes_max = 0xffffffffu - wav_header_size;

  /// `file` is empty and outlives this. 8000 to 48000 Hz, 1 or 2 channels.
  static Result<WavWriter, std::string> create(ByteFile& file, int sample_rate, int channels);

  /// Interleaved; whole frames. An error ("file is full" past data_bytes_max among them) leaves what was written
  /// before.
  Result<void, std::string> write(std::span<const std::int16_t> samples);
  /// Makes the header tell of everything written so far.
  Result<void, std::string> checkpoint();

  std::uint64_t frames() const;

 private:
  WavWriter(ByteFile& file, int sample_rate, int channels);

  ByteFile* file_;
  int sample_rate_;
  int channels_;
  std::uint64_t data_bytes_ = 0;
  std::uint64_t told_bytes_ = 0;  // by the header
  std::vector<std::uint8_t> buffer_;
};

struct WavRepair {
  bool changed = false;
  std::uint64_t data_bytes = 0;  ///< sound in the file
};

/// Sets the sizes in the header to what the file has. A header whose sizes fit the file is left as it is. For files of
/// WavWriter and others whose last chunk is the sound; an error for what is no WAV of PCM, A-law or µ-law, or ends
/// before its sound begins.
Result<WavRepair, std::string> repair_wav(ByteFile& file);

}  // namespace junctor::audio
