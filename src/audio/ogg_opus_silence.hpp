#pragma once
// Taking out what was said in an Ogg/Opus file that is written already.
#include <cstdint>
#include <string>

#include "audio/byte_file.hpp"
#include "base/result.hpp"

namespace junctor::audio {

/// Puts silence in the place of every packet (RFC 6716) that has sound between the two times, counted from the
/// beginning of what is heard (RFC 7845 §4.2): up to 30 ms more at either end, never less. Packets keep their length,
/// so that nothing moves; only what is on the pages is seen. An error for what is not such a file, or from the disk.
Result<void, std::string> silence_ogg_opus(ByteFile& file, std::uint64_t from_ms, std::uint64_t to_ms);

/// How long the file sounds, by the packets on its pages.
Result<std::uint64_t, std::string> ogg_opus_duration_ms(ByteFile& file);

}  // namespace junctor::audio
