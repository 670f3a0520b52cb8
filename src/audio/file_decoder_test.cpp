#include "audio/file_decoder.hpp"

#include <algorithm>
#include <cstdio>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include "audio/disk_file.hpp"
#include "audio/goertzel.hpp"
#include "audio/ogg_opus_writer.hpp"
#include "audio/sound_file.hpp"
#include "audio/tone.hpp"

namespace junctor::audio {
namespace {

using Samples = std::vector<std::int16_t>;
using Bytes = std::vector<std::uint8_t>;

Samples tone(double hz, double level, int rate, double seconds) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  ToneGenerator(hz, level, rate).generate(out);
  return out;
}

/// Both channels with a tone of their own, at −10 dBm0: 440 Hz, and on the right 1000 Hz.
Bytes make_file(int format, int rate, int channels, double seconds = 2) {
  const Samples left = tone(440, -10, rate, seconds), right = tone(1000, -10, rate, seconds);
  std::vector<float> both;  // the library's MP3 encoder gets the level of 16-bit stereo wrong
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (int c = 0; c < channels; ++c) both.push_back(static_cast<float>(c == 1 ? right[i] : left[i]) / 32768);
  }
  MemoryFile file;
  SoundFile sound(file, 0);
  SF_INFO info{.samplerate = rate, .channels = channels, .format = format};
  EXPECT_TRUE(sound.open(SFM_WRITE, info)) << sound.error();
  EXPECT_EQ(sf_write_float(sound.get(), both.data(), static_cast<sf_count_t>(both.size())),
            static_cast<sf_count_t>(both.size()));
  sound.close();
  return file.bytes;
}

Result<FileDecoder, std::string> open(const Bytes& bytes) {
  return FileDecoder::open(std::make_unique<MemoryFile>(bytes));
}

std::string error_of(const Bytes& bytes) {
  const auto decoder = open(bytes);
  return decoder ? "none" : decoder.error();
}

Samples read_all(FileDecoder& decoder, std::size_t most = 48000 * 60) {
  Samples all;
  Samples frame(960);
  while (all.size() < most) {
    const auto got = decoder.read(frame);
    EXPECT_TRUE(got) << (got ? "" : got.error());
    if (!got || *got == 0) break;
    all.insert(all.end(), frame.begin(), frame.begin() + static_cast<long>(*got));
  }
  return all;
}

struct Format {
  const char* name;
  int format;
  FileKind kind;
  std::vector<int> rates;
};

const std::vector<Format> formats = {
    {"PCM 8", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, FileKind::wav, {8000, 44100}},
    {"PCM 16", SF_FORMAT_WAV | SF_FORMAT_PCM_16, FileKind::wav, {8000, 16000, 22050, 48000}},
    {"PCM 16, extensible", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, FileKind::wav, {8000}},
    {"PCM 24", SF_FORMAT_WAV | SF_FORMAT_PCM_24, FileKind::wav, {48000}},
    {"µ-law", SF_FORMAT_WAV | SF_FORMAT_ULAW, FileKind::wav, {8000}},
    {"A-law", SF_FORMAT_WAV | SF_FORMAT_ALAW, FileKind::wav, {8000}},
    {"MP3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, FileKind::mp3, {8000, 44100, 48000}},
    {"Opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, FileKind::ogg, {8000, 16000, 48000}},
};

TEST(FileDecoder, every_format_sounds_as_it_was) {
  for (const Format& format : formats) {
    for (const int rate : format.rates) {
      for (const int channels : {1, 2}) {
        SCOPED_TRACE(std::string(format.name) + " " + std::to_string(rate) + " Hz, " + std::to_string(channels));
        auto decoder = open(make_file(format.format, rate, channels));
        ASSERT_TRUE(decoder) << decoder.error();
        EXPECT_EQ(decoder->info().kind, format.kind);
        EXPECT_EQ(decoder->info().channels, channels);
        ASSERT_EQ(decoder->info().sample_rate, rate);
        const Samples all = read_all(*decoder);
        EXPECT_NEAR(static_cast<double>(all.size()), 2.0 * rate, 0.1 * rate);
        const auto middle = std::span(all).subspan(static_cast<std::size_t>(rate / 2), static_cast<std::size_t>(rate));
        const double mixed = channels == 2 ? -6 : 0;
        EXPECT_NEAR(tone_level_dbm0(middle, 440, rate), -10 + mixed, 0.8);
        if (channels == 2) {
          EXPECT_NEAR(tone_level_dbm0(middle, 1000, rate), -10 + mixed, 0.8);
        }
        if (channels == 1) {
          EXPECT_LT(tone_level_dbm0(middle, 1000, rate), -45);
        }

        ASSERT_TRUE(decoder->rewind());
        Samples again(static_cast<std::size_t>(rate));
        EXPECT_EQ(decoder->read(again), again.size());
        EXPECT_NEAR(tone_level_dbm0(std::span(again).last(again.size() / 2), 440, rate), -10 + mixed, 0.8);
      }
    }
  }
}

TEST(FileDecoder, says_what_is_wrong) {
  EXPECT_EQ(error_of({}), "the file is empty");
  Bytes cut = make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1);
  cut.resize(20);
  EXPECT_TRUE(error_of(cut).starts_with("not an audio file that can be played: ")) << error_of(cut);
  EXPECT_EQ(error_of(make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 96000, 1)),
            "it has 96000 samples per second; 8000 to 48000 can be played");
  EXPECT_EQ(error_of(make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 3)),
            "it has 3 channels; one or two can be played");
  const std::string playable = "only WAV (PCM of 8, 16 or 24 bit, A-law, µ-law), MP3 and Ogg/Opus can be played";
  EXPECT_EQ(error_of(Bytes(1000, 'x')), playable);
  for (const int format : {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_WAV | SF_FORMAT_GSM610,
                           SF_FORMAT_OGG | SF_FORMAT_VORBIS}) {
    EXPECT_EQ(error_of(make_file(format, 8000, 1)), playable);
  }
  const auto missing = open_disk_file("/nonexistent/prompt.wav", OpenMode::read);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "No such file or directory");
  const auto folder = open_disk_file("/", OpenMode::read);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error(), "not a regular file");
}

TEST(FileDecoder, a_damaged_file_ends_or_is_refused) {
  std::mt19937 random(3);
  for (const Format& format : formats) {
    const Bytes good = make_file(format.format, format.rates.front(), 1, 0.5);
    for (int round = 0; round < 150; ++round) {
      Bytes bad = good;
      if (round % 2 == 0) bad.resize(random() % bad.size());
      for (auto flips = random() % 20; flips > 0 && !bad.empty(); --flips) {
        const std::size_t reach = round % 3 == 0 ? std::min<std::size_t>(bad.size(), 64) : bad.size();
        bad[random() % reach] = static_cast<std::uint8_t>(random());
      }
      auto decoder = open(bad);
      if (decoder) {
        EXPECT_LT(read_all(*decoder).size(), 48000u * 60) << format.name;
      }
    }
  }
}

/// A file somebody writes to: as long as it was when it was opened.
TEST(FileDecoder, a_growing_file_ends_where_it_ended_and_a_shrinking_one_earlier) {
  const Bytes bytes = make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 2);
  for (const bool grows : {true, false}) {
    auto file = std::make_unique<MemoryFile>(bytes);
    MemoryFile& under = *file;
    auto decoder = FileDecoder::open(std::move(file));
    ASSERT_TRUE(decoder);
    Samples first(160);
    EXPECT_EQ(decoder->read(first), 160u);
    under.bytes.resize(grows ? bytes.size() + 100'000 : 20'044);
    const std::size_t rest = read_all(*decoder).size();
    if (grows) {
      EXPECT_EQ(rest, 16000u - 160);
    } else {
      EXPECT_LE(rest, 10'000u);
    }
  }
}

class FailingFile final : public ByteFile {
 public:
  explicit FailingFile(Bytes bytes) : under_(std::move(bytes)) {}
  Result<std::uint64_t, std::string> size() override { return under_.size(); }
  Result<std::size_t, std::string> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (offset + out.size() > 10'000) return fail(std::string("Input/output error"));
    return under_.read_at(offset, out);
  }
  Result<void, std::string> write_at(std::uint64_t, std::span<const std::uint8_t>) override {
    return fail(std::string("No space left on device"));
  }

 private:
  MemoryFile under_;
};

TEST(FileDecoder, an_error_of_the_disk_is_told) {
  auto decoder =
      FileDecoder::open(std::make_unique<FailingFile>(make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 2)));
  ASSERT_TRUE(decoder) << decoder.error();
  Samples all(16000);
  const auto got = decoder->read(all);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), "Input/output error");
}

TEST(OggOpusWriter, is_heard_and_a_crash_costs_a_second) {
  for (const int channels : {1, 2}) {
    MemoryFile file;
    auto writer = OggOpusWriter::create(file, 16000, channels);
    ASSERT_TRUE(writer);
    Samples both;
    for (const std::int16_t s : tone(440, -10, 16000, 10))
      both.insert(both.end(), static_cast<std::size_t>(channels), s);
    const auto frame = static_cast<std::size_t>(320 * channels);
    for (std::size_t at = 0; at < both.size(); at += frame) {
      ASSERT_TRUE(writer->write(std::span(both).subspan(at, frame)));
    }
    const Bytes crashed = file.bytes;
    ASSERT_TRUE(writer->finish());
    for (const Bytes& bytes : {crashed, file.bytes}) {
      auto decoder = open(bytes);
      ASSERT_TRUE(decoder) << decoder.error();
      const Samples all = read_all(*decoder);
      EXPECT_GE(all.size(), bytes == crashed ? 16000u * 17 / 2 : 16000u * 10);
      EXPECT_NEAR(tone_level_dbm0(std::span(all).subspan(16000, 16000 * 7), 440, 16000), -10, 0.8);
    }
  }
}

TEST(OggOpusWriter, a_full_disk_is_told) {
  FailingFile disk({});
  auto writer = OggOpusWriter::create(disk, 8000, 1);
  std::string error = writer ? "" : writer.error();
  const Samples second = tone(440, -10, 8000, 1);
  for (int i = 0; i < 10 && error.empty(); ++i) {
    const auto done = writer->write(second);
    if (!done) error = done.error();
  }
  EXPECT_EQ(error, "No space left on device");
}

TEST(DiskFile, is_created_once_written_and_read) {
  const std::string path = ::testing::TempDir() + "junctor_disk_file_" + std::to_string(::getpid());
  {
    auto file = open_disk_file(path, OpenMode::create);
    ASSERT_TRUE(file) << file.error();
    const Bytes bytes = {1, 2, 3};
    ASSERT_TRUE((*file)->write_at(2, bytes));
    EXPECT_EQ((*file)->size(), 5u);
  }
  EXPECT_EQ(open_disk_file(path, OpenMode::create).error(), "File exists");
  auto file = open_disk_file(path, OpenMode::read);
  ASSERT_TRUE(file);
  Bytes read(10);
  EXPECT_EQ((*file)->read_at(1, read), 4u);
  EXPECT_EQ(read[1], 1);
  EXPECT_EQ((*file)->read_at(9, read), 0u);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace junctor::audio
