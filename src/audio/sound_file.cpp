#include "audio/sound_file.hpp"

#include <algorithm>

namespace junctor::audio {

bool SoundFile::open(int mode, SF_INFO& info) {
  SF_VIRTUAL_IO io{.get_filelen = length, .seek = seek, .read = read, .write = write, .tell = tell};
  handle_ = sf_open_virtual(&io, mode, &info, this);
  return handle_ != nullptr;
}

void SoundFile::close() {
  if (handle_ != nullptr) sf_close(handle_);
  handle_ = nullptr;
}

std::string SoundFile::error() const {
  if (!file_error_.empty()) return file_error_;
  std::string text = sf_strerror(handle_);
  while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
  return text;
}

sf_count_t SoundFile::length(void* self) {
  return static_cast<sf_count_t>(static_cast<SoundFile*>(self)->size_);
}

sf_count_t SoundFile::tell(void* self) {
  return static_cast<sf_count_t>(static_cast<SoundFile*>(self)->position_);
}

sf_count_t SoundFile::seek(sf_count_t offset, int whence, void* self) {
  auto& me = *static_cast<SoundFile*>(self);
  const auto base = whence == SEEK_SET ? 0 : static_cast<sf_count_t>(whence == SEEK_CUR ? me.position_ : me.size_);
  sf_count_t to = 0;
  if (__builtin_add_overflow(base, offset, &to) || to < 0) return -1;
  me.position_ = static_cast<std::uint64_t>(to);
  return to;
}

sf_count_t SoundFile::read(void* out, sf_count_t count, void* self) {
  auto& me = *static_cast<SoundFile*>(self);
  if (count <= 0 || me.position_ >= me.size_) return 0;
  const auto wanted = std::min(static_cast<std::uint64_t>(count), me.size_ - me.position_);
  const auto got = me.file_->read_at(me.position_, {static_cast<std::uint8_t*>(out), static_cast<std::size_t>(wanted)});
  if (!got) {
    me.file_error_ = got.error();
    return 0;
  }
  me.position_ += *got;
  return static_cast<sf_count_t>(*got);
}

sf_count_t SoundFile::write(const void* bytes, sf_count_t count, void* self) {
  auto& me = *static_cast<SoundFile*>(self);
  if (count <= 0) return 0;
  const auto size = static_cast<std::size_t>(count);
  if (const auto put = me.file_->write_at(me.position_, {static_cast<const std::uint8_t*>(bytes), size}); !put) {
    me.file_error_ = put.error();
    return 0;
  }
  me.position_ += size;
  me.size_ = std::max(me.size_, me.position_);
  return count;
}

}  // namespace junctor::audio
