#include "recording/audio_file.hpp"

#include <algorithm>
#include <array>

#include "audio/ogg_opus_silence.hpp"

namespace junctor::recording {
namespace {

constexpr std::array<std::int16_t, 960> silence{};
constexpr std::size_t zeros_piece = 32'768;  // bytes

Result<void, std::string> write_zeros(audio::ByteFile& file, std::uint64_t at, std::uint64_t bytes) {
  const std::vector<std::uint8_t> zeros(zeros_piece);
  while (bytes > 0) {
    const auto some = std::min<std::uint64_t>(bytes, zeros.size());
    if (auto done = file.write_at(at, std::span(zeros).first(static_cast<std::size_t>(some))); !done) return done;
    at += some, bytes -= some;
  }
  return {};
}

}  // namespace

const char* ending_of(Format format) {
  return format == Format::wav ? ".wav" : ".opus";
}

Result<std::unique_ptr<AudioFile>, std::string> AudioFile::create(audio::Disk& disk, const std::string& path,
                                                                  Format format, std::uint32_t rate,
                                                                  std::uint8_t channels) {
  std::unique_ptr<AudioFile> out(new AudioFile);
  out->path_ = path;
  out->rate_ = rate;
  out->channels_ = channels;
  out->buffer_.reserve(buffer_samples);
  auto file = disk.open(path, audio::OpenMode::create);
  if (!file) return fail(file.error());
  out->file_ = std::move(*file);
  if (format == Format::wav) {
    auto wav = audio::WavWriter::create(*out->file_, static_cast<int>(rate), channels);
    if (!wav) return fail(wav.error());
    out->wav_ = std::move(*wav);
  } else {
    auto opus = audio::OggOpusWriter::create(*out->file_, static_cast<int>(rate), channels);
    if (!opus) return fail(opus.error());
    out->opus_ = std::move(*opus);
  }
  return out;
}

Result<void, std::string> AudioFile::write(std::span<const std::int16_t> samples) {
  if (buffer_.size() + samples.size() > buffer_samples) {
    if (auto done = flush(); !done) return done;
  }
  buffer_.insert(buffer_.end(), samples.begin(), samples.end());
  frames_ += samples.size() / channels_;
  return {};
}

Result<void, std::string> AudioFile::flush() {
  if (buffer_.empty()) return {};
  auto done = wav_ ? wav_->write(buffer_) : opus_->write(buffer_);
  if (!done) frames_ -= buffer_.size() / channels_;
  buffer_.clear();
  return done;
}

Result<void, std::string> AudioFile::write_silence(std::uint64_t frames) {
  while (frames > 0) {
    const std::uint64_t some = std::min<std::uint64_t>(frames, silence.size() / channels_);
    if (auto done = write(std::span(silence).first(static_cast<std::size_t>(some) * channels_)); !done) return done;
    frames -= some;
  }
  return {};
}

Result<void, std::string> AudioFile::erase(std::uint64_t from, std::uint64_t to) {
  to = std::min(to, frames_);
  if (from >= to) return {};
  if (auto done = flush(); !done) return done;
  if (opus_) return audio::silence_ogg_opus(*file_, from * 1000 / rate_, to * 1000 / rate_ + 1);
  const std::uint64_t block = std::uint64_t{2} * channels_;
  return write_zeros(*file_, audio::wav_header_size + from * block, (to - from) * block);
}

Result<void, std::string> AudioFile::finish() {
  auto done = flush();
  const auto ended = wav_ ? wav_->checkpoint() : opus_->finish();
  return done ? ended : done;
}

Result<void, std::string> erase(audio::ByteFile& file, Format format, std::uint32_t rate, std::uint8_t channels,
                                std::uint64_t from_ms, std::uint64_t to_ms) {
  if (from_ms >= to_ms) return {};
  if (format == Format::opus) return audio::silence_ogg_opus(file, from_ms, to_ms);
  const auto size = file.size();
  if (!size) return fail(size.error());
  const std::uint64_t block = std::uint64_t{2} * channels;
  const std::uint64_t frames = (*size - std::min<std::uint64_t>(*size, audio::wav_header_size)) / block;
  const std::uint64_t from = std::min(frames, from_ms * rate / 1000), to = std::min(frames, to_ms * rate / 1000);
  return write_zeros(file, audio::wav_header_size + from * block, (to - from) * block);
}

}  // namespace junctor::recording
