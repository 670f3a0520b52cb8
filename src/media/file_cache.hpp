#pragma once
// Folders of files that can be made again.
#include <cstdint>
#include <string>
#include <string_view>

#include "audio/disk.hpp"

namespace junctor::media {

/// Removes what was written first of the files in `folder` with that ending until they are no more than `bytes_max`;
/// `spared` stays. Blocks: background threads only.
void shrink_cache(audio::Disk& disk, const std::string& folder, std::string_view ending, std::uint64_t bytes_max,
                  const std::string& spared);

}  // namespace junctor::media
