#include "audio/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace junctor::audio {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> last_error() {
  return fail(std::string(std::strerror(errno)));
}

/// The file's content is on the disk before its name can change.
Result<void, std::string> write_synced(const std::string& path, std::string_view content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return last_error();
  std::size_t done = 0;
  bool well = true;
  while (well && done < content.size()) {
    const auto put = ::write(fd, content.data() + done, content.size() - done);
    well = put >= 0 || errno == EINTR;
    if (put > 0) done += static_cast<std::size_t>(put);
  }
  well = well && ::fdatasync(fd) == 0;
  const auto outcome = well ? Result<void, std::string>() : last_error();
  ::close(fd);
  return outcome;
}

}  // namespace

Result<std::unique_ptr<ByteFile>, std::string> RealDisk::open(const std::string& path, OpenMode mode) {
  return open_disk_file(path, mode);
}

Result<FileStamp, std::string> RealDisk::stamp(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return last_error();
  const auto& modified = status.st_mtim;
  return FileStamp{.size = static_cast<std::uint64_t>(status.st_size),
                   .modified_ns = std::int64_t{modified.tv_sec} * 1'000'000'000 + modified.tv_nsec};
}

Result<void, std::string> RealDisk::replace(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  auto done = write_synced(fresh, content);
  if (done && ::rename(fresh.c_str(), path.c_str()) != 0) done = last_error();
  if (!done) ::unlink(fresh.c_str());
  return done;
}

Result<void, std::string> RealDisk::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return last_error();
  return {};
}

Result<void, std::string> RealDisk::make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(error.message());
  return {};
}

Result<std::vector<std::string>, std::string> RealDisk::find(const std::string& folder, std::string_view ending) {
  std::vector<std::string> out;
  std::error_code error;
  if (!fs::exists(folder, error)) return out;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    if (at->path().native().ends_with(ending) && at->is_regular_file(unknown)) out.push_back(at->path().native());
  }
  if (error) return fail(error.message());
  std::ranges::sort(out);
  return out;
}

Result<std::vector<std::string>, std::string> RealDisk::folders(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  if (!fs::exists(folder, error)) return out;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    if (at->is_directory(unknown)) out.push_back(at->path().filename().native());
  }
  if (error) return fail(error.message());
  std::ranges::sort(out);
  return out;
}

Result<void, std::string> RealDisk::remove_folder(const std::string& path) {
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST) return last_error();
  return {};
}

}  // namespace junctor::audio
