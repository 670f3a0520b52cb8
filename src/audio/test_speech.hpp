#pragma once
// Speech and noise for tests: voices of the flite synthesiser, at any rate and level.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace junctor::audio {

enum class Speaker : std::uint8_t { woman, man, robot };
constexpr Speaker speakers[] = {Speaker::woman, Speaker::man, Speaker::robot};

/// At least `seconds` of sentences at `sample_rate`, with `pause_ms` of digital silence between them; while there is
/// speech, its level is `level_dbm0`.
std::vector<std::int16_t> speech(Speaker speaker, int sample_rate, double seconds, double level_dbm0, int pause_ms);

/// White in the whole band.
std::vector<std::int16_t> white_noise(std::size_t samples, double level_dbm0, unsigned seed);

/// With saturation. As long as the first.
std::vector<std::int16_t> sum(std::span<const std::int16_t> a, std::span<const std::int16_t> b);

/// Level of the frames in which `reference`, of the same length, is at most 15 dB below its loudest tenth.
double active_level_dbm0(std::span<const std::int16_t> samples, std::span<const std::int16_t> reference,
                         std::size_t frame);
/// Of the frames in which `reference` is silent, the first 100 ms of each silence left out.
double idle_level_dbm0(std::span<const std::int16_t> samples, std::span<const std::int16_t> reference,
                       std::size_t frame);

}  // namespace junctor::audio
