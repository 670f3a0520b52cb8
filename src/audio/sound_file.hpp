#pragma once
// A ByteFile under libsndfile's own file functions; for the two sources that use the library.
#include <sndfile.h>
#include <string>

#include "audio/byte_file.hpp"

namespace junctor::audio {

/// Does not move while the library has it open.
class SoundFile {
 public:
  /// The file is as long as `size`, whatever it grows to.
  SoundFile(ByteFile& file, std::uint64_t size) : file_(&file), size_(size) {}
  SoundFile(const SoundFile&) = delete;
  SoundFile& operator=(const SoundFile&) = delete;
  ~SoundFile() { close(); }

  /// `mode` is SFM_READ or SFM_WRITE.
  bool open(int mode, SF_INFO& info);
  void close();
  SNDFILE* get() const { return handle_; }
  /// Why the library's last call failed: the file's own error if it had one.
  std::string error() const;
  bool file_failed() const { return !file_error_.empty(); }

 private:
  static sf_count_t length(void* self);
  static sf_count_t seek(sf_count_t offset, int whence, void* self);
  static sf_count_t read(void* out, sf_count_t count, void* self);
  static sf_count_t write(const void* bytes, sf_count_t count, void* self);
  static sf_count_t tell(void* self);

  ByteFile* file_;
  std::uint64_t size_;
  std::uint64_t position_ = 0;
  std::string file_error_;
  SNDFILE* handle_ = nullptr;
};

}  // namespace junctor::audio
