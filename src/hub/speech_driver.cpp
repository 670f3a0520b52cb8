#include "hub/speech_driver.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/flite_driver.hpp"
#include "net/command.hpp"

namespace junctor::hub {
namespace {

constexpr std::string_view text_mark = "{text}", voice_mark = "{voice}";

/// What is put in is not looked at again.
std::string filled(std::string_view word, const std::string& text, const std::string& voice) {
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

}  // namespace

std::shared_ptr<audio::SpeechDriver> make_speech_driver(const config::Speech& settings) {
  switch (settings.driver) {
    case config::SpeechDriver::none:
      return nullptr;
    case config::SpeechDriver::flite:
      return std::make_shared<audio::FliteDriver>();
    case config::SpeechDriver::command:
      return std::make_shared<CommandDriver>(settings.command, settings.timeout_secs);
  }
  return nullptr;
}

}  // namespace junctor::hub
