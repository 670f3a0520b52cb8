#include "audio/flite_driver.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <flite/flite.h>
#include <memory>
#include <span>
#include <vector>

#include "audio/goertzel.hpp"
#include "audio/wav.hpp"

extern "C" {
cst_voice* register_cmu_us_slt(const char* voice_directory);
cst_voice* register_cmu_us_rms(const char* voice_directory);
cst_voice* register_cmu_us_kal(const char* voice_directory);
}

namespace junctor::audio {
namespace {

/// Each is made once and then kept by the library itself. Null: there is none of that name.
cst_voice* voice_of(const std::string& name) {
  flite_init();
  if (name.empty() || name == "slt") return register_cmu_us_slt(nullptr);
  if (name == "rms") return register_cmu_us_rms(nullptr);
  if (name == "kal") return register_cmu_us_kal(nullptr);
  return nullptr;
}

/// Of the frames in which somebody speaks: those less than 15 dB below the loudest but one tenth.
double speech_level(std::span<const std::int16_t> samples, std::size_t frame) {
  std::vector<double> powers;
  for (std::size_t at = 0; at + frame <= samples.size(); at += frame)
    powers.push_back(std::pow(10, total_level_dbm0(samples.subspan(at, frame)) / 10));
  if (powers.empty()) return FliteDriver::active_level_dbm0;
  std::ranges::sort(powers);
  const double least = powers[powers.size() * 9 / 10] * std::pow(10, -1.5);
  double sum = 0, count = 0;
  for (const double power : powers)
    if (power >= least) sum += power, ++count;
  return 10 * std::log10(sum / count);
}

void bring_to_level(std::span<std::int16_t> samples, int rate) {
  const double level = speech_level(samples, static_cast<std::size_t>(rate / 50));
  const double gain = std::pow(10, (FliteDriver::active_level_dbm0 - level) / 20);
  for (std::int16_t& s : samples) s = static_cast<std::int16_t>(std::clamp(std::lround(s * gain), -32768l, 32767l));
}

Result<std::string, std::string> wav_of(std::span<const std::int16_t> samples, int rate) {
  MemoryFile file;
  auto wav = WavWriter::create(file, rate, 1);
  if (!wav) return fail(wav.error());
  if (auto done = wav->write(samples); !done) return fail(done.error());
  if (auto done = wav->checkpoint(); !done) return fail(done.error());
  return std::string(file.bytes.begin(), file.bytes.end());
}

}  // namespace

Result<std::string, std::string> FliteDriver::speak(const std::string& text, const std::string& voice_name) {
  cst_voice* const voice = voice_of(voice_name);
  if (voice == nullptr) return fail("flite has no voice \"" + voice_name + "\"");
  const std::unique_ptr<cst_wave, decltype(&delete_wave)> wave(flite_text_to_wave(text.c_str(), voice), &delete_wave);
  if (wave == nullptr || wave->num_samples <= 0 || wave->num_channels != 1)
    return fail(std::string("flite made no sound of the text"));
  const std::span samples(wave->samples, static_cast<std::size_t>(wave->num_samples));
  bring_to_level(samples, wave->sample_rate);
  return wav_of(samples, wave->sample_rate);
}

}  // namespace junctor::audio
