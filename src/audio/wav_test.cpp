#include "audio/wav.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "audio/file_decoder.hpp"

namespace junctor::audio {
namespace {

using Samples = std::vector<std::int16_t>;
using Bytes = std::vector<std::uint8_t>;

Samples ramp(std::size_t count) {
  Samples out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::int16_t>(i * 37);
  return out;
}

Samples decode_all(const Bytes& bytes) {
  auto decoder = FileDecoder::open(std::make_unique<MemoryFile>(bytes));
  EXPECT_TRUE(decoder) << (decoder ? "" : decoder.error());
  if (!decoder) return {};
  Samples out(1 << 20);
  const auto got = decoder->read(out);
  EXPECT_TRUE(got);
  out.resize(got.value_or(0));
  return out;
}

TEST(WavWriter, what_is_written_is_read) {
  for (const int rate : {8000, 16000, 48000}) {
    MemoryFile file;
    auto writer = WavWriter::create(file, rate, 1);
    ASSERT_TRUE(writer);
    const Samples samples = ramp(12345);
    ASSERT_TRUE(writer->write(std::span(samples).first(5000)));
    ASSERT_TRUE(writer->write(std::span(samples).subspan(5000)));
    ASSERT_TRUE(writer->checkpoint());
    EXPECT_EQ(writer->frames(), 12345u);
    EXPECT_EQ(decode_all(file.bytes), samples);
    EXPECT_EQ(FileDecoder::open(std::make_unique<MemoryFile>(file.bytes))->info().sample_rate, rate);
  }
}

TEST(WavWriter, the_header_lags_by_two_seconds_at_most_and_never_tells_too_much) {
  MemoryFile file;
  auto writer = WavWriter::create(file, 8000, 1);
  ASSERT_TRUE(writer);
  const Samples frame = ramp(160);
  for (int i = 1; i <= 500; ++i) {
    ASSERT_TRUE(writer->write(frame));
    const std::size_t readable = decode_all(file.bytes).size();
    EXPECT_LE(readable, static_cast<std::size_t>(i) * 160);
    EXPECT_GE(readable + 2 * 8000, static_cast<std::size_t>(i) * 160);
  }
}

/// A crash may leave any number of bytes behind the header that was written last.
TEST(RepairWav, brings_back_every_whole_frame_wherever_the_file_ends) {
  for (const int channels : {1, 2}) {
    MemoryFile whole;
    auto writer = WavWriter::create(whole, 8000, channels);
    ASSERT_TRUE(writer);
    const Samples samples = ramp(400);
    ASSERT_TRUE(writer->write(samples));  // no checkpoint: the header tells of nothing
    for (std::size_t size = 0; size <= whole.bytes.size(); ++size) {
      MemoryFile cut(Bytes(whole.bytes.begin(), whole.bytes.begin() + static_cast<long>(size)));
      const auto repaired = repair_wav(cut);
      ASSERT_EQ(repaired.has_value(), size >= wav_header_size) << size;
      if (!repaired) continue;
      const auto block = static_cast<std::size_t>(2 * channels);
      const std::size_t frames = (size - wav_header_size) / block;
      EXPECT_EQ(repaired->data_bytes, frames * block);
      EXPECT_FALSE(repair_wav(cut)->changed);
      if (frames == 0) continue;
      const Samples read = decode_all(cut.bytes);
      ASSERT_EQ(read.size(), frames);
      if (channels == 1) {
        EXPECT_TRUE(std::equal(read.begin(), read.end(), samples.begin()));
      }
    }
  }
}

TEST(RepairWav, leaves_a_good_file_alone_and_what_follows_the_sound) {
  MemoryFile file;
  auto writer = WavWriter::create(file, 8000, 1);
  ASSERT_TRUE(writer && writer->write(ramp(100)) && writer->checkpoint());
  for (const char c : std::string("LIST\4\0\0\0abcd", 12)) file.bytes.push_back(static_cast<std::uint8_t>(c));
  file.bytes[4] = static_cast<std::uint8_t>(file.bytes.size() - 8);
  const Bytes before = file.bytes;
  const auto repaired = repair_wav(file);
  ASSERT_TRUE(repaired);
  EXPECT_FALSE(repaired->changed);
  EXPECT_EQ(repaired->data_bytes, 200u);
  EXPECT_EQ(file.bytes, before);
}

TEST(RepairWav, says_what_is_wrong) {
  const auto error_of = [](std::string_view text) {
    MemoryFile file(Bytes(text.begin(), text.end()));
    const auto repaired = repair_wav(file);
    return repaired ? std::string("none") : repaired.error();
  };
  EXPECT_EQ(error_of(""), "the file is empty");
  EXPECT_EQ(error_of("RIFF"), "the file ends before its sound begins");
  EXPECT_EQ(error_of("something quite different"), "not a WAV file");
  EXPECT_EQ(error_of(std::string_view("RIFF\0\0\0\0WAVEdata\0\0\0\0", 20)), "the sound comes before its format");
}

class FullDisk final : public ByteFile {
 public:
  explicit FullDisk(std::uint64_t room) : room_(room) {}
  Result<std::uint64_t, std::string> size() override { return file.size(); }
  Result<std::size_t, std::string> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    return file.read_at(offset, out);
  }
  Result<void, std::string> write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    if (offset + bytes.size() > room_) return fail(std::string("No space left on device"));
    return file.write_at(offset, bytes);
  }
  MemoryFile file;

 private:
  std::uint64_t room_;
};

TEST(WavWriter, a_full_disk_is_an_error_and_what_was_there_stays_readable) {
  FullDisk disk(10'000);
  auto writer = WavWriter::create(disk, 8000, 1);
  ASSERT_TRUE(writer);
  const Samples frame = ramp(160);
  Result<void, std::string> done;
  std::size_t written = 0;
  while ((done = writer->write(frame))) written += frame.size();
  EXPECT_EQ(done.error(), "No space left on device");
  ASSERT_TRUE(writer->checkpoint());
  EXPECT_EQ(decode_all(disk.file.bytes).size(), written);
}

}  // namespace
}  // namespace junctor::audio
