#include "audio/wav.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/check.hpp"

namespace junctor::audio {
namespace {

constexpr std::size_t chunk_header_size = 8;
constexpr std::size_t format_size = 16;
constexpr int chunks_max = 64;  // before the sound
constexpr std::size_t riff_size_at = 4, data_size_at = 40;

using Header = std::array<std::uint8_t, wav_header_size>;

void put_u16(std::uint8_t* p, std::uint32_t v) {
  p[0] = static_cast<std::uint8_t>(v);
  p[1] = static_cast<std::uint8_t>(v >> 8);
}
void put_u32(std::uint8_t* p, std::uint32_t v) {
  put_u16(p, v);
  put_u16(p + 2, v >> 16);
}
std::uint32_t get_u16(const std::uint8_t* p) {
  return p[0] | std::uint32_t{p[1]} << 8;
}
std::uint32_t get_u32(const std::uint8_t* p) {
  return get_u16(p) | get_u16(p + 2) << 16;
}
bool is(const std::uint8_t* p, std::string_view id) {
  return std::memcmp(p, id.data(), id.size()) == 0;
}

Header make_header(int sample_rate, int channels, std::uint32_t data_bytes) {
  Header h{};
  const auto rate = static_cast<std::uint32_t>(sample_rate), block = static_cast<std::uint32_t>(2 * channels);
  std::ranges::copy(std::string_view("RIFF____WAVEfmt "), h.begin());
  put_u32(&h[riff_size_at], data_bytes + static_cast<std::uint32_t>(wav_header_size - chunk_header_size));
  put_u32(&h[16], format_size);
  put_u16(&h[20], 1);  // PCM
  put_u16(&h[22], static_cast<std::uint32_t>(channels));
  put_u32(&h[24], rate);
  put_u32(&h[28], rate * block);
  put_u16(&h[32], block);
  put_u16(&h[34], 16);
  std::ranges::copy(std::string_view("data"), h.begin() + 36);
  put_u32(&h[data_size_at], data_bytes);
  return h;
}

struct Layout {
  std::uint64_t size_at = 0;  // of the size field of the sound's chunk
  std::uint32_t size = 0;     // that it has
  std::uint32_t block = 1;    // bytes per frame
};

Result<Layout, std::string> find_sound(ByteFile& file) {
  std::optional<std::uint32_t> block;
  std::uint64_t at = 12;
  for (int i = 0; i < chunks_max; ++i) {
    std::array<std::uint8_t, chunk_header_size + format_size> chunk{};
    const auto got = file.read_at(at, chunk);
    if (!got) return fail(got.error());
    if (*got < chunk_header_size) return fail(std::string("the file ends before its sound begins"));
    const std::uint32_t size = get_u32(&chunk[4]);
    if (is(chunk.data(), "data")) {
      if (!block) return fail(std::string("the sound comes before its format"));
      return Layout{.size_at = at + 4, .size = size, .block = *block};
    }
    if (is(chunk.data(), "fmt ")) {
      if (size < format_size || *got < chunk.size()) return fail(std::string("the format is too short"));
      block = get_u16(&chunk[chunk_header_size + 12]);
      if (*block == 0) return fail(std::string("a frame of the sound has no bytes"));
    }
    at += chunk_header_size + std::uint64_t{size} + (size & 1);
  }
  return fail(std::string("more than 64 chunks before the sound"));
}

}  // namespace

WavWriter::WavWriter(ByteFile& file, int sample_rate, int channels)
    : file_(&file), sample_rate_(sample_rate), channels_(channels) {}

Result<WavWriter, std::string> WavWriter::create(ByteFile& file, int sample_rate, int channels) {
  JUNCTOR_CHECK(sample_rate >= 8000 && sample_rate <= 48000 && (channels == 1 || channels == 2));
  if (const auto done = file.write_at(0, make_header(sample_rate, channels, 0)); !done) return fail(done.error());
  return WavWriter(file, sample_rate, channels);
}

std::uint64_t WavWriter::frames() const {
  return data_bytes_ / static_cast<std::uint64_t>(2 * channels_);
}

Result<void, std::string> WavWriter::write(std::span<const std::int16_t> samples) {
  JUNCTOR_CHECK(samples.size() % static_cast<std::size_t>(channels_) == 0);
  const std::uint64_t bytes = samples.size() * 2;
  if (data_bytes_ + bytes > data_bytes_max) return fail(std::string("file is full"));
  buffer_.resize(static_cast<std::size_t>(bytes));
  for (std::size_t i = 0; i < samples.size(); ++i) put_u16(&buffer_[2 * i], static_cast<std::uint16_t>(samples[i]));
  if (const auto done = file_->write_at(wav_header_size + data_bytes_, buffer_); !done) return done;
  data_bytes_ += bytes;
  const auto per_second = static_cast<std::uint64_t>(sample_rate_) * static_cast<std::uint64_t>(2 * channels_);
  if (data_bytes_ - told_bytes_ < checkpoint_seconds * per_second) return {};
  return checkpoint();
}

Result<void, std::string> WavWriter::checkpoint() {
  if (told_bytes_ == data_bytes_) return {};
  const auto done = file_->write_at(0, make_header(sample_rate_, channels_, static_cast<std::uint32_t>(data_bytes_)));
  if (done) told_bytes_ = data_bytes_;
  return done;
}

Result<WavRepair, std::string> repair_wav(ByteFile& file) {
  const auto size = file.size();
  if (!size) return fail(size.error());
  if (*size == 0) return fail(std::string("the file is empty"));
  std::array<std::uint8_t, 12> riff{};
  const auto got = file.read_at(0, riff);
  if (!got) return fail(got.error());
  if (*got < riff.size()) return fail(std::string("the file ends before its sound begins"));
  if (!is(riff.data(), "RIFF") || !is(&riff[8], "WAVE")) return fail(std::string("not a WAV file"));
  const auto sound = find_sound(file);
  if (!sound) return fail(sound.error());

  const std::uint64_t begin = sound->size_at + 4;
  const std::uint64_t told_riff = get_u32(&riff[riff_size_at]) + std::uint64_t{chunk_header_size};
  if (begin + sound->size <= *size && told_riff == *size) return WavRepair{.data_bytes = sound->size};

  // The last frame may be there in part. What the sizes cannot tell is lost to readers, not to the file.
  std::uint64_t there = std::min(*size - begin, std::uint64_t{0xffffffffu} - begin);
  there -= there % sound->block;
  std::array<std::uint8_t, 4> field{};
  put_u32(field.data(), static_cast<std::uint32_t>(there));
  if (const auto done = file.write_at(sound->size_at, field); !done) return fail(done.error());
  const std::uint64_t end = std::min(*size, std::uint64_t{0xffffffffu});
  put_u32(field.data(), static_cast<std::uint32_t>(end - chunk_header_size));
  if (const auto done = file.write_at(riff_size_at, field); !done) return fail(done.error());
  return WavRepair{.changed = true, .data_bytes = there};
}

}  // namespace junctor::audio
