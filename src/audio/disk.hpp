#pragma once
// A disk with named files, as those see it who play and record. The machine's own, or one of a test that fails at will.
// Every call may block: background threads only. Errors are one short line, without the file's name.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audio/byte_file.hpp"
#include "audio/disk_file.hpp"

namespace junctor::audio {

/// Two equal ones: the file was not changed in between.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<ByteFile>, std::string> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<FileStamp, std::string> stamp(const std::string& path) = 0;
  /// The file has this content or, after an error or a crash, what it had before.
  virtual Result<void, std::string> replace(const std::string& path, std::string_view content) = 0;
  /// No error if there is no such file.
  virtual Result<void, std::string> remove(const std::string& path) = 0;
  /// With those above it; no error if it is there.
  virtual Result<void, std::string> make_folder(const std::string& path) = 0;
  /// Paths of the files in the folder and those below it whose names end so, sorted. Empty when there is no folder.
  virtual Result<std::vector<std::string>, std::string> find(const std::string& folder, std::string_view ending) = 0;
  /// Names of the folders in this one, sorted. Empty when there is no such folder.
  virtual Result<std::vector<std::string>, std::string> folders(const std::string& folder) = 0;
  /// One that has nothing in it; no error if it has, or is not there.
  virtual Result<void, std::string> remove_folder(const std::string& path) = 0;
};

class RealDisk final : public Disk {
 public:
  Result<std::unique_ptr<ByteFile>, std::string> open(const std::string& path, OpenMode mode) override;
  Result<FileStamp, std::string> stamp(const std::string& path) override;
  Result<void, std::string> replace(const std::string& path, std::string_view content) override;
  Result<void, std::string> remove(const std::string& path) override;
  Result<void, std::string> make_folder(const std::string& path) override;
  Result<std::vector<std::string>, std::string> find(const std::string& folder, std::string_view ending) override;
  Result<std::vector<std::string>, std::string> folders(const std::string& folder) override;
  Result<void, std::string> remove_folder(const std::string& path) override;
};

/// Files in memory, for tests and the simulator. Writing fails once all files together have `bytes_max`, or always
/// while `broken` is set.
class MemoryDisk final : public Disk {
 public:
  Result<std::unique_ptr<ByteFile>, std::string> open(const std::string& path, OpenMode mode) override;
  Result<FileStamp, std::string> stamp(const std::string& path) override;
  Result<void, std::string> replace(const std::string& path, std::string_view content) override;
  Result<void, std::string> remove(const std::string& path) override;
  Result<void, std::string> make_folder(const std::string& path) override;
  Result<std::vector<std::string>, std::string> find(const std::string& folder, std::string_view ending) override;
  Result<std::vector<std::string>, std::string> folders(const std::string& folder) override;
  Result<void, std::string> remove_folder(const std::string& path) override;

  /// Whether this many bytes more can be written.
  Result<void, std::string> take(std::uint64_t bytes);

  struct File {
    MemoryFile content;
    std::int64_t modified = 0;
  };
  std::map<std::string, std::shared_ptr<File>> files;
  std::uint64_t bytes_max = std::uint64_t{1} << 40;
  bool broken = false;
  std::uint64_t bytes_written = 0;
  std::int64_t changes = 0;
};

}  // namespace junctor::audio
