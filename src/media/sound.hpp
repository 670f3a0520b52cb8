#pragma once
// A sound that is ready to be played: decoded once, then shared by all who play it.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audio/disk.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace junctor::media {

/// Mono, 16 bit. Not changed once it is shared.
struct Sound {
  std::uint32_t rate = 8000;  ///< Hz
  std::vector<std::int16_t> samples;

  Duration duration() const { return Duration(seconds(samples.size())) / rate; }
  std::size_t bytes() const { return samples.size() * sizeof(std::int16_t); }
};

/// Of one sound in memory: 69 minutes at 8 kHz, 11 at 48 kHz.
constexpr std::size_t sound_bytes_max = std::size_t{64} << 20;

/// Decodes a WAV, MP3 or Ogg/Opus file to `rate` (8000, 16000 or 48000 Hz). Blocks: background threads only. The error
/// says what is wrong with the file, in one line without its name; a file without a sample is an error.
Result<std::shared_ptr<const Sound>, std::string> load_sound(audio::Disk& disk, const std::string& path,
                                                             std::uint32_t rate);

}  // namespace junctor::media
