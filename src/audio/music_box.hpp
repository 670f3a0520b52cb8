#pragma once
// Music that needs no file and no licence: slow broken chords, for who waits.
#include <cstdint>
#include <vector>

namespace junctor::audio {

/// About twenty seconds that go on seamlessly at their beginning, at about −20 dBm0. `rate` in Hz, 8000 or more.
std::vector<std::int16_t> music_box(std::uint32_t rate);

}  // namespace junctor::audio
