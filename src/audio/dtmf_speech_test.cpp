// Talk-off: what people say must not dial.
#include <gtest/gtest.h>
#include <span>

#include "audio/dtmf.hpp"
#include "audio/g711.hpp"
#include "audio/test_speech.hpp"

namespace junctor::audio {
namespace {

TEST(DtmfTalkOff, a_minute_of_each_voice_has_no_digit_in_it) {
  for (const int rate : {8000, 16000, 48000}) {
    for (const Speaker speaker : speakers) {
      for (const double level : {-8.0, -20.0}) {
        auto samples = speech(speaker, rate, 60, level, 300);
        for (auto& s : samples) s = decode(Law::mu, encode(Law::mu, s));
        DtmfDetector detector(rate);
        int digits = 0;
        const auto frame = static_cast<std::size_t>(rate / 50);
        for (std::size_t at = 0; at + frame <= samples.size(); at += frame) {
          const auto event = detector.process(std::span(samples).subspan(at, frame));
          digits += event && event->kind == DtmfEvent::Kind::began;
        }
        EXPECT_EQ(digits, 0) << rate << " Hz, speaker " << static_cast<int>(speaker) << ", " << level << " dBm0";
      }
    }
  }
}

}  // namespace
}  // namespace junctor::audio
