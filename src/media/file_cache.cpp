#include "media/file_cache.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace junctor::media {

void shrink_cache(audio::Disk& disk, const std::string& folder, std::string_view ending, std::uint64_t bytes_max,
                  const std::string& spared) {
  struct File {
    std::string path;
    audio::FileStamp stamp;
  };
  std::vector<File> files;
  std::uint64_t bytes = 0;
  for (std::string& path : disk.find(folder, ending).value_or(std::vector<std::string>{})) {
    const auto stamp = disk.stamp(path);
    if (!stamp) continue;
    bytes += stamp->size;
    files.push_back({std::move(path), *stamp});
  }
  std::ranges::sort(files, {}, [](const File& file) { return file.stamp.modified_ns; });
  for (const File& file : files) {
    if (bytes <= bytes_max) return;
    if (file.path != spared && disk.remove(file.path)) bytes -= file.stamp.size;
  }
}

}  // namespace junctor::media
