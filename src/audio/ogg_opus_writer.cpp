#include "audio/ogg_opus_writer.hpp"

#include "audio/sound_file.hpp"
#include "base/check.hpp"

namespace junctor::audio {

OggOpusWriter::OggOpusWriter(std::unique_ptr<SoundFile> sound, int channels)
    : sound_(std::move(sound)), channels_(channels) {}
OggOpusWriter::OggOpusWriter(OggOpusWriter&&) noexcept = default;
OggOpusWriter& OggOpusWriter::operator=(OggOpusWriter&&) noexcept = default;
OggOpusWriter::~OggOpusWriter() = default;

Result<OggOpusWriter, std::string> OggOpusWriter::create(ByteFile& file, int sample_rate, int channels) {
  JUNCTOR_CHECK(channels == 1 || channels == 2);
  auto sound = std::make_unique<SoundFile>(file, 0);
  SF_INFO info{.samplerate = sample_rate, .channels = channels, .format = SF_FORMAT_OGG | SF_FORMAT_OPUS};
  JUNCTOR_CHECK(sf_format_check(&info) != 0);
  if (!sound->open(SFM_WRITE, info)) return fail(sound->error());
  double latency = page_ms;
  sf_command(sound->get(), SFC_SET_OGG_PAGE_LATENCY_MS, &latency, sizeof latency);
  return OggOpusWriter(std::move(sound), channels);
}

Result<void, std::string> OggOpusWriter::write(std::span<const std::int16_t> samples) {
  JUNCTOR_CHECK(sound_->get() != nullptr && samples.size() % static_cast<std::size_t>(channels_) == 0);
  const auto count = static_cast<sf_count_t>(samples.size());
  if (sf_write_short(sound_->get(), samples.data(), count) != count || sound_->file_failed()) {
    return fail(sound_->error());
  }
  return {};
}

Result<void, std::string> OggOpusWriter::finish() {
  sound_->close();
  if (sound_->file_failed()) return fail(sound_->error());
  return {};
}

}  // namespace junctor::audio
