#pragma once
// Live transcription: what the control side says and hears. A transcription listens to the legs of a call by the tap of
// the mixer that they sit in, one connection to the engine for each leg, so that nobody has to guess who spoke.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace junctor::transcription {

using TranscriptionId = Id<struct TranscriptionTag>;

/// A leg that is listened to. Its port may change while it goes on; two legs may have one side.
struct Speaker {
  static constexpr std::size_t side_max = 32;  ///< bytes

  LegId leg;
  PortId port;
  std::string side;  ///< "caller", "callee", …

  bool operator==(const Speaker&) const = default;
};

// ----------------------------------------------------------------------------------------------------------- events
// Times are of the moment when it was said, from the start of the transcription's call on.

struct Started {
  TranscriptionId id;
  std::string provider;  ///< "deepgram", "vosk"
};
/// What was understood. A partial one is replaced by the next of that leg, a final one stands.
struct Segment {
  TranscriptionId id;
  LegId leg;
  std::string side;
  std::string text;  ///< UTF-8, not empty, no control characters, at most Engine::text_bytes_max
  bool final = false;
  milliseconds start{}, end{};
  double confidence = 0;  ///< 0 … 1; 0: the engine does not say
};
/// The engine does not hear what this leg says at present; it is tried again, unless Ended follows.
struct Trouble {
  TranscriptionId id;
  LegId leg;
  std::string side;
  std::string error;  ///< one line
};
/// Sound that the engine was never given: it was away for too long, or too slow. Told once it goes on, or at the end.
struct Lost {
  TranscriptionId id;
  LegId leg;
  std::string side;
  milliseconds start{}, end{};  ///< of the first and the last that is missing
  milliseconds length{};
};

enum class EndReason : std::uint8_t {
  stopped,  ///< the call has ended, or nobody wants it any more
  refused   ///< the engine does not let us in: a wrong token, a wrong address
};
const char* to_string(EndReason reason);

/// The last of every transcription.
struct Ended {
  TranscriptionId id;
  EndReason reason = EndReason::stopped;
  std::string error;  ///< one line, when refused
};

using Event = std::variant<Started, Segment, Trouble, Lost, Ended>;

}  // namespace junctor::transcription
