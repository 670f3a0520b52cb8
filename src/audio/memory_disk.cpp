#include "audio/disk.hpp"

namespace junctor::audio {
namespace {

class OpenFile final : public ByteFile {
 public:
  OpenFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::File> file) : disk_(disk), file_(std::move(file)) {}

  Result<std::uint64_t, std::string> size() override { return file_->content.size(); }
  Result<std::size_t, std::string> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    return file_->content.read_at(offset, out);
  }
  Result<void, std::string> write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    const std::uint64_t size = file_->content.bytes.size(), end = offset + bytes.size();
    if (auto taken = disk_.take(end > size ? end - size : 0); !taken) return taken;
    file_->modified = ++disk_.changes;
    return file_->content.write_at(offset, bytes);
  }

 private:
  MemoryDisk& disk_;
  std::shared_ptr<MemoryDisk::File> file_;
};

std::unexpected<std::string> missing() {
  return fail(std::string("No such file or directory"));
}

}  // namespace

Result<void, std::string> MemoryDisk::take(std::uint64_t bytes) {
  if (broken) return fail(std::string("Input/output error"));
  if (bytes_written + bytes > bytes_max) return fail(std::string("No space left on device"));
  bytes_written += bytes;
  return {};
}

Result<std::unique_ptr<ByteFile>, std::string> MemoryDisk::open(const std::string& path, OpenMode mode) {
  auto at = files.find(path);
  if (mode == OpenMode::create) {
    if (at != files.end()) return fail(std::string("File exists"));
    if (const auto taken = take(0); !taken) return fail(taken.error());
    at = files.emplace(path, std::make_shared<File>()).first;
    at->second->modified = ++changes;
  }
  if (at == files.end()) return missing();
  return std::make_unique<OpenFile>(*this, at->second);
}

Result<FileStamp, std::string> MemoryDisk::stamp(const std::string& path) {
  const auto at = files.find(path);
  if (at == files.end()) return missing();
  return FileStamp{.size = at->second->content.bytes.size(), .modified_ns = at->second->modified};
}

Result<void, std::string> MemoryDisk::replace(const std::string& path, std::string_view content) {
  if (auto taken = take(content.size()); !taken) return taken;
  auto file = std::make_shared<File>();
  file->content.bytes.assign(content.begin(), content.end());
  file->modified = ++changes;
  files[path] = std::move(file);
  return {};
}

Result<void, std::string> MemoryDisk::remove(const std::string& path) {
  files.erase(path);
  return {};
}

Result<void, std::string> MemoryDisk::make_folder(const std::string&) {
  return take(0);
}

Result<std::vector<std::string>, std::string> MemoryDisk::find(const std::string& folder, std::string_view ending) {
  std::vector<std::string> out;
  for (const auto& [path, file] : files) {
    if (path.starts_with(folder + '/') && path.ends_with(ending)) out.push_back(path);
  }
  return out;
}

Result<std::vector<std::string>, std::string> MemoryDisk::folders(const std::string& folder) {
  std::vector<std::string> out;
  const std::string inside = folder + '/';
  for (const auto& [path, file] : files) {
    const auto slash = path.starts_with(inside) ? path.find('/', inside.size()) : std::string::npos;
    if (slash == std::string::npos) continue;
    std::string name = path.substr(inside.size(), slash - inside.size());
    if (out.empty() || out.back() != name) out.push_back(std::move(name));
  }
  return out;
}

/// Folders are there as long as files are in them.
Result<void, std::string> MemoryDisk::remove_folder(const std::string&) {
  return {};
}

}  // namespace junctor::audio
