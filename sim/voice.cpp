#include "sim/voice.hpp"

#include <string>
#include <vector>

#include "audio/tone.hpp"
#include "audio/wav.hpp"

namespace junctor::sim {
namespace {

constexpr int rate = 16'000;

class Voice final : public audio::SpeechDriver {
 public:
  Result<std::string, std::string> speak(const std::string& text, const std::string&) override {
    std::vector<std::int16_t> samples(static_cast<std::size_t>(rate / 1000 * spoken_ms));
    audio::ToneGenerator(spoken_hz(text), -12, rate).generate(samples);
    audio::MemoryFile file;
    auto wav = audio::WavWriter::create(file, rate, 1).value();
    if (auto done = wav.write(samples); !done) return fail(done.error());
    if (auto done = wav.checkpoint(); !done) return fail(done.error());
    return std::string(file.bytes.begin(), file.bytes.end());
  }
  std::string identity() const override { return "tones"; }
};

}  // namespace

double spoken_hz(std::string_view text) {
  constexpr double first = 1800, step = 100;
  unsigned sum = 0;
  for (const char c : text) sum = sum * 31 + static_cast<unsigned char>(c);
  return first + step * (sum % 13);
}

std::shared_ptr<audio::SpeechDriver> make_voice(const config::Speech& settings) {
  return settings.driver == config::SpeechDriver::none ? nullptr : std::make_shared<Voice>();
}

}  // namespace junctor::sim
