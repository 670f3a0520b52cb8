#include "audio/disk_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace junctor::audio {
namespace {

std::unexpected<std::string> last_error() {
  return fail(std::string(std::strerror(errno)));
}

class DiskFile final : public ByteFile {
 public:
  explicit DiskFile(int fd) : fd_(fd) {}
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;
  ~DiskFile() override { ::close(fd_); }

  Result<std::uint64_t, std::string> size() override {
    struct stat status{};
    if (::fstat(fd_, &status) != 0) return last_error();
    if (!S_ISREG(status.st_mode)) return fail(std::string("not a regular file"));
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<std::size_t, std::string> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto got = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return last_error();
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<void, std::string> write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto put = ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return last_error();
      done += static_cast<std::size_t>(put);
    }
    return {};
  }

 private:
  int fd_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::update:
      return O_RDWR;
    case OpenMode::create:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

}  // namespace

Result<std::unique_ptr<ByteFile>, std::string> open_disk_file(const std::string& path, OpenMode mode) {
  // A named pipe would block here until somebody writes.
  const int fd = ::open(path.c_str(), flags_of(mode) | O_CLOEXEC | O_NONBLOCK, 0640);
  if (fd < 0) return last_error();
  std::unique_ptr<ByteFile> file = std::make_unique<DiskFile>(fd);
  if (const auto size = file->size(); !size) return fail(size.error());
  return file;
}

}  // namespace junctor::audio
