// Speech by flite: there is a voice, as long and as loud as speech is.
#include "audio/flite_driver.hpp"

#include <gtest/gtest.h>

#include "audio/decode_file.hpp"
#include "audio/test_speech.hpp"

namespace junctor::audio {
namespace {

std::vector<std::int16_t> spoken(const std::string& text, const std::string& voice) {
  const auto wav = FliteDriver().speak(text, voice);
  EXPECT_TRUE(wav) << wav.error();
  if (!wav) return {};
  auto samples =
      decode_file(std::make_unique<MemoryFile>(std::vector<std::uint8_t>(wav->begin(), wav->end())), 8000, 1'000'000);
  EXPECT_TRUE(samples) << samples.error();
  return samples ? *samples : std::vector<std::int16_t>();
}

TEST(FliteDriver, every_voice_speaks_at_one_level) {
  for (const char* voice : {"", "slt", "rms", "kal"}) {
    const auto samples = spoken("Please enter the PIN, followed by the pound key.", voice);
    ASSERT_GT(samples.size(), 8000u * 2) << voice;
    EXPECT_LT(samples.size(), 8000u * 5) << voice;
    EXPECT_NEAR(active_level_dbm0(samples, samples, 160), FliteDriver::active_level_dbm0, 1.5) << voice;
  }
}

TEST(FliteDriver, more_text_takes_longer) {
  EXPECT_GT(spoken("one two three four five six", "slt").size(), spoken("one", "slt").size() * 2);
}

TEST(FliteDriver, texts_that_cannot_be_said) {
  EXPECT_FALSE(FliteDriver().speak("Hello.", "nobody"));
  // Nothing that anybody may send as a text brings it down.
  for (const char* text : {"", " ", ".", "\xff\xfe", "\xc3\xa4\xc3\xb6 \xe4\xb8\xad", "1234567890123456789012345"})
    (void)FliteDriver().speak(text, "slt");
}

}  // namespace
}  // namespace junctor::audio
