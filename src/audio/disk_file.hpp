#pragma once
// ByteFile on the disk. Every call may block: background threads only.
#include <memory>
#include <string>

#include "audio/byte_file.hpp"

namespace junctor::audio {

enum class OpenMode : std::uint8_t {
  read,
  update,  ///< an existing file, to read and to write
  create   ///< a new file; one that is there already is an error
};

Result<std::unique_ptr<ByteFile>, std::string> open_disk_file(const std::string& path, OpenMode mode);

}  // namespace junctor::audio
