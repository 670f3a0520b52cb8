#pragma once
// What makes speech of text: a library in this process, a command, or a test's tones.
#include <string>

#include "base/result.hpp"

namespace junctor::audio {

class SpeechDriver {
 public:
  virtual ~SpeechDriver() = default;
  /// A WAV file. `voice` is a name that the driver knows; empty: its usual one. Blocks: background threads only, and
  /// one at a time, all drivers of the process together (flite keeps state of its own). The error is one line.
  virtual Result<std::string, std::string> speak(const std::string& text, const std::string& voice) = 0;
  /// Two drivers of one identity say the same text in the same way.
  virtual std::string identity() const = 0;
};

}  // namespace junctor::audio
