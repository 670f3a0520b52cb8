#pragma once
// A file as the audio code sees it: bytes at offsets. A disk, memory, or a disk of a simulator that fails at will.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace junctor::audio {

/// Errors are one short line, without the file's name.
class ByteFile {
 public:
  virtual ~ByteFile() = default;
  virtual Result<std::uint64_t, std::string> size() = 0;
  /// Fewer than asked for only at the end of the file.
  virtual Result<std::size_t, std::string> read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
  /// All of it, or an error; what is skipped over becomes zeros.
  virtual Result<void, std::string> write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) = 0;
};

class MemoryFile final : public ByteFile {
 public:
  MemoryFile() = default;
  explicit MemoryFile(std::vector<std::uint8_t> content) : bytes(std::move(content)) {}

  Result<std::uint64_t, std::string> size() override { return bytes.size(); }
  Result<std::size_t, std::string> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (offset >= bytes.size()) return 0;
    const auto got = std::min(out.size(), bytes.size() - static_cast<std::size_t>(offset));
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), got, out.begin());
    return got;
  }
  Result<void, std::string> write_at(std::uint64_t offset, std::span<const std::uint8_t> content) override {
    if (offset + content.size() > bytes.size()) bytes.resize(static_cast<std::size_t>(offset) + content.size());
    std::ranges::copy(content, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }

  std::vector<std::uint8_t> bytes;
};

}  // namespace junctor::audio
