#include "media/sound.hpp"

#include "audio/decode_file.hpp"

namespace junctor::media {

Result<std::shared_ptr<const Sound>, std::string> load_sound(audio::Disk& disk, const std::string& path,
                                                             std::uint32_t rate) {
  auto file = disk.open(path, audio::OpenMode::read);
  if (!file) return fail(file.error());
  auto samples = audio::decode_file(std::move(*file), static_cast<int>(rate), sound_bytes_max / sizeof(std::int16_t));
  if (!samples) return fail(samples.error());
  auto sound = std::make_shared<Sound>();
  sound->rate = rate;
  sound->samples = std::move(*samples);
  return sound;
}

}  // namespace junctor::media
