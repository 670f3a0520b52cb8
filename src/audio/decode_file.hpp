#pragma once
// A whole audio file as samples of the rate that is wanted, for sounds that are played from memory. Blocks: background
// threads only.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audio/byte_file.hpp"
#include "base/result.hpp"

namespace junctor::audio {

/// Mono; `rate` 8000 to 48000 Hz. What FileDecoder can read, at speexdsp's quality 8 if its rate is another: pass-band
/// within 1 dB up to 0.44 of the lower rate, without delay. An error for a file that gives no sample, or more than
/// `samples_max`.
Result<std::vector<std::int16_t>, std::string> decode_file(std::unique_ptr<ByteFile> file, int rate,
                                                           std::size_t samples_max);

}  // namespace junctor::audio
