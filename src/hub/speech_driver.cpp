#include "hub/speech_driver.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/file_decoder.hpp"
#include "audio/flite_driver.hpp"
#include "audio/wav.hpp"
#include "base/url.hpp"
#include "net/command.hpp"
#include "net/http_client.hpp"

namespace junctor::hub {
namespace {

constexpr std::size_t decoded_at_once = 16'384;  // samples
constexpr std::string_view text_mark = "{text}", voice_mark = "{voice}";

/// What is put in is not looked at again.
std::string filled(std::string_view word, std::string_view text, std::string_view voice) {
  std::string out;
  while (!word.empty()) {
    if (word.starts_with(text_mark)) {
      out += text;
      word.remove_prefix(text_mark.size());
    } else if (word.starts_with(voice_mark)) {
      out += voice;
      word.remove_prefix(voice_mark.size());
    } else {
      out += word.front();
      word.remove_prefix(1);
    }
  }
  return out;
}

class CommandDriver final : public audio::SpeechDriver {
 public:
  CommandDriver(std::vector<std::string> words, seconds timeout) : words_(std::move(words)), timeout_(timeout) {}

  Result<std::string, std::string> speak(const std::string& text, const std::string& voice) override {
    net::Command command;
    bool has_text = false;
    for (const std::string& word : words_) {
      has_text = has_text || word.find(text_mark) != std::string::npos;
      command.argv.push_back(filled(word, text, voice));
    }
    if (!has_text) command.input = text;
    command.timeout = timeout_;
    return net::run(command);
  }

  std::string identity() const override {
    std::string out = "command";
    for (const std::string& word : words_) out += ' ' + std::to_string(word.size()) + ':' + word;
    return out;
  }

 private:
  const std::vector<std::string> words_;
  const seconds timeout_;
};

/// As it stands within a JSON string.
std::string json_escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ') {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

/// What a service sent, as a WAV file; that it is one already is looked at where it is kept.
Result<std::string, std::string> as_wav(const std::string& sound, std::size_t bytes_max) {
  if (sound.starts_with("RIFF")) return sound;
  const std::vector<std::uint8_t> bytes(sound.begin(), sound.end());
  auto decoder = audio::FileDecoder::open(std::make_unique<audio::MemoryFile>(bytes));
  if (!decoder) return fail("what came is no sound: " + decoder.error());
  audio::MemoryFile file;
  auto wav = audio::WavWriter::create(file, decoder->info().sample_rate, 1);
  if (!wav) return fail(wav.error());
  std::vector<std::int16_t> samples(decoded_at_once);
  for (;;) {
    const auto got = decoder->read(samples);
    if (!got) return fail(got.error());
    if (*got == 0) break;
    if (const auto done = wav->write(std::span(samples).first(*got)); !done) return fail(done.error());
    if (file.bytes.size() > bytes_max) return fail(std::string("what came is too long"));
  }
  if (const auto done = wav->checkpoint(); !done) return fail(done.error());
  return std::string(file.bytes.begin(), file.bytes.end());
}

class HttpDriver final : public audio::SpeechDriver {
 public:
  explicit HttpDriver(const config::Speech& settings)
      : url_(settings.url),
        body_(settings.body),
        authorization_(settings.authorization.value),
        timeout_(settings.timeout_secs),
        client_(settings.ca_file) {}

  Result<std::string, std::string> speak(const std::string& text, const std::string& voice) override {
    net::HttpRequest request;
    request.url = filled(url_, percent_encoded(text), percent_encoded(voice));
    request.timeout = timeout_;
    request.headers.emplace_back("Accept", "audio/wav, audio/mpeg, audio/ogg");
    if (!authorization_.empty()) request.headers.emplace_back("Authorization", authorization_);
    if (!body_.empty()) {
      request.method = "POST";
      request.headers.emplace_back("Content-Type", "application/json");
      request.body = filled(body_, json_escaped(text), json_escaped(voice));
    } else if (!url_.contains(text_mark)) {
      request.method = "POST";
      request.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
      request.body = text;
    }
    auto response = client_.fetch(request);
    if (!response) return fail(std::move(response.error()));
    if (response->status != 200) return fail("the speech service answered " + std::to_string(response->status));
    return as_wav(response->body, request.body_max);
  }

  std::string identity() const override {
    return "http " + std::to_string(url_.size()) + ':' + url_ + ' ' + std::to_string(body_.size()) + ':' + body_;
  }

 private:
  const std::string url_, body_, authorization_;
  const seconds timeout_;
  net::HttpClient client_;
};

}  // namespace

std::shared_ptr<audio::SpeechDriver> make_speech_driver(const config::Speech& settings) {
  switch (settings.driver) {
    case config::SpeechDriver::none:
      return nullptr;
    case config::SpeechDriver::flite:
      return std::make_shared<audio::FliteDriver>();
    case config::SpeechDriver::command:
      return std::make_shared<CommandDriver>(settings.command, settings.timeout_secs);
    case config::SpeechDriver::http:
      return std::make_shared<HttpDriver>(settings);
  }
  return nullptr;
}

}  // namespace junctor::hub
