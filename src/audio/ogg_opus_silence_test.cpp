#include "audio/ogg_opus_silence.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <random>

#include "audio/file_decoder.hpp"
#include "audio/goertzel.hpp"
#include "audio/ogg_opus_writer.hpp"

namespace junctor::audio {
namespace {

using Samples = std::vector<std::int16_t>;

/// Noise in bursts, so that the codec has work in all of its bands.
Samples noise(int rate, int channels, int ms) {
  std::mt19937 engine(7);
  std::normal_distribution<double> normal(0, 3000);
  Samples out(static_cast<std::size_t>(rate / 100 * (ms / 10) * channels));
  for (auto& sample : out) sample = static_cast<std::int16_t>(std::clamp(normal(engine), -32000.0, 32000.0));
  return out;
}

Samples decode(const MemoryFile& file) {
  auto decoder = FileDecoder::open(std::make_unique<MemoryFile>(file.bytes)).value();
  Samples out(1'000'000);
  out.resize(decoder.read(out).value());
  return out;
}

TEST(OggOpusSilence, nothing_is_left_of_what_was_said_and_the_rest_is_as_it_was) {
  for (const int rate : {8000, 16000, 48000}) {
    for (const int channels : {1, 2}) {
      SCOPED_TRACE(std::to_string(rate) + " Hz, " + std::to_string(channels));
      MemoryFile file;
      auto writer = OggOpusWriter::create(file, rate, channels).value();
      ASSERT_TRUE(writer.write(noise(rate, channels, 8000)));
      ASSERT_TRUE(writer.finish());
      EXPECT_NEAR(static_cast<double>(ogg_opus_duration_ms(file).value()), 8000, 40);
      const Samples before = decode(file);
      const std::size_t size = file.bytes.size();
      ASSERT_TRUE(silence_ogg_opus(file, 2500, 5500));
      EXPECT_EQ(file.bytes.size(), size);
      const Samples after = decode(file);
      ASSERT_EQ(after.size(), before.size());
      const auto part = [&](const Samples& all, int from_ms, int to_ms) {
        const auto at = static_cast<std::size_t>(rate / 1000 * from_ms);
        return std::span(all).subspan(at, static_cast<std::size_t>(rate / 1000 * (to_ms - from_ms)));
      };
      EXPECT_TRUE(std::ranges::equal(part(before, 0, 2460), part(after, 0, 2460)));
      EXPECT_LT(total_level_dbm0(part(after, 2500, 5500)), -70);
      EXPECT_NEAR(total_level_dbm0(part(after, 5600, 8000)), total_level_dbm0(part(before, 5600, 8000)), 0.5);
      const auto once = file.bytes;
      ASSERT_TRUE(silence_ogg_opus(file, 2500, 5500));
      EXPECT_EQ(file.bytes, once);
    }
  }
}

TEST(OggOpusSilence, a_file_that_was_cut_off_is_walked_to_its_last_page) {
  MemoryFile file;
  auto writer = OggOpusWriter::create(file, 8000, 1).value();
  ASSERT_TRUE(writer.write(noise(8000, 1, 6000)));
  file.bytes.resize(file.bytes.size() - 100);
  ASSERT_TRUE(silence_ogg_opus(file, 0, 100'000));
  EXPECT_LT(total_level_dbm0(decode(file)), -70);
  EXPECT_FALSE(silence_ogg_opus(*std::make_unique<MemoryFile>(std::vector<std::uint8_t>(2000, 7)), 0, 1));
  MemoryFile empty;
  EXPECT_FALSE(silence_ogg_opus(empty, 0, 1));
}

TEST(OggOpusSilence, a_packet_of_more_than_120_ms_is_none) {
  // One page of three packets: two headers, and a packet of 50 frames of 60 ms (RFC 6716 §3.2.5).
  std::vector<std::uint8_t> page = {'O', 'g', 'g', 'S'};
  page.resize(26);
  page.insert(page.end(), {3, 12, 1, 200});
  page.insert(page.end(), 13, std::uint8_t{0});
  page.insert(page.end(), {0x1b, 50});
  page.insert(page.end(), 198, std::uint8_t{1});
  MemoryFile file(page);
  EXPECT_FALSE(silence_ogg_opus(file, 0, 1000));
  EXPECT_EQ(file.bytes, page);
}

}  // namespace
}  // namespace junctor::audio
